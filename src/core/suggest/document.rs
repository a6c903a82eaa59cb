//! What is suggested, as a document.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::no_help::NoHelp;
use crate::plan::Plan;
use crate::snapshot::{ClusterIdentity, GroupId, Labels, Market, ObjectName, Resources, Taint, UsdPerHour};

/// The name of the format.
pub const SCHEMA: &str = "ec2-autoscale/suggestions/v1";

/// Groups that are worth adding, and what becomes of the pods with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestions {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// `taken_at` of the snapshot that they were made from.
    pub made_at: Timestamp,
    /// The cluster they are for.
    pub cluster: ClusterIdentity,
    /// What they are for.
    pub goal: Goal,
    /// All of them in one sentence.
    pub message: String,
    /// The groups to add, in the order of their names.
    pub groups: Vec<SuggestedGroup>,
    /// The pods that no new group would help, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftPods>,
    /// What a plan does without the groups.
    pub before: PlanNumbers,
    /// What a plan does with them.
    pub after: PlanNumbers,
    /// The plan with the groups, as they are suggested here.
    pub plan: Plan,
}

/// What groups are suggested for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Pods that no group helps.
    Help,
    /// The whole cluster costs less once its pods have moved.
    Save,
}

/// A group to add. Its least capacity is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedGroup {
    /// Its region and the name by which the plan has it.
    #[serde(flatten)]
    pub group: GroupId,
    /// The zones in which it launches.
    pub zones: Vec<String>,
    /// The machine types that it launches; all of them are at least as large as the first.
    pub machine_types: Vec<String>,
    /// How its machines are paid for.
    pub market: Market,
    /// Its maximum: what is needed now, and half as many again.
    pub max: i64,
    /// The size in GiB of the volume for containers; absent where the usual size is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_volume_gib: Option<i64>,
    /// The EFA network interfaces of each machine.
    #[serde(default, skip_serializing_if = "is_none")]
    pub efa_interfaces: i64,
    /// The processor architecture, as the label `kubernetes.io/arch` has it.
    pub architecture: String,
    /// The labels that its nodes need.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The taints that its nodes should have: all of its pods tolerate them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// The devices that its pods request, which its image has to have drivers for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// Amounts of its nodes that no description of the machine type states.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// How many nodes of it the plan launches.
    pub nodes: u32,
    /// The pods that get a place on them.
    pub pods: Vec<ObjectName>,
    /// What one of its nodes costs at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_a_node: Option<UsdPerHour>,
    /// What these nodes cost together, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<UsdPerHour>,
    /// Other machine types that were planned with, the cheapest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runners_up: Vec<RunnerUp>,
    /// The group in one sentence.
    pub message: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(number: &i64) -> bool {
    *number == 0
}

/// A machine type that would do as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunnerUp {
    /// The machine type.
    pub machine_type: String,
    /// How many nodes of it would be needed.
    pub nodes: u32,
    /// What they would cost together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<UsdPerHour>,
}

/// Pods that no new group would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftPods {
    /// The pods.
    pub pods: Vec<ObjectName>,
    /// Why not.
    #[serde(flatten)]
    pub why: NoHelp,
    /// The same in words.
    pub message: String,
    /// What would help.
    pub remedy: String,
}

/// The numbers of a plan that suggestions are compared by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanNumbers {
    /// How many pending pods get a place.
    pub pods_helped: u32,
    /// How many pending pods get none.
    pub pods_unhelped: u32,
    /// How many nodes are added.
    pub nodes_added: u32,
    /// What the groups cost per hour once it is carried out; absent where no prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<UsdPerHour>,
}

impl PlanNumbers {
    /// Returns the numbers of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            pods_helped: plan.summary.pods_helped,
            pods_unhelped: plan.summary.pods_unhelped,
            nodes_added: plan.summary.nodes_added,
            usd_per_hour: plan.bill.as_ref().map(|bill| bill.after),
        }
    }
}
