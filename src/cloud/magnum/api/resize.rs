//! The one request that changes a group.

use serde::{Deserialize, Serialize};

/// `POST /v1/clusters/{id}/actions/resize`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ResizeBody<'a> {
    /// How many nodes the group is to have.
    pub(crate) node_count: i64,
    /// The servers that are to go; empty for a growth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) nodes_to_remove: Vec<&'a str>,
    /// The group. Without it the default one would be meant.
    pub(crate) nodegroup: &'a str,
}

/// What answers it: the cluster, and nothing of the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ResizeAnswer {
    #[serde(rename = "uuid")]
    _cluster: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_growth_names_nobody() {
        let body = ResizeBody { node_count: 3, nodes_to_remove: Vec::new(), nodegroup: "g-1" };
        assert_eq!(serde_json::to_value(body).expect("JSON"), json!({ "node_count": 3, "nodegroup": "g-1" }));
    }
}
