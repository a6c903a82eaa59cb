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

impl NodeState {
    /// Returns the state's code, as in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// Returns whether something holds of every node in this state.
    pub(crate) fn has(&self, one: StateTrait) -> bool {
        self.row().contains(&one)
    }

    #[expect(clippy::match_same_arms, reason = "a table has one row a state")]
    fn row(&self) -> &'static [StateTrait] {
        match self {
            Self::Unmanaged => &[NotOurs, TakesMovedPods],
            Self::Contested { .. } => &[NotOurs],
            Self::RegionUnreadable { .. } => &[NotOurs],
            Self::InstanceTerminated { leftover: None } => &[NotOurs],
            Self::InstanceTerminated { leftover: Some(_) } => &[NotOurs, LeadsOut],
            Self::Detached => &[NotOurs],
            Self::Protected { .. } => &[UndoesOurCordon, TakesMovedPods, Spare],
            Self::CordonedByPerson => &[NotOurs],
            Self::Dead { .. } => &[LeadsOut],
            Self::Starting { .. } => &[MovesByItself],
            Self::Draining { .. } => &[LeadsOut, MovesByItself],
            Self::OwnNode => &[UndoesOurCordon, TakesMovedPods, Spare],
            Self::GroupMinSize { .. } => &[UndoesOurCordon, TakesMovedPods, Spare],
            Self::BusyUnschedulable { .. } => &[UndoesOurCordon],
            Self::Busy { .. } => &[TakesMovedPods],
            Self::PodPending { .. } => &[TakesMovedPods, MovesByItself],
            Self::LaunchHrGracePeriod { .. } => &[TakesMovedPods, MovesByItself],
            Self::TypeGracePeriod { .. } => &[],
            Self::GracePeriod { .. } => &[MovesByItself],
            Self::UnderUtilizedUndrainable { .. } => &[TakesMovedPods],
            Self::UnderUtilizedDrainable { .. } => &[TakesMovedPods, LeadsOut],
            Self::IdleUnschedulable { .. } => &[LeadsOut, MovesByItself],
            Self::IdleSchedulable { .. } => &[LeadsOut, MovesByItself],
        }
    }
}
