//! The decision about a node, beside the state it was found in.

use super::reason::{DrainReason, UncordonReason};
use super::report::{ConsolidationScore, Hold, NodeDecision, NodeState, NotEmptied};
use super::scale_in::EvictionsOfNode;

/// What a plan does with one node, and what it reports about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeOutcome {
    /// The state that the plan reports.
    pub(crate) state: NodeState,
    pub(crate) step: NodeStep,
    /// Why nothing is done with a node that could be removed.
    pub(crate) held_by: Option<Hold>,
    /// Why its pods stay, although `--consolidate` is on.
    pub(crate) not_emptied: Option<NotEmptied>,
    /// What it is worth to empty it (`--consolidate`, where prices are known).
    pub(crate) score: Option<ConsolidationScore>,
}

/// A step with a node, with what its action needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeStep {
    Keep,
    Uncordon(UncordonReason),
    Cordon,
    Drain {
        /// Why; `None` where an earlier run began the drain.
        begun: Option<DrainReason>,
        evictions: EvictionsOfNode,
    },
    Terminate,
    Replace,
    Delete,
}

impl NodeOutcome {
    /// Returns the decision that the plan publishes.
    pub(crate) fn decision(&self) -> NodeDecision {
        match self.step {
            NodeStep::Keep => NodeDecision::Keep,
            NodeStep::Uncordon(_) => NodeDecision::Uncordon,
            NodeStep::Cordon => NodeDecision::Cordon,
            NodeStep::Drain { .. } => NodeDecision::Drain,
            NodeStep::Terminate => NodeDecision::Terminate,
            NodeStep::Replace => NodeDecision::Replace,
            NodeStep::Delete => NodeDecision::Delete,
        }
    }

    /// Gives the step up. The state stays, since it is what was found.
    pub(crate) fn withhold(&mut self, hold: Hold) {
        self.step = NodeStep::Keep;
        self.held_by = Some(hold);
    }
}
