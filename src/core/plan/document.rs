//! The plan as a document: what `-o json` and `--out` write.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::bill::Bill;
use super::report::pod_list;
use super::report::{AddedReport, Finding, GroupReport, InstanceReport, NodeReport, PodReport, Replay};
use crate::policy::Policy;
use crate::snapshot::{ClusterIdentity, LookedAt};

/// The name of the plan format this version writes. It reads [`super::SCHEMA_V1`] as well.
pub const SCHEMA: &str = "ec2-autoscale/plan/v2";

/// What to do and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// `taken_at` of the snapshot it was made from.
    pub made_at: Timestamp,
    /// The cluster it is for.
    pub cluster: ClusterIdentity,
    /// Its regions, most preferred first.
    pub regions: Vec<String>,
    /// What else was looked at; absent when that is the usual.
    #[serde(default, skip_serializing_if = "LookedAt::is_usual")]
    pub looked_at: LookedAt,
    /// The policy it was made with.
    pub policy: Policy,
    /// The numbers of the first line.
    pub summary: Summary,
    /// What becomes of the pods that manifests added, for a plan that is a what-if.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<AddedReport>,
    /// What `apply` does, in this order.
    pub actions: Vec<Action>,
    /// Every group, in the order in which they are tried.
    pub groups: Vec<GroupReport>,
    /// Every unbound pod. Of those that are alike only the first has its `refusals`; the others name it as `alike`.
    #[serde(with = "pod_list")]
    #[schemars(with = "Vec<pod_list::Line>")]
    pub pods: Vec<PodReport>,
    /// What the scheduler is expected to do with the new nodes, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// What the groups cost before and after, where prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// Every node.
    pub nodes: Vec<NodeReport>,
    /// Every instance without a node.
    pub instances: Vec<InstanceReport>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// The numbers of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Groups whose capacity changes, now or after the cordoned nodes have gone.
    pub groups_changed: u32,
    /// Nodes added.
    pub nodes_added: u32,
    /// Nodes terminated.
    pub nodes_removed: u32,
    /// Nodes cordoned, to be terminated by a later run.
    pub nodes_cordoned: u32,
    /// Nodes that are emptied, to be terminated by a later run.
    #[serde(default)]
    pub nodes_drained: u32,
    /// Unhealthy instances that end and that AWS replaces.
    #[serde(default)]
    pub instances_replaced: u32,
    /// Nodes that become schedulable again.
    pub nodes_uncordoned: u32,
    /// Node objects deleted that their instances have left behind.
    #[serde(default)]
    pub nodes_deleted: u32,
    /// Pending pods expected to be placed.
    pub pods_helped: u32,
    /// Pending pods that wait for an unreadable region.
    pub pods_waiting: u32,
    /// Pending pods that nothing helps.
    pub pods_unhelped: u32,
    /// Whether everything could be read and judged; if not, the exit code is 3.
    pub complete: bool,
}

impl Plan {
    /// Whether `apply` would change anything but marks.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.actions.iter().any(|action| !action.is_mark())
    }
}
