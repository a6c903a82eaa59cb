//! `--only-group` names others.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn not_selected(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let is_selected = match question.group {
        Some(group) => fleet.policy.may_touch(&fleet.groups[group].id().name),
        None => fleet.policy.only_groups.is_empty(),
    };
    (!is_selected).then_some(HeldBy(Hold::NotSelected))
}
