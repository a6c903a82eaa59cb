//! What `apply` is to do: each action is one call with the values it presumes, so that nothing is left to choose.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drain::EvictionCost;
use super::reason::{CordonReason, DrainReason, GrowReason, TerminateReason, UncordonReason, UnhealthyReason};
use crate::duration::Seconds;
use crate::snapshot::{GroupId, InstanceNote, Node, ObjectName};

/// One step of a plan, in the order in which `apply` goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum Action {
    /// Note beside our Lease which instances are in service and nobody's node, and since when; forget those that were.
    NoteInstances {
        /// Seen for the first time by this run.
        seen: Vec<InstanceNote>,
        /// Noted earlier, and a node or gone by now.
        settled: Vec<InstanceNote>,
    },
    /// Take our idle taint off a node that is busy again.
    ClearIdle {
        /// The node.
        node: NodeRef,
        /// What the taint says now.
        since: Timestamp,
    },
    /// Taint a node with the time since when it is idle.
    MarkIdle {
        /// The node.
        node: NodeRef,
        /// Since when it is idle.
        since: Timestamp,
    },
    /// Take the mark off a node whose instance was no more and is there after all.
    ClearGone {
        /// The node.
        node: NodeRef,
        /// What the mark says now.
        since: Timestamp,
    },
    /// Mark a Node object whose instance is no more, so that a later run may delete it.
    MarkGone {
        /// The node.
        node: NodeRef,
        /// Its instance.
        instance: String,
        /// Since when that is known.
        since: Timestamp,
    },
    /// Take the mark off a node that was not Ready and is again.
    ClearNotReady {
        /// The node.
        node: NodeRef,
    },
    /// Mark a node that is not Ready, so that a later run knows for how long without trusting the node's clock.
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
        /// Why.
        reason: UncordonReason,
    },
    /// Raise the desired capacity of a group.
    SetDesired {
        /// The group.
        group: GroupId,
        /// The desired capacity the plan was made with.
        from: i64,
        /// The desired capacity to ask for.
        to: i64,
        /// How many nodes that adds.
        nodes: u32,
        /// Why.
        reason: GrowReason,
    },
    /// Lower the desired capacity of a group to what lives, because AWS cannot launch the rest (`--revert-unfilled`).
    RevertDesired {
        /// The group.
        group: GroupId,
        /// The desired capacity the plan was made with.
        from: i64,
        /// The desired capacity to ask for.
        to: i64,
        /// When the newest launch failed.
        failed_at: Timestamp,
        /// AWS's words on it.
        message: String,
    },
    /// Cordon a node so that a later run may terminate it.
    Cordon {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Why.
        reason: CordonReason,
    },
    /// Cordon a node and mark it as being drained (one patch), so that a later run may terminate it.
    StartDrain {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// `--drain-grace` of the group: a pod placed more lately stays.
        grace: Seconds,
        /// Why.
        reason: DrainReason,
    },
    /// Evict pods from a node that is marked as being drained, one after the other in this order.
    Evict {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Since when it is drained; absent when this plan begins it.
        since: Option<Timestamp>,
        /// `--drain-grace` of the group: a pod placed more lately stays.
        grace: Seconds,
        /// `--drain-timeout` of the group: how long a run that waits goes on.
        timeout: Seconds,
        /// The pods, the cheapest first.
        pods: Vec<Eviction>,
    },
    /// Terminate a node that an earlier run cordoned, and lower the group's desired capacity with it.
    Terminate {
        /// The node.
        node: NodeRef,
        /// Its group.
        group: GroupId,
        /// Its instance.
        instance: String,
        /// When we cordoned it.
        cordoned_at: Timestamp,
        /// Why.
        reason: TerminateReason,
    },
    /// Terminate an instance that never became a node, or whose node is dead. It was not cordoned before: nothing runs there.
    TerminateUnhealthy {
        /// Its group.
        group: GroupId,
        /// The instance.
        instance: String,
        /// Its node, if it has one.
        node: Option<NodeRef>,
        /// Whether the group's desired capacity is lowered with it; if not, AWS launches another in its place.
        decrement: bool,
        /// Why.
        reason: UnhealthyReason,
    },
    /// Delete the Node object that an instance has left behind, which an earlier run marked.
    DeleteNode {
        /// The node.
        node: NodeRef,
        /// The region its instance was in.
        region: String,
        /// Its instance.
        instance: String,
        /// What the mark says.
        since: Timestamp,
    },
}

/// A node by name and UID: a node of the same name made again is another node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeRef {
    /// The name.
    pub name: String,
    /// The UID.
    pub uid: String,
}

impl NodeRef {
    /// Returns what a node is named by.
    pub(crate) fn of(node: &Node) -> Self {
        Self { name: node.name.clone(), uid: node.uid.clone() }
    }
}

/// A pod to evict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Eviction {
    /// What it costs.
    pub cost: EvictionCost,
    /// The pod.
    #[serde(flatten)]
    pub pod: ObjectName,
    /// Its UID: a pod of the same name made again is another pod.
    pub uid: String,
    /// The node where there is room for it. The scheduler decides.
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
            Self::SetDesired { .. } | Self::RevertDesired { .. } => Stage::Resize,
            Self::Cordon { .. } => Stage::Cordon,
            Self::StartDrain { .. } => Stage::StartDrain,
            Self::Evict { .. } => Stage::Evict,
            Self::Terminate { .. } | Self::TerminateUnhealthy { .. } => Stage::Terminate,
            Self::DeleteNode { .. } => Stage::DeleteNode,
        }
    }

    /// Whether it only writes or clears a mark: marks alone are no change (`--detailed-exitcode`).
    #[must_use]
    pub fn is_mark(&self) -> bool {
        matches!(self.stage(), Stage::ClearMark | Stage::SetMark)
            || matches!(self, Self::Uncordon { reason: UncordonReason::StaleMark, .. })
    }
}
