//! `--max-scale-in-fraction`, for terminations and for cordons.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn terminations_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, terminations_left, .. } = *question.holds;
    (terminations_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}

pub(super) fn cordons_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, cordons_left, .. } = *question.holds;
    (cordons_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}
