//! A view of the cluster that proves nothing.

use super::HoldQuestion;
use crate::plan::fleet::{Acquaintance, Fleet, OddClock};
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Holds everything while the view as a whole proves nothing.
pub(super) fn doubtful(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    Some(HeldBy(question.holds.doubt.clone()?))
}

/// Returns why nothing at all may go: the view as a whole proves nothing.
pub(in crate::plan::scale_in::holds) fn doubt(fleet: &Fleet<'_>, mass_failure: bool) -> Option<Hold> {
    if fleet.acquaintance() != Acquaintance::Shown {
        return Some(Hold::AccountUnknown);
    }
    if fleet.odd_clocks().into_iter().any(OddClock::stops_removals) {
        return Some(Hold::ClocksDisagree);
    }
    mass_failure.then_some(Hold::MassFailure)
}
