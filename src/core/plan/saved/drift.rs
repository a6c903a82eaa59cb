//! How the steps that are taken differ from those that were reviewed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::action::{Action, Stage};
use crate::plan::reason::count;
use crate::snapshot::ObjectName;

/// One step that is not as it was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The reviewed step; absent when nobody reviewed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Action>,
    /// The step that would be planned now; absent when it is not wanted any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Action>,
    /// What is done; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Action>,
    /// What is different.
    #[serde(flatten)]
    pub drifted: Drifted,
    /// The step and the difference in words.
    pub message: String,
}

impl Drift {
    pub(super) fn new(reviewed: Option<&Action>, now: Option<&Action>, done: Option<&Action>, drifted: Drifted) -> Self {
        let step = reviewed.or(now).map(ToString::to_string).unwrap_or_default();
        let message = format!("{step}: {drifted}");
        Self { reviewed: reviewed.cloned(), now: now.cloned(), done: done.cloned(), drifted, message }
    }

    /// Whether it concerns only a mark.
    #[must_use]
    pub fn is_mark(&self) -> bool {
        self.reviewed.as_ref().or(self.now.as_ref()).is_some_and(Action::is_mark)
    }

    /// Returns the step's position in the safe order.
    pub(super) fn stage(&self) -> Option<Stage> {
        self.reviewed.as_ref().or(self.now.as_ref()).map(Action::stage)
    }
}

/// The closed list of possible differences. Its fields stand beside those of [`Drift`], so that
/// none may have their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum Drifted {
    /// Only the current plan has it.
    NotReviewed,
    /// `--only-group` names others.
    NotSelected,
    /// The group is gone, or not managed any more.
    GroupGone,
    /// The node is gone.
    NodeGone,
    /// Another node has its name now.
    NodeReplaced,
    /// The instance is gone.
    InstanceGone,
    /// The region could not be read.
    RegionUnreadable {
        /// The region.
        region: String,
    },
    /// It is not wanted any more.
    NotWanted {
        /// The current plan's message on the node, instance or group.
        because: String,
    },
    /// The same step is wanted now, but not in the same state or for the same reason.
    OtherState {
        /// The message of the saved plan.
        was: String,
        /// The message of the current plan.
        is: String,
    },
    /// Another capacity would be taken back.
    OtherCapacity {
        /// The desired capacity now.
        from: i64,
        /// The desired capacity that would be requested.
        to: i64,
    },
    /// The group grows by as much as was reviewed, from another desired capacity.
    Moved {
        /// The desired capacity now.
        from: i64,
        /// The desired capacity that is requested.
        to: i64,
    },
    /// Fewer new nodes are wanted than were reviewed. Only those are requested.
    FewerWanted {
        /// Nodes that were reviewed.
        nodes_reviewed: u32,
        /// Nodes that are wanted, and requested.
        nodes_wanted: u32,
    },
    /// More new nodes are wanted than were reviewed. No more than those are requested.
    MoreWanted {
        /// Nodes that were reviewed.
        nodes_reviewed: u32,
        /// Nodes that are wanted.
        nodes_wanted: u32,
        /// Nodes that are requested.
        nodes_done: u32,
    },
    /// An `apply` has requested some or all of it since the plan was made.
    AskedSince {
        /// By how much, in the group's own unit.
        asked: i64,
        /// Nodes that were reviewed.
        nodes_reviewed: u32,
        /// Nodes that are requested.
        nodes_done: u32,
    },
    /// A pod would have to be evicted that the saved plan does not name.
    OtherPods {
        /// The first of them.
        pod: ObjectName,
    },
    /// Some pods have left by themselves; the others are evicted.
    PodsLeft {
        /// How many have left.
        pods: u32,
    },
    /// The room for a pod to be evicted is on a node that stays cordoned, since its uncordoning was
    /// not reviewed.
    NoRoom {
        /// The pod.
        pod: ObjectName,
        /// The node.
        node: String,
    },
    /// The other half of the drain is not done.
    HalfADrain,
}

impl fmt::Display for Drifted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = |number: u32| count(u64::from(number), "node");
        match self {
            Self::NotReviewed => f.write_str("not done, as it is not in the plan that was reviewed"),
            Self::NotSelected => f.write_str("not done, as --only-group names others"),
            Self::GroupGone => f.write_str("not done: the group is not there any more, or not managed"),
            Self::NodeGone => f.write_str("not done: the node is gone"),
            Self::NodeReplaced => f.write_str("not done: another node has that name now"),
            Self::InstanceGone => f.write_str("not done: the instance is gone"),
            Self::RegionUnreadable { region } => write!(f, "not done: region {region} could not be read"),
            Self::NotWanted { because } => write!(f, "not done, as it is not wanted any more: {because}"),
            Self::OtherState { was, is } => write!(f, "not done, as it was reviewed for another reason: {was}; now: {is}"),
            Self::OtherCapacity { from, to } => write!(f, "not done: it would be {from} → {to} now"),
            Self::Moved { from, to } => write!(f, "desired is {from} now, so {from} → {to}: as many new nodes as reviewed"),
            Self::FewerWanted { nodes_reviewed, nodes_wanted } => {
                write!(f, "{} of the {nodes_reviewed} reviewed, as no more are wanted now", nodes(*nodes_wanted))
            }
            Self::MoreWanted { nodes_reviewed, nodes_wanted, nodes_done } if nodes_done == nodes_reviewed => {
                write!(f, "{} as reviewed, though {nodes_wanted} are wanted now", nodes(*nodes_done))
            }
            Self::MoreWanted { nodes_reviewed, nodes_wanted, nodes_done } => {
                let done = nodes(*nodes_done);
                write!(
                    f,
                    "{done} of the {nodes_reviewed} reviewed, all that the reviewed capacity allows; {nodes_wanted} are wanted"
                )
            }
            Self::AskedSince { asked, nodes_reviewed, nodes_done: 0 } => {
                write!(f, "not done: of the {} reviewed, {asked} of capacity was asked for since", nodes(*nodes_reviewed))
            }
            Self::AskedSince { asked, nodes_reviewed, nodes_done } => {
                let done = nodes(*nodes_done);
                write!(f, "{done} of the {nodes_reviewed} reviewed, as {asked} of capacity was asked for since")
            }
            Self::OtherPods { pod } => write!(f, "not done: {pod} would have to be evicted too, which was not reviewed"),
            Self::PodsLeft { pods: 1 } => f.write_str("1 pod has left by itself"),
            Self::PodsLeft { pods } => write!(f, "{pods} pods have left by themselves"),
            Self::NoRoom { pod, node } => write!(f, "not done: the room for {pod} is on {node}, which stays cordoned"),
            Self::HalfADrain => f.write_str("not done: the other half of the drain does not hold"),
        }
    }
}
