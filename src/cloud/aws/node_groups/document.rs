//! The answer of `DescribeNodegroup`
//! (<https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeNodegroup.html>), as far as it
//! is read. What is not known in it is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A node group as EKS describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeGroup {
    pub(crate) status: Option<String>,
    pub(crate) capacity_type: Option<String>,
    pub(crate) ami_type: Option<String>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) taints: Option<Vec<NodeGroupTaint>>,
    pub(crate) scaling_config: Option<ScalingConfig>,
    pub(crate) update_config: Option<UpdateConfig>,
    pub(crate) launch_template: Option<UsersTemplate>,
    pub(crate) health: Option<NodeGroupHealth>,
    pub(crate) resources: Option<NodeGroupResources>,
    pub(crate) tags: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct NodeGroupTaint {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) effect: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScalingConfig {
    pub(crate) max_size: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UpdateConfig {
    pub(crate) update_strategy: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct UsersTemplate {
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct NodeGroupHealth {
    pub(crate) issues: Option<Vec<HealthIssue>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HealthIssue {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NodeGroupResources {
    pub(crate) auto_scaling_groups: Option<Vec<NamedResource>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct NamedResource {
    pub(crate) name: Option<String>,
}

#[derive(Deserialize)]
struct DescribeAnswer {
    nodegroup: NodeGroup,
}

impl NodeGroup {
    /// Reads the answer.
    ///
    /// # Errors
    /// When it has another form.
    pub(crate) fn read(document: Value) -> serde_json::Result<Self> {
        serde_json::from_value::<DescribeAnswer>(document).map(|answer| answer.nodegroup)
    }

    /// Whether the node group consists of this Auto Scaling Group.
    pub(crate) fn has_group(&self, name: &str) -> bool {
        let groups = self.resources.iter().flat_map(|resources| resources.auto_scaling_groups.iter().flatten());
        groups.into_iter().any(|group| group.name.as_deref() == Some(name))
    }
}
