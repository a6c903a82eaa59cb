//! Pending pods that wait for nodes which are coming.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Begins no drain while pods wait for nodes that are coming: the scheduler may give evicted pods
/// the room on which pending ones count, and one more node would be bought for each of those.
pub(super) fn pods_await_nodes(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let pods = question.holds.awaiting;
    (pods > 0).then_some(HeldBy(Hold::PodsAwaitNodes { pods }))
}
