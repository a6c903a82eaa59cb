//! A group of which the cloud removes instances by itself.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Holds a node while the cloud removes instances of the group by itself, or refuses to.
pub(super) fn group_unsettled(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let detail = question.holds.unsettled[question.group?].clone()?;
    Some(HeldBy(Hold::GroupUnsettled { detail }))
}
