//! What holds of every node in a state, one row a state.

use super::NodeState;
use StateTrait::{LeadsOut, MovesByItself, NotOurs, Spare, TakesMovedPods, UndoesOurCordon};

/// Something that holds of every node in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateTrait {
    /// It is somebody else's to judge: no mark of ours is put on it or taken off.
    NotOurs,
    /// It stays, so that a cordon of ours on it makes no sense any more.
    UndoesOurCordon,
    /// It stays for long enough to move pods to it.
    TakesMovedPods,
    /// It stays whatever its group may lack, so that it counts as spare capacity while it is idle.
    Spare,
    /// It leads to the removal of the node, or of its Node object, for which proofs are needed.
    LeadsOut,
    /// Time alone, or what is under way already, brings it into another state.
    MovesByItself,
}

/// A state's code, as in JSON, and what holds of it.
type Row = (&'static str, &'static [StateTrait]);

impl NodeState {
    /// Returns the state's code, as in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.row().0
    }

    /// Returns whether something holds of every node in this state.
    pub(crate) fn has(&self, one: StateTrait) -> bool {
        self.row().1.contains(&one)
    }

    const fn row(&self) -> Row {
        match self {
            Self::Unmanaged => ("unmanaged", &[NotOurs, TakesMovedPods]),
            Self::Contested { .. } => ("contested", &[NotOurs]),
            Self::RegionUnreadable { .. } => ("region-unreadable", &[NotOurs]),
            Self::InstanceTerminated { leftover: None } => ("instance-terminated", &[NotOurs]),
            Self::InstanceTerminated { leftover: Some(_) } => ("instance-terminated", &[NotOurs, LeadsOut]),
            Self::Detached => ("detached", &[NotOurs]),
            Self::Protected { .. } => ("protected", &[UndoesOurCordon, TakesMovedPods, Spare]),
            Self::CordonedByPerson => ("cordoned-by-person", &[NotOurs]),
            Self::Dead { .. } => ("dead", &[LeadsOut]),
            Self::Starting { .. } => ("starting", &[MovesByItself]),
            Self::Draining { .. } => ("draining", &[LeadsOut, MovesByItself]),
            Self::OwnNode => ("own-node", &[UndoesOurCordon, TakesMovedPods, Spare]),
            Self::AsgMinSize { .. } => ("asg-min-size", &[UndoesOurCordon, TakesMovedPods, Spare]),
            Self::BusyUnschedulable { .. } => ("busy-unschedulable", &[UndoesOurCordon]),
            Self::Busy { .. } => ("busy", &[TakesMovedPods]),
            Self::PodPending { .. } => ("pod-pending", &[TakesMovedPods, MovesByItself]),
            Self::LaunchHrGracePeriod { .. } => ("launch-hr-grace-period", &[TakesMovedPods, MovesByItself]),
            Self::TypeGracePeriod { .. } => ("type-grace-period", &[]),
            Self::GracePeriod { .. } => ("grace-period", &[MovesByItself]),
            Self::UnderUtilizedUndrainable { .. } => ("under-utilized-undrainable", &[TakesMovedPods]),
            Self::UnderUtilizedDrainable { .. } => ("under-utilized-drainable", &[TakesMovedPods, LeadsOut]),
            Self::IdleUnschedulable { .. } => ("idle-unschedulable", &[LeadsOut, MovesByItself]),
            Self::IdleSchedulable { .. } => ("idle-schedulable", &[LeadsOut, MovesByItself]),
        }
    }
}
