//! CapacityQuotas of `autoscaling.x-k8s.io`, read loosely: their API is young.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use serde::Deserialize;
use serde_json::Value;

use super::selectors::label_selector;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, required, resources};
use crate::snapshot::CapacityQuota;
use crate::well_known::capacity_quotas::KIND;

/// The versions that have the kind, the newest first.
pub(crate) const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];

/// A CapacityQuota as the API has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ApiQuota {
    #[serde(default)]
    metadata: meta::ObjectMeta,
    #[serde(default)]
    spec: ApiQuotaSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ApiQuotaSpec {
    selector: Option<meta::LabelSelector>,
    #[serde(default)]
    limits: ApiLimits,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ApiLimits {
    /// Quantities, which may be numbers.
    #[serde(default)]
    resources: BTreeMap<String, Value>,
}

/// Reads one quota.
pub(crate) fn read_capacity_quota(quota: &ApiQuota) -> Result<CapacityQuota, ConversionError> {
    convert(quota).map_err(|problem| problem.in_object(KIND, &quota.metadata))
}

fn convert(quota: &ApiQuota) -> Result<CapacityQuota, ConversionProblem> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let amount = |(name, value): (&String, &Value)| {
        let one = BTreeMap::from([(name.clone(), k8s_openapi::apimachinery::pkg::api::resource::Quantity(text(value)))]);
        Ok((name.clone(), resources(Some(&one))?.get(name)))
    };
    Ok(CapacityQuota {
        name: required(quota.metadata.name.as_ref(), "name")?.as_str().into(),
        selector: label_selector(quota.spec.selector.as_ref())?.unwrap_or_default(),
        resources: quota.spec.limits.resources.iter().map(amount).collect::<Result<_, ConversionProblem>>()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::{LabelSelector, Labels};

    fn read(spec: &Value) -> Result<CapacityQuota, String> {
        let quota: ApiQuota = serde_json::from_value(json!({"metadata": {"name": "gpus"}, "spec": spec})).expect("a quota");
        read_capacity_quota(&quota).map_err(|error| error.to_string())
    }

    #[test]
    fn amounts_may_be_numbers_and_none_is_lost() {
        let spec = json!({"selector": {"matchLabels": {"pool": "gpu"}},
            "limits": {"resources": {"cpu": 64, "memory": "1Gi", "nodes": "0", "nvidia.com/gpu": "8"}}});
        let quota = read(&spec).expect("a quota");
        let expected = [("cpu", 64_000), ("memory", 1 << 30), ("nodes", 0), ("nvidia.com/gpu", 8)];
        assert_eq!(quota.resources, expected.map(|(name, amount)| (name.to_owned(), amount)).into());
        let labels: Labels = [("pool", "gpu")].into_iter().collect();
        assert_eq!(quota.selector, LabelSelector { match_labels: labels, match_expressions: Vec::new() });
        assert_eq!(read(&json!({})).expect("one of all nodes").selector, LabelSelector::default());
    }

    #[test]
    fn what_is_no_amount_is_named() {
        let error = read(&json!({"limits": {"resources": {"cpu": "many"}}})).expect_err("no amount");
        assert!(error.contains("CapacityQuota gpus") && error.contains("many"), "{error}");
    }
}
