//! PodDisruptionBudgets.

use k8s_openapi::api::policy::v1 as policy;

use super::selectors::label_selector;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, required};
use crate::snapshot::DisruptionBudget;

/// Reads one budget.
pub(crate) fn read_budget(budget: &policy::PodDisruptionBudget) -> Result<DisruptionBudget, ConversionError> {
    convert(budget).map_err(|problem| problem.in_object("PodDisruptionBudget", &budget.metadata))
}

fn convert(budget: &policy::PodDisruptionBudget) -> Result<DisruptionBudget, ConversionProblem> {
    let spec = budget.spec.as_ref();
    let policy = spec.and_then(|spec| spec.unhealthy_pod_eviction_policy.as_deref());
    Ok(DisruptionBudget {
        namespace: required(budget.metadata.namespace.as_ref(), "namespace")?,
        name: required(budget.metadata.name.as_ref(), "name")?,
        selector: label_selector(spec.and_then(|spec| spec.selector.as_ref()))?,
        disruptions_allowed: disruptions_allowed(budget),
        always_allow_unhealthy: policy == Some("AlwaysAllow"),
    })
}

/// Returns the disruptions that the API would allow now. It refuses all while the controller has
/// not seen the newest specification, so that counts as none.
fn disruptions_allowed(budget: &policy::PodDisruptionBudget) -> i32 {
    let Some(status) = &budget.status else { return 0 };
    let is_stale = status.observed_generation.unwrap_or(0) < budget.metadata.generation.unwrap_or(0);
    if is_stale { 0 } else { status.disruptions_allowed.unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::LabelSelector;

    fn read(spec: &Value, status: &Value) -> DisruptionBudget {
        let metadata = json!({ "namespace": "a", "name": "b", "generation": 2 });
        let budget = serde_json::from_value(json!({ "metadata": metadata, "spec": spec, "status": status }));
        read_budget(&budget.expect("a manifest")).expect("understood")
    }

    #[test]
    fn an_absent_selector_is_not_an_empty_one() {
        assert_eq!(read(&json!({}), &Value::Null).selector, None);
        assert_eq!(read(&json!({ "selector": {} }), &Value::Null).selector, Some(LabelSelector::default()));
    }

    #[test]
    fn what_the_controller_has_not_seen_allows_nothing() {
        for (status, allowed) in [
            (Value::Null, 0),
            (json!({ "disruptionsAllowed": 3, "observedGeneration": 2 }), 3),
            (json!({ "disruptionsAllowed": 3, "observedGeneration": 1 }), 0),
            (json!({ "observedGeneration": 2 }), 0),
        ] {
            assert_eq!(read(&json!({}), &status).disruptions_allowed, allowed, "{status}");
        }
    }

    #[test]
    fn unhealthy_pods_may_always_go_only_by_policy() {
        for (policy, always) in [(Value::Null, false), (json!("IfHealthyBudget"), false), (json!("AlwaysAllow"), true)] {
            let read = read(&json!({ "unhealthyPodEvictionPolicy": policy }), &Value::Null);
            assert_eq!(read.always_allow_unhealthy, always);
        }
    }
}
