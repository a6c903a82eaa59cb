//! A node group, as the list has it and as it is by itself.

use jiff::Timestamp;
use serde::Deserialize;

use super::labels::StackLabels;
use super::time;

/// An entry of `GET /v1/clusters/{id}/nodegroups`. The list shows `min_node_count: 0` and
/// `max_node_count: null` whatever they are, so that nothing but the names is taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListedGroup {
    pub(crate) uuid: String,
    pub(crate) name: String,
}

/// `GET /v1/clusters/{id}/nodegroups/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct NodeGroupAnswer {
    pub(crate) uuid: String,
    pub(crate) name: String,
    /// What the user wrote: the name or the id of a flavor.
    #[serde(default)]
    pub(crate) flavor_id: Option<String>,
    #[serde(default)]
    pub(crate) image_id: Option<String>,
    #[serde(default)]
    pub(crate) node_count: i64,
    #[serde(default)]
    pub(crate) min_node_count: Option<i64>,
    /// Null where the group has no maximum.
    #[serde(default)]
    pub(crate) max_node_count: Option<i64>,
    #[serde(default)]
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) is_default: bool,
    #[serde(default)]
    pub(crate) stack_id: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    /// Why it failed, in the words of the driver or of what it uses.
    #[serde(default)]
    pub(crate) status_reason: Option<String>,
    #[serde(default)]
    pub(crate) labels: StackLabels,
    #[serde(default, deserialize_with = "time::moment")]
    pub(crate) created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time::moment")]
    pub(crate) updated_at: Option<Timestamp>,
}

impl NodeGroupAnswer {
    /// Returns the state; empty when none is stated.
    pub(crate) fn state(&self) -> &str {
        self.status.as_deref().unwrap_or_default()
    }

    /// Whether the driver works on it.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.state().ends_with("_IN_PROGRESS")
    }

    /// Whether what was requested last failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.state().ends_with("_FAILED")
    }

    /// Whether it is being deleted, or could not be.
    pub(crate) fn is_being_deleted(&self) -> bool {
        self.state().starts_with("DELETE_")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_group_is_read_as_it_is_by_itself() {
        let group: NodeGroupAnswer = serde_json::from_value(json!({
            "uuid": "g-1", "name": "gpu", "flavor_id": "m1.large", "image_id": "i-1", "node_addresses": [], "node_count": 2,
            "role": "worker", "max_node_count": null, "min_node_count": 1, "is_default": false, "stack_id": "s",
            "status": "UPDATE_FAILED", "status_reason": "Quota exceeded for cores", "labels": null, "merge_labels": "-",
            "created_at": "2026-11-22T10:00:00+00:00", "updated_at": null, "node_taints": [{ "key": "a" }]
        }))
        .expect("a group");
        assert_eq!((group.node_count, group.min_node_count, group.max_node_count), (2, Some(1), None));
        assert!(group.has_failed() && !group.is_in_progress() && !group.is_being_deleted());
        assert_eq!(group.created_at, "2026-11-22T10:00:00Z".parse().ok());
        assert_eq!(group.updated_at, None);
    }
}
