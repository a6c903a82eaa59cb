//! A pod that is bound to a missing Node, which the candidate could be.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn pod_on_missing_node(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let node = fleet.pod_bound_elsewhere(&fleet.nodes[question.node?])?;
    Some(HeldBy(Hold::PodOnMissingNode { node: node.to_owned() }))
}
