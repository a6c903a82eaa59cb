//! A group that grows in the same plan.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn group_grows(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let grows = question.holds.purchases[question.group?].count() > 0;
    grows.then_some(HeldBy(Hold::GroupGrows))
}
