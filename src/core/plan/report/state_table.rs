//! Traits of the states of nodes, one row a state.

use super::NodeState;
use StateTrait::{LeadsOut, MovesByItself, NotOurs, Spare, TakesMovedPods, UndoesOurCordon};

/// A trait of every node in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateTrait {
    /// Others decide about it: we neither put a mark on it nor remove one.
    NotOurs,
    /// It stays, so a cordon of ours on it is pointless.
    UndoesOurCordon,
    /// It stays for long enough to move pods to it.
    TakesMovedPods,
    /// It stays whatever its group lacks, so it counts as spare capacity while it is idle.
    Spare,
    /// It leads to the removal of the node, or of its Node object, for which proofs are needed.
    LeadsOut,
    /// It reaches another state by the passing of time, or by what is under way already.
    MovesByItself,
}

impl NodeState {
    /// Returns the state's code, as in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// Whether every node in this state has a trait.
    pub(crate) fn has(&self, one: StateTrait) -> bool {
        self.row().contains(&one)
    }

    #[expect(clippy::match_same_arms, reason = "a table has one row a state")]
    fn row(&self) -> &'static [StateTrait] {
        match self {
            Self::Warm => &[NotOurs],
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
            Self::ReservationEnds { .. } => &[MovesByItself],
            Self::GroupMinSize { .. } => &[UndoesOurCordon, TakesMovedPods, Spare],
            Self::BusyUnschedulable { .. } => &[UndoesOurCordon],
            Self::Busy { .. } => &[TakesMovedPods],
            Self::PodPending { .. } => &[TakesMovedPods, MovesByItself],
            Self::RoomKept { .. } => &[TakesMovedPods],
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
