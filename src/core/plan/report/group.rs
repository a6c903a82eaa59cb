//! The report on a group, and on what its new nodes would offer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FactSource;
use crate::plan::amounts::is_zero;
use crate::plan::closed_part::ClosedPart;
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::GrowReason;
use crate::snapshot::{GroupId, Resources, Taint};

/// The report on one group. Capacities are in the group's own unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// Region and name.
    #[serde(flatten)]
    pub group: GroupId,
    /// The least capacity.
    pub min: i64,
    /// The most capacity.
    pub max: i64,
    /// The desired capacity now.
    pub desired: i64,
    /// The desired capacity once this plan is carried out.
    pub desired_after: i64,
    /// How many instances live now.
    pub live: u32,
    /// How many requested nodes are not Ready yet.
    pub upcoming: u32,
    /// Each requested node that is not Ready yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upcoming_nodes: Vec<UpcomingNode>,
    /// How many nodes this plan adds.
    pub added: u32,
    /// Each node that this plan adds, in the order in which they are expected to be launched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_nodes: Vec<NewNode>,
    /// How many nodes this plan terminates.
    pub removed: u32,
    /// How many nodes this plan cordons; a later run terminates them.
    pub cordoned: u32,
    /// How many of them are busy and end with their reservation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub closing: u32,
    /// Requested capacity that cannot be launched and that this plan stops requesting
    /// (`--revert-unfilled`).
    #[serde(default)]
    pub taken_back: i64,
    /// How many nodes this plan drains; a later run terminates them.
    #[serde(default)]
    pub drained: u32,
    /// How many of the terminated nodes are dead.
    #[serde(default)]
    pub dead: u32,
    /// How many unhealthy instances this plan ends so that the cloud replaces them.
    #[serde(default)]
    pub replaced: u32,
    /// Why it grows; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grows: Option<GrowReason>,
    /// Why it cannot grow; absent when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<GrowthBlock>,
    /// Its zones and machine types that are in backoff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ClosedPart>,
    /// What a new node of it would offer; absent when that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateReport>,
    /// The whole report as one sentence.
    pub message: String,
}

impl GroupReport {
    /// Whether this plan changes its capacity.
    #[must_use]
    pub fn changes(&self) -> bool {
        let leaving = self.removed + self.cordoned + self.drained + self.replaced;
        self.added + leaving > 0 || self.taken_back > 0
    }
}

/// A node that a plan adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewNode {
    /// The zone.
    pub zone: String,
    /// Whether the cloud chooses the zone, so that this one is only a prediction.
    pub predicted: bool,
    /// Whether the plan chooses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen: bool,
}

/// A requested node that is not Ready yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpcomingNode {
    /// The node, once it has registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The instance, once it has been launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The zone.
    pub zone: String,
    /// Whether the zone is only a prediction, since no instance has been launched yet.
    pub predicted: bool,
    /// When it counts as failed.
    pub overdue_at: Timestamp,
}

/// What a new node of a group would offer. `explain group` lists the source of each fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateReport {
    /// The instance types, in the order of the group.
    pub machine_types: Vec<String>,
    /// The zones in which the group may launch it.
    pub zones: Vec<String>,
    /// What pods may request of it, including those of DaemonSets.
    pub allocatable: Resources,
    /// What the pods of DaemonSets, static pods and the like request of that.
    pub daemon_requests: Resources,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// The most volumes it takes, by CSI driver; a driver that is not listed has no known limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub csi_limits: BTreeMap<String, i32>,
    /// The source of the least certain amount.
    pub source: FactSource,
}
