//! The plan as a document: what `-o json` and `--out` write.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::bill::Bill;
use super::report::pod_list;
use super::report::{
    AddedReport, BufferReport, ExpectedReport, Finding, GangReport, GroupReport, InstanceReport, NodeReport, PodReport, Replay,
    RequestReport, WithoutReport,
};
use crate::policy::Policy;
use crate::snapshot::{ClusterIdentity, LookedAt};

/// The name of the plan format this version writes. It reads [`super::SCHEMA_V1`] as well.
pub const SCHEMA: &str = "ec2-autoscale/plan/v2";

/// What to do about a snapshot, and why.
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
    /// What else the run was told to look at; absent when no flag says so.
    #[serde(default, skip_serializing_if = "LookedAt::is_usual")]
    pub looked_at: LookedAt,
    /// The policy it was made with.
    pub policy: Policy,
    /// The numbers of the plan's first line.
    pub summary: Summary,
    /// What becomes of the pods that manifests add, for a plan that is a what-if.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<AddedReport>,
    /// What becomes of the pods of nodes that are taken away, for a plan that is such a what-if.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<WithoutReport>,
    /// What `apply` does, in this order.
    pub actions: Vec<Action>,
    /// Every group, in the order in which they are tried.
    pub groups: Vec<GroupReport>,
    /// Every gang of which pods have no node, in the order in which gangs are served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gangs: Vec<GangReport>,
    /// The pods that Jobs are about to make and that gangs lack, by object (`--expect-job-pods`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<ExpectedReport>,
    /// Every CapacityBuffer, by namespace and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buffers: Vec<BufferReport>,
    /// Every ProvisioningRequest that is served here and not over, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestReport>,
    /// Every unbound pod. Where pods have the same `refusals`, only the first has them; the others
    /// name it as `alike`.
    #[serde(with = "pod_list")]
    #[schemars(with = "Vec<pod_list::Line>")]
    pub pods: Vec<PodReport>,
    /// What the scheduler is expected to do with the new nodes; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// What the groups cost before and after; absent where no prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// Every node of the cluster.
    pub nodes: Vec<NodeReport>,
    /// Every instance without a node.
    pub instances: Vec<InstanceReport>,
    /// What a person should know beside the decisions.
    pub findings: Vec<Finding>,
}

/// The numbers of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many groups change their capacity, now or once the cordoned nodes have gone.
    pub groups_changed: u32,
    /// How many nodes are added.
    pub nodes_added: u32,
    /// How many nodes are terminated.
    pub nodes_removed: u32,
    /// How many nodes are cordoned; a later run terminates them.
    pub nodes_cordoned: u32,
    /// How many nodes are drained; a later run terminates them.
    #[serde(default)]
    pub nodes_drained: u32,
    /// How many unhealthy instances end so that the cloud replaces them.
    #[serde(default)]
    pub instances_replaced: u32,
    /// How many nodes become schedulable again.
    pub nodes_uncordoned: u32,
    /// How many Node objects are deleted whose instances are gone.
    #[serde(default)]
    pub nodes_deleted: u32,
    /// How many pending pods are expected to be placed.
    pub pods_helped: u32,
    /// How many pending pods wait for an unreadable region.
    pub pods_waiting: u32,
    /// How many pending pods get no node.
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
