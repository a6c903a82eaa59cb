//! A cluster, and the template that it was made from.

use serde::Deserialize;

use super::labels::StackLabels;

/// `GET /v1/clusters/{name or UUID}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ClusterAnswer {
    pub(crate) uuid: String,
    pub(crate) name: String,
    /// A summary over the groups: one that failed keeps it UPDATE_FAILED while others work.
    #[serde(default)]
    pub(crate) status: Option<String>,
    /// What the driver made of it. From version 1.13 of the API on it is called `cluster_id`.
    #[serde(default, alias = "cluster_id")]
    pub(crate) stack_id: Option<String>,
    #[serde(default)]
    pub(crate) cluster_template_id: Option<String>,
    #[serde(default)]
    pub(crate) labels: StackLabels,
}

/// `GET /v1/clustertemplates/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct TemplateAnswer {
    /// The driver's name; null in releases before 2026.2.
    #[serde(default)]
    pub(crate) driver: Option<String>,
}

impl ClusterAnswer {
    /// Returns the state in which the API accepts a resize and the conductor then does nothing, if
    /// the cluster is in one. What is over in good order is open, and so are a failed update and
    /// one that is under way (`cluster_resize` in Magnum's `handlers/cluster_conductor.py`).
    pub(crate) fn closed_state(&self) -> Option<&str> {
        let status = self.status.as_deref().unwrap_or("of no known state");
        let is_over = status.ends_with("_COMPLETE") && status != "DELETE_COMPLETE";
        (!is_over && !["UPDATE_FAILED", "UPDATE_IN_PROGRESS"].contains(&status)).then_some(status)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cluster_is_read_by_old_and_new_names_of_its_fields() {
        let cluster = |stack: &str| -> ClusterAnswer {
            serde_json::from_value(json!({
                "uuid": "c-1", "name": "k8s", "status": "UPDATE_COMPLETE", stack: "kube-abcde", "cluster_template_id": "t-1",
                "labels": { "auto_scaling_enabled": "true" }, "faults": null, "node_count": 3
            }))
            .expect("a cluster")
        };
        assert_eq!(cluster("stack_id"), cluster("cluster_id"));
        assert_eq!(cluster("stack_id").stack_id.as_deref(), Some("kube-abcde"));
        let template: TemplateAnswer = serde_json::from_value(json!({ "uuid": "t-1", "driver": null })).expect("a template");
        assert_eq!(template.driver, None);
    }

    #[test]
    fn a_resize_is_in_vain_in_these_states() {
        let closed =
            |status: &str| ClusterAnswer { status: Some(status.into()), ..ClusterAnswer::default() }.closed_state().is_some();
        for status in ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_IN_PROGRESS"] {
            assert!(!closed(status), "{status}");
        }
        for status in ["CREATE_FAILED", "CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_FAILED", "ROLLBACK_FAILED"] {
            assert!(closed(status), "{status}");
        }
        assert!(ClusterAnswer::default().closed_state().is_some(), "nothing is known of it");
    }
}
