//! The changes that a kube-apiserver makes to new pods, as far as cases need them.

use serde_json::{Value, json};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Puts the values of `matchLabelKeys` and `mismatchLabelKeys` into the selectors, since 1.29 those
/// of pod affinity, since 1.34 those of spread constraints (`pkg/registry/core/pod/strategy.go`).
pub(super) fn merge_label_keys(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    let spec = &mut pod["spec"];
    for constraint in spec["topologySpreadConstraints"].as_array_mut().into_iter().flatten() {
        merge(constraint, &labels, "matchLabelKeys", "In");
    }
    for affinity in ["podAffinity", "podAntiAffinity"] {
        let terms = spec.pointer_mut(&format!("/affinity/{affinity}/{REQUIRED}")).and_then(Value::as_array_mut);
        for term in terms.into_iter().flatten() {
            merge(term, &labels, "matchLabelKeys", "In");
            merge(term, &labels, "mismatchLabelKeys", "NotIn");
        }
    }
}

fn merge(term: &mut Value, labels: &Value, field: &str, operator: &str) {
    if !term["labelSelector"].is_object() {
        return;
    }
    let keys = term[field].as_array().cloned().unwrap_or_default();
    for key in keys.iter().filter_map(Value::as_str) {
        if let Some(value) = labels[key].as_str() {
            let expressions = &mut term["labelSelector"]["matchExpressions"];
            if expressions.is_null() {
                *expressions = json!([]);
            }
            let expressions = expressions.as_array_mut().expect("expressions are a list");
            expressions.push(json!({ "key": key, "operator": operator, "values": [value] }));
        }
    }
}
