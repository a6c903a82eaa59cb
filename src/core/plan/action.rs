//! The steps that `apply` takes: each is one call with the values that it presumes, so that nothing
//! is left to choose.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drain::{EvictionCost, EvictionLimits};
use super::reason::{CordonReason, DrainReason, GrowReason, TerminateReason, UncordonReason, UnhealthyReason};
use crate::duration::Seconds;
use crate::snapshot::{FruitlessNote, GroupId, InstanceNote, Node, ObjectName};

/// One step of a plan, in the order in which `apply` takes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum Action {
    /// Note beside our Lease which instances have no node yet, and since when, and which nodes
    /// helped nobody and go; drop the notes that are out of date.
    NoteInstances {
        /// Instances that this run is the first to see so.
        seen: Vec<InstanceNote>,
        /// Instances noted earlier that have become nodes or are gone.
        settled: Vec<InstanceNote>,
        /// Groups whose nodes helped nobody and are removed by this plan.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fruitless: Vec<FruitlessNote>,
    },
    /// Remove our idle taint from a node that is busy again.
    ClearIdle {
        /// The node.
        node: NodeRef,
        /// The time that the taint states now.
        since: Timestamp,
    },
    /// Taint a node with the time since when it has been idle.
    MarkIdle {
        /// The node.
        node: NodeRef,
        /// Since when it has been idle.
        since: Timestamp,
    },
    /// Remove the mark from a node whose instance was gone and is there again.
    ClearGone {
        /// The node.
        node: NodeRef,
        /// The time that the mark states now.
        since: Timestamp,
    },
    /// Mark a Node object whose instance is gone, so that a later run may delete it.
    MarkGone {
        /// The node.
        node: NodeRef,
        /// Its instance.
        instance: String,
        /// Since when that is known.
        since: Timestamp,
    },
    /// Remove the mark from a node that was not Ready and is Ready again.
    ClearNotReady {
        /// The node.
        node: NodeRef,
    },
    /// Mark a node that is not Ready, so that a later run knows for how long without trusting the
    /// node's clock.
    MarkNotReady {
        /// The node.
        node: NodeRef,
        /// Since when runs have seen it so.
        since: Timestamp,
    },
    /// Make a node schedulable again that we cordoned.
    Uncordon {
        /// The node.
        node: NodeRef,
        /// Why it becomes schedulable again.
        reason: UncordonReason,
    },
    /// Raise the desired capacity of a group.
    SetDesired {
        /// The group.
        group: GroupId,
        /// The desired capacity that the plan was made with, in the group's own unit.
        from: i64,
        /// The desired capacity to set, in the group's own unit.
        to: i64,
        /// How many nodes that adds.
        nodes: u32,
        /// Why the group grows.
        reason: GrowReason,
    },
    /// Launch nodes of a group in zones that the plan chooses; the cloud answers which came. What
    /// has no capacity in one place is launched in another.
    Launch {
        /// The group.
        group: GroupId,
        /// The desired capacity that the plan was made with.
        from: i64,
        /// The desired capacity that follows when all of them come.
        to: i64,
        /// How many nodes that adds.
        nodes: u32,
        /// In which zones, in the order in which they are requested.
        zones: Vec<ZoneLaunch>,
        /// The subnets of a zone, where the group has several there: each is tried in turn.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        subnets: BTreeMap<String, Vec<String>>,
        /// Where nodes that do not come there are launched instead, in the order in which that is
        /// tried. The first may be other zones of the same group.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        otherwise: Vec<LaunchElsewhere>,
        /// Why the group grows.
        reason: GrowReason,
    },
    /// Lower the desired capacity of a group to what lives, because the cloud cannot launch the
    /// rest (`--revert-unfilled`).
    RevertDesired {
        /// The group.
        group: GroupId,
        /// The desired capacity that the plan was made with, in the group's own unit.
        from: i64,
        /// The desired capacity to set, in the group's own unit.
        to: i64,
        /// When the newest launch failed.
        failed_at: Timestamp,
        /// The cloud's words on the failure.
        message: String,
    },
    /// Cordon a node so that a later run may terminate it.
    Cordon {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Why it is cordoned.
        reason: CordonReason,
    },
    /// Cordon a node and mark it as being drained (one patch), so that a later run may terminate
    /// it.
    StartDrain {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Which pods are not evicted.
        #[serde(flatten)]
        limits: EvictionLimits,
        /// Why it is drained.
        reason: DrainReason,
    },
    /// Evict pods from a node that is marked as being drained, one after the other in this order.
    Evict {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Since when it has been drained; absent when this plan begins the drain.
        since: Option<Timestamp>,
        /// Which pods are not evicted.
        #[serde(flatten)]
        limits: EvictionLimits,
        /// `--drain-timeout` of the group: for how long a run that waits tries again.
        timeout: Seconds,
        /// The pods, the cheapest first; of those that cost the same, in an order in which the
        /// scheduler is expected to find a place for each.
        pods: Vec<Eviction>,
    },
    /// Terminate a node that an earlier run cordoned, and lower the group's desired capacity with
    /// it.
    Terminate {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Its instance.
        instance: String,
        /// When we cordoned it.
        cordoned_at: Timestamp,
        /// Why it is terminated.
        reason: TerminateReason,
    },
    /// Terminate an instance that never became a node, or whose node is dead. It needs no cordon,
    /// since nothing runs there.
    TerminateUnhealthy {
        /// Its group.
        group: GroupId,
        /// The instance.
        instance: String,
        /// Its node, if it has one.
        node: Option<NodeRef>,
        /// Whether the group's desired capacity is lowered with it; if not, the cloud launches
        /// another in its place.
        decrement: bool,
        /// Why it is terminated.
        reason: UnhealthyReason,
    },
    /// Delete the Node object that an instance has left behind and that an earlier run marked.
    DeleteNode {
        /// The node.
        node: NodeRef,
        /// The region in which its instance was.
        region: String,
        /// Its instance.
        instance: String,
        /// The time that the mark states.
        since: Timestamp,
    },
}

/// The nodes that are launched in one zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneLaunch {
    /// The zone.
    pub zone: String,
    /// How many nodes.
    pub nodes: u32,
}

/// A place in which nodes are launched that do not come where the plan has them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchElsewhere {
    /// The group.
    pub group: GroupId,
    /// The desired capacity that the plan was made with, in the group's own unit.
    pub from: i64,
    /// The zones, in the order in which they are tried; none where the desired capacity is raised
    /// and the cloud chooses the zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// The subnets of a zone, where the group has several there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subnets: BTreeMap<String, Vec<String>>,
    /// At most this many nodes.
    pub nodes: u32,
}

/// The growth of a group, as a step has it.
#[derive(Debug, Clone, Copy)]
pub struct GroupGrowth<'a> {
    /// The group.
    pub group: &'a GroupId,
    /// The desired capacity that the plan was made with, in the group's own unit.
    pub from: i64,
    /// The desired capacity that follows, in the group's own unit.
    pub to: i64,
    /// How many nodes that adds.
    pub nodes: u32,
    /// Why the group grows.
    pub reason: &'a GrowReason,
}

/// A node by name and UID: one made again under the same name is another node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeRef {
    /// The name.
    pub name: String,
    /// The UID.
    pub uid: String,
}

impl NodeRef {
    /// Returns the reference to a node.
    pub(crate) fn of(node: &Node) -> Self {
        Self { name: node.name.clone(), uid: node.uid.clone() }
    }
}

/// A pod to evict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Eviction {
    /// What the eviction costs.
    pub cost: EvictionCost,
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// Its UID: one made again under the same name is another pod.
    pub uid: String,
    /// The node that has room for it. Where the pod really goes is the scheduler's choice.
    pub room_on: String,
}

/// The kinds of steps in the safe order: capacity is added before any is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    ClearMark,
    SetMark,
    Uncordon,
    Resize,
    Cordon,
    StartDrain,
    Evict,
    Terminate,
    DeleteNode,
}

impl Action {
    /// Returns its place in the safe order.
    pub(crate) fn stage(&self) -> Stage {
        match self {
            Self::ClearIdle { .. } | Self::ClearGone { .. } | Self::ClearNotReady { .. } => Stage::ClearMark,
            Self::NoteInstances { .. } | Self::MarkIdle { .. } | Self::MarkGone { .. } | Self::MarkNotReady { .. } => {
                Stage::SetMark
            }
            Self::Uncordon { .. } => Stage::Uncordon,
            Self::SetDesired { .. } | Self::Launch { .. } | Self::RevertDesired { .. } => Stage::Resize,
            Self::Cordon { .. } => Stage::Cordon,
            Self::StartDrain { .. } => Stage::StartDrain,
            Self::Evict { .. } => Stage::Evict,
            Self::Terminate { .. } | Self::TerminateUnhealthy { .. } => Stage::Terminate,
            Self::DeleteNode { .. } => Stage::DeleteNode,
        }
    }

    /// Returns the growth of a group that it brings.
    #[must_use]
    pub fn growth(&self) -> Option<GroupGrowth<'_>> {
        match self {
            Self::SetDesired { group, from, to, nodes, reason }
            | Self::Launch { group, from, to, nodes, reason, zones: _, subnets: _, otherwise: _ } => {
                Some(GroupGrowth { group, from: *from, to: *to, nodes: *nodes, reason })
            }
            _ => None,
        }
    }

    /// Whether it only writes or clears a mark: a plan of marks alone has no changes
    /// (`--detailed-exitcode`).
    #[must_use]
    pub fn is_mark(&self) -> bool {
        matches!(self.stage(), Stage::ClearMark | Stage::SetMark)
            || matches!(self, Self::Uncordon { reason: UncordonReason::StaleMark, .. })
    }
}
