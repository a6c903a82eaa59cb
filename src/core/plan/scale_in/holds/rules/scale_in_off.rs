//! `--no-scale-in`.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn scale_in_off(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    (!question.holds.fleet.policy.scale_in).then_some(HeldBy(Hold::ScaleInOff))
}
