//! A view of the cluster that proves nothing.

use super::HoldQuestion;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Holds everything while the view as a whole proves nothing.
pub(super) fn doubtful(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    Some(HeldBy(question.holds.doubt.clone()?))
}
