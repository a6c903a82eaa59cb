//! The ways in which a plan can be wrong.

use std::fmt;

use crate::snapshot::GroupId;

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// An action names something that does not exist.
    Unknown(String),
    /// A group would go above its maximum.
    AboveMax(GroupId),
    /// The desired capacity of a group would go below what is live or was requested: the cloud
    /// would choose which instances end.
    NotGrowth(GroupId),
    /// Nodes would be launched in a zone that the group does not have, or that cannot be named.
    NoZoneChoice(GroupId),
    /// More nodes would be requested than the placement group takes.
    NoPlace(GroupId),
    /// Capacity would be taken back although the cloud could end an instance for it.
    UnsafeRevert(GroupId),
    /// A group would go below its minimum.
    BelowMin(GroupId),
    /// A node would go although pods keep it.
    Busy(String),
    /// A pod would be evicted that has to stay, or does not exist.
    NotEvictable(String),
    /// A pod would be evicted that runs together with pods on other nodes.
    TearsGang(String),
    /// A drain would begin while pending pods count on nodes that are coming.
    TakesRoom(String),
    /// A node would be touched that is not ours.
    NotOurs(String),
    /// A node would go so soon after its cordon that a pod may still be on its way to it.
    TooSoon(String),
    /// A node would go as dead that is Ready, or has not been silent for long enough.
    NotDead(String),
    /// A node would go with an instance that may be another.
    OtherInstance(String),
    /// A node would go whose instance another Node claims as well.
    ClaimedTwice(String),
    /// An instance would end as without a Node although a Node or a bound pod has its name or
    /// address.
    Registered(String),
    /// An instance would end as never registered although no run has watched it for long enough.
    Unwatched(String),
    /// An instance would end although the cloud may still have to end others of its group, so that
    /// it could choose one that nobody named.
    RemovalUnderWay(GroupId),
    /// An instance would end that may be a node of another cluster, as its group has instances that
    /// this cluster does not know.
    Strangers(GroupId),
    /// An instance would end that only this cluster does not know, although its group has the tag
    /// of another.
    ForeignGroup(GroupId),
    /// A Node object would be deleted without a mark of an earlier run that is old enough.
    Unmarked(String),
    /// A Node object would be deleted whose instance may still be there.
    StillThere(String),
    /// Something would be removed or bought although no Ready node shows that account and cluster
    /// belong together.
    WrongAccount,
    /// Something would be removed although the clocks disagree by minutes.
    ClockOff,
    /// A group would be changed that `--only-group` leaves out.
    NotSelected(GroupId),
    /// A group would be changed in both directions at once.
    GrowsAndShrinks(GroupId),
    /// A node is the subject of two contradicting steps.
    Contradiction(String),
    /// More nodes would be added than `--max-scale-up` allows.
    TooManyNew(u32),
    /// More nodes would go than `--max-scale-in-fraction` allows.
    TooManyGone(usize),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "{name} is not in the snapshot"),
            Self::AboveMax(group) => write!(f, "{group} would go above its maximum"),
            Self::NotGrowth(group) => write!(f, "the desired capacity of {group} would go below what it has"),
            Self::NoZoneChoice(group) => write!(f, "nodes of {group} cannot be launched in the zones of the plan"),
            Self::NoPlace(group) => write!(f, "{group} would get more nodes than its placement group takes"),
            Self::UnsafeRevert(group) => {
                write!(f, "the desired capacity of {group} would be lowered while the cloud could end an instance for it")
            }
            Self::BelowMin(group) => write!(f, "{group} would go below its minimum"),
            Self::Busy(node) => write!(f, "{node} would go although pods keep it"),
            Self::NotEvictable(pod) => write!(f, "{pod} would be evicted and has to stay, or is not there"),
            Self::TearsGang(pod) => write!(f, "{pod} would be evicted and runs together with pods on other nodes"),
            Self::TakesRoom(node) => write!(f, "{node} would be drained while pending pods count on nodes that are coming"),
            Self::NotOurs(node) => write!(f, "{node} is not ours to touch"),
            Self::TooSoon(node) => write!(f, "{node} would go before --cordon-settle is over"),
            Self::NotDead(node) => write!(f, "{node} would go as dead and is Ready, or has not been silent for --dead-after"),
            Self::OtherInstance(node) => write!(f, "{node} is not surely the instance that would end"),
            Self::ClaimedTwice(instance) => write!(f, "two Nodes claim {instance}"),
            Self::Registered(instance) => {
                write!(f, "{instance} would end as nobody's although a Node or a bound pod carries its name or address")
            }
            Self::Unwatched(instance) => {
                write!(f, "{instance} would end as never registered and has not been watched for --instance-init-time")
            }
            Self::RemovalUnderWay(group) => write!(f, "an earlier request to end others of {group} may be under way"),
            Self::Strangers(group) => write!(f, "{group} has instances that may be nodes of another cluster"),
            Self::ForeignGroup(group) => write!(f, "{group} carries the tag of another cluster"),
            Self::Unmarked(node) => write!(f, "{node} would be deleted without a mark that is 5 minutes old"),
            Self::StillThere(node) => write!(f, "{node} would be deleted although its instance may still be there"),
            Self::WrongAccount => f.write_str("no Ready node is an instance that this account knows"),
            Self::ClockOff => f.write_str("the clocks disagree by more than 5 minutes"),
            Self::NotSelected(group) => write!(f, "{group} is left out by --only-group"),
            Self::GrowsAndShrinks(group) => write!(f, "{group} would be changed in two ways in one plan"),
            Self::Contradiction(node) => write!(f, "{node} is the subject of contradicting steps"),
            Self::TooManyNew(nodes) => write!(f, "{nodes} new nodes are more than --max-scale-up allows"),
            Self::TooManyGone(nodes) => write!(f, "{nodes} nodes to go are more than --max-scale-in-fraction allows"),
        }
    }
}
