//! What a group does, and what a new node of it would look like.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FactSource;
use crate::plan::closed_part::ClosedPart;
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::GrowReason;
use crate::snapshot::{GroupId, Resources, Taint};

/// What the plan says of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupReport {
    /// Region and name.
    #[serde(flatten)]
    pub group: GroupId,
    /// Least capacity.
    pub min: i64,
    /// Most capacity.
    pub max: i64,
    /// Desired capacity now.
    pub desired: i64,
    /// Desired capacity once this plan is carried out.
    pub desired_after: i64,
    /// Live instances now.
    pub live: u32,
    /// Nodes that were asked for and are not Ready yet.
    pub upcoming: u32,
    /// Each node that was asked for and is not Ready yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upcoming_nodes: Vec<UpcomingNode>,
    /// Nodes this plan adds.
    pub added: u32,
    /// Each node this plan adds, in the order in which they are expected to launch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_nodes: Vec<NewNode>,
    /// Nodes this plan terminates.
    pub removed: u32,
    /// Nodes this plan cordons, to be terminated by a later run.
    pub cordoned: u32,
    /// Capacity that was asked for, cannot be launched, and is asked for no more once this plan is carried out
    /// (`--revert-unfilled`), in the group's own unit.
    #[serde(default)]
    pub taken_back: i64,
    /// Nodes this plan empties, to be terminated by a later run.
    #[serde(default)]
    pub drained: u32,
    /// How many of the terminated nodes are dead.
    #[serde(default)]
    pub dead: u32,
    /// Unhealthy instances that end and that AWS replaces.
    #[serde(default)]
    pub replaced: u32,
    /// Why it grows, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grows: Option<GrowReason>,
    /// Why it cannot grow, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<GrowthBlock>,
    /// The zones and machine types of it that are in backoff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ClosedPart>,
    /// What a new node of it would offer, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateReport>,
    /// All of it as a sentence.
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
    /// Whether AWS chooses the zone, so that it is only predicted.
    pub predicted: bool,
}

/// A node that was asked for and is not Ready yet.
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
    /// Whether the zone is only predicted, since nothing has been launched.
    pub predicted: bool,
    /// When it counts as failed.
    pub overdue_at: Timestamp,
}

/// What a new node of a group would look like. `explain group` says where each fact came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateReport {
    /// Instance types, in the order of the group.
    pub machine_types: Vec<String>,
    /// Zones it may launch in.
    pub zones: Vec<String>,
    /// What pods may request of it.
    pub allocatable: Resources,
    /// What the DaemonSets take of that.
    pub daemon_requests: Resources,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// How many volumes it takes, by CSI driver; a driver that is not here has no limit that is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub csi_limits: BTreeMap<String, i32>,
    /// Where the least certain of the amounts came from.
    pub source: FactSource,
}
