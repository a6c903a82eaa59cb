//! The fields that the API server would fill in before it stores a pod, as far as the scheduler
//! reads them.
//!
//! Requests from limits and ports of the node's network are filled in where containers are read
//! (`kubernetes::reading`: `requests_from_limits`, `containers`).

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::pods::TemplateLabels;
use crate::well_known::taints::{NOT_READY, UNREACHABLE};

/// A pod stays on a lost node for this long (`DefaultTolerationSeconds`, flag
/// `default-not-ready-toleration-seconds`).
const TOLERATION_SECONDS: i64 = 300;

/// Taints of a lost node, in the order in which the plugin adds their tolerations.
const LOST: [&str; 2] = [NOT_READY, UNREACHABLE];

/// Completes the specification of a pod with these labels.
pub(in crate::gather) fn complete(spec: &mut core::PodSpec, labels: &TemplateLabels) {
    tolerate_lost_nodes(spec);
    request_what_the_pod_is_limited_to(spec);
    merge_label_keys(spec, labels);
}

/// Adds the tolerations of `plugin/pkg/admission/defaulttolerationseconds`.
fn tolerate_lost_nodes(spec: &mut core::PodSpec) {
    let tolerations = spec.tolerations.get_or_insert_default();
    let is_or_any = |text: &Option<String>, wanted: &str| text.as_deref().is_none_or(|text| text.is_empty() || text == wanted);
    let missing: Vec<&str> = LOST
        .into_iter()
        .filter(|key| !tolerations.iter().any(|one| is_or_any(&one.key, key) && is_or_any(&one.effect, "NoExecute")))
        .collect();
    tolerations.extend(missing.into_iter().map(|key| core::Toleration {
        key: Some(key.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoExecute".to_owned()),
        toleration_seconds: Some(TOLERATION_SECONDS),
        ..core::Toleration::default()
    }));
}

/// Makes a limit of the whole pod its request where neither the pod nor a container requests that
/// resource (`defaultPodRequests` in `pkg/apis/core/v1/defaults.go`). Where containers do, the API
/// server fills in their sum, which changes nothing here.
fn request_what_the_pod_is_limited_to(spec: &mut core::PodSpec) {
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let lists = containers.filter_map(|container| container.resources.as_ref());
    let by_containers: Vec<String> =
        lists.flat_map(|all| all.requests.iter().chain(&all.limits).flat_map(|list| list.keys().cloned())).collect();
    let Some(single_pod) = &mut spec.resources else { return };
    for (name, limit) in single_pod.limits.clone().unwrap_or_default() {
        if !by_containers.contains(&name) {
            single_pod.requests.get_or_insert_default().entry(name).or_insert(limit);
        }
    }
}

/// Turns `matchLabelKeys` and `mismatchLabelKeys` into requirements: those of affinity since 1.29,
/// those of spread constraints since 1.34 (`pkg/registry/core/pod/strategy.go`).
fn merge_label_keys(spec: &mut core::PodSpec, labels: &TemplateLabels) {
    for constraint in spec.topology_spread_constraints.iter_mut().flatten() {
        let Some(selector) = &mut constraint.label_selector else { continue };
        require_own(selector, constraint.match_label_keys.as_ref(), "In", labels);
    }
    let Some(affinity) = &mut spec.affinity else { return };
    let together = affinity.pod_affinity.as_mut();
    let apart = affinity.pod_anti_affinity.as_mut();
    let together = together.and_then(|all| all.required_during_scheduling_ignored_during_execution.as_mut());
    let apart = apart.and_then(|all| all.required_during_scheduling_ignored_during_execution.as_mut());
    for term in together.into_iter().flatten().chain(apart.into_iter().flatten()) {
        let Some(selector) = &mut term.label_selector else { continue };
        require_own(selector, term.match_label_keys.as_ref(), "In", labels);
        require_own(selector, term.mismatch_label_keys.as_ref(), "NotIn", labels);
    }
}

/// Requires the pod's own values of these labels.
fn require_own(selector: &mut LabelSelector, keys: Option<&Vec<String>>, operator: &str, labels: &TemplateLabels) {
    for key in keys.into_iter().flatten() {
        if let Some(value) = labels.get(key) {
            require(selector, key, operator, value);
        }
    }
}

/// Adds a requirement, unless it is there: an object that was read from an API server holds it
/// already.
fn require(selector: &mut LabelSelector, key: &str, operator: &str, value: &str) {
    let requirement =
        LabelSelectorRequirement { key: key.to_owned(), operator: operator.to_owned(), values: Some(vec![value.to_owned()]) };
    let expressions = selector.match_expressions.get_or_insert_default();
    if !expressions.contains(&requirement) {
        expressions.push(requirement);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn completed(spec: Value, labels: &[(&str, &str)]) -> core::PodSpec {
        let mut spec = serde_json::from_value(spec).expect("a specification");
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        complete(&mut spec, &labels);
        spec
    }

    #[test]
    fn lost_nodes_are_borne_for_a_while_unless_the_pod_says_something_of_them() {
        let keys = |tolerations: Value| {
            let spec = completed(json!({ "containers": [], "tolerations": tolerations }), &[]);
            let all = spec.tolerations.into_iter().flatten();
            all.map(|one| (one.key.unwrap_or_default(), one.toleration_seconds)).collect::<Vec<_>>()
        };
        let usual: Vec<_> = LOST.iter().map(|key| ((*key).to_owned(), Some(300))).collect();
        assert_eq!(keys(json!(null)), usual);
        assert_eq!(keys(json!([{ "operator": "Exists" }])), [(String::new(), None)]);
        assert_eq!(keys(json!([{ "operator": "Exists", "effect": "NoSchedule" }])).len(), 3);
        let own = json!([{ "key": LOST[1], "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5 }]);
        assert_eq!(keys(own), [(LOST[1].to_owned(), Some(5)), (LOST[0].to_owned(), Some(300))]);
    }

    #[test]
    fn a_limit_of_the_pod_that_nobody_requests_is_its_request() {
        let spec = completed(
            json!({ "containers": [{ "name": "a", "resources": { "limits": { "cpu": "1" } } }],
                "resources": { "limits": { "cpu": "2", "memory": "4Gi" } } }),
            &[],
        );
        let requests = spec.resources.and_then(|all| all.requests).expect("requests");
        assert_eq!(
            requests.into_iter().map(|(name, amount)| (name, amount.0)).collect::<Vec<_>>(),
            [("memory".to_owned(), "4Gi".to_owned())]
        );
    }

    #[test]
    fn label_keys_of_affinity_become_requirements_once() {
        let term = json!({ "topologyKey": "zone", "labelSelector": { "matchLabels": { "app": "a" } },
            "matchLabelKeys": ["run", "absent"], "mismatchLabelKeys": ["tenant"] });
        let spec = json!({ "containers": [], "affinity": { "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [term] } } });
        let labels = [("run", "7"), ("tenant", "x")];
        let once = completed(spec, &labels);
        let again = completed(serde_json::to_value(&once).expect("JSON"), &labels);
        assert_eq!(once, again);
        let terms = once.affinity.and_then(|all| all.pod_anti_affinity?.required_during_scheduling_ignored_during_execution);
        let selector = terms.expect("terms").remove(0).label_selector.expect("a selector");
        let added: Vec<_> = selector.match_expressions.into_iter().flatten().map(|one| (one.key, one.operator)).collect();
        assert_eq!(added, [("run".to_owned(), "In".to_owned()), ("tenant".to_owned(), "NotIn".to_owned())]);
    }
}
