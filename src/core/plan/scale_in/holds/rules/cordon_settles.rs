//! A cordon that is too young.

use super::HoldQuestion;
use crate::duration::Seconds;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Waits until a pod would be seen that was bound just before the cordon.
pub(super) fn cordon_settles(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { fleet, .. } = question.holds;
    let settle = fleet.policy.cordon_settle;
    let cordoned_at = fleet.nodes[question.node?].node.cordoned_by_us()?;
    let is_young = Seconds::between(cordoned_at, fleet.now()) < settle;
    is_young.then_some(HeldBy(Hold::CordonSettles { settle }))
}
