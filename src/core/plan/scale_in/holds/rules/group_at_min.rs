//! A group at its minimum.

use super::HoldQuestion;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, AtMin};

pub(super) fn at_min(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, capacity, .. } = question.holds;
    let group = question.group?;
    let min = fleet.groups[group].least();
    let weight = fleet.instance_of(&fleet.nodes[question.node?])?.weight.get();
    (capacity[group] - weight < min).then_some(AtMin { min })
}
