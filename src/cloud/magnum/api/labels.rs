//! Labels of clusters and node groups: parameters of the driver, and whatever else a person wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Labels of a cluster or node group. None of them becomes a label of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StackLabels(pub(crate) BTreeMap<String, String>);

impl StackLabels {
    /// Returns the value of a label, unless it is empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a label is set and means yes, as Magnum's drivers read it
    /// (`oslo_utils.strutils.bool_from_string`).
    pub(crate) fn is_on(&self, key: &str) -> bool {
        const YES: [&str; 6] = ["1", "t", "true", "on", "y", "yes"];
        self.get(key).is_some_and(|value| YES.iter().any(|yes| value.trim().eq_ignore_ascii_case(yes)))
    }
}

impl<'de> Deserialize<'de> for StackLabels {
    /// Reads values of any simple kind: Magnum takes numbers and booleans as well as texts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Option::<BTreeMap<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Self(read.into_iter().map(|(key, value)| (key, text(value))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_any_simple_kind_is_a_text() {
        let read = |value| serde_json::from_value::<StackLabels>(value).expect("labels");
        let labels = read(json!({ "auto_scaling_enabled": true, "boot_volume_size": 50, "kube_tag": "v1.33.0", "empty": "" }));
        assert!(labels.is_on("auto_scaling_enabled"));
        assert_eq!(labels.get("boot_volume_size"), Some("50"));
        assert_eq!((labels.get("empty"), labels.get("other")), (None, None));
        assert!(read(json!({ "auto_scaling_enabled": "True" })).is_on("auto_scaling_enabled"));
        assert!(!read(json!({ "auto_scaling_enabled": "false" })).is_on("auto_scaling_enabled"));
        assert_eq!(read(json!(null)), StackLabels::default());
    }
}
