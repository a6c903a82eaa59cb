//! A node that is not Ready.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Leaves a node that is not Ready to `--dead-after`. Pods that were deleted there long ago count
/// for nothing, but a kubelet that is only cut off continues to run them; and `apply` cordons no
/// such node.
pub(super) fn not_ready(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    (!question.holds.fleet.nodes[question.node?].node.is_ready()).then_some(HeldBy(Hold::NotReady))
}
