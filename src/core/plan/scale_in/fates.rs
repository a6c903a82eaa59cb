//! What scale-in decides for the nodes that could go. The states in which they were found do not
//! change.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::index_vec::{IndexVec, Numbers};
use crate::plan::amounts::small;
use crate::plan::drain::{EvictionCost, PodInTheWay};
use crate::plan::fleet::{Fleet, NodeIx};
use crate::plan::node_state::utilization;
use crate::plan::reason::DrainReason;
use crate::plan::report::{ConsolidationScore, Hold, NodeDecision, NodeState, NotEmptied};

/// What scale-in decides for a node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    Terminate,
    /// The instance ends, and the cloud launches another.
    Replace,
    /// The Node object is deleted, since its instance is gone.
    Delete,
    Cordon,
    /// A drain begins.
    Drain {
        reason: DrainReason,
        cost: EvictionCost,
        score: Option<ConsolidationScore>,
    },
    /// A drain that an earlier run began continues.
    ContinueDrain,
    /// A drain that an earlier run began ends, since the pods do not fit elsewhere any more.
    EndDrain,
    /// Nothing happens in this run, for this reason.
    Held(Hold),
    /// It stays, since its group reaches its minimum with the nodes before it.
    GroupAtMin {
        min: i64,
    },
    /// It stays, since these pods stay.
    Obstructed(Vec<PodInTheWay>),
    /// It stays busy, although `--consolidate` is on.
    NotEmptied(NotEmptied),
}

/// The fates of the nodes that could go, beside the states in which they were found.
#[derive(Clone)]
pub(crate) struct Fates<'s> {
    fleet: &'s Fleet<'s>,
    seen: &'s IndexVec<NodeIx, NodeState>,
    found: BTreeMap<NodeIx, Fate>,
}

impl<'s> Fates<'s> {
    pub(crate) fn new(fleet: &'s Fleet<'s>, seen: &'s IndexVec<NodeIx, NodeState>) -> Self {
        Self { fleet, seen, found: BTreeMap::new() }
    }

    /// Records the decision for a node.
    pub(crate) fn decide(&mut self, node: NodeIx, fate: Fate) {
        self.found.insert(node, fate);
    }

    /// Returns the number of every node.
    pub(crate) fn nodes(&self) -> Numbers<NodeIx> {
        self.seen.numbers()
    }

    /// Returns the state in which a node was found.
    pub(crate) fn seen(&self, node: NodeIx) -> &'s NodeState {
        &self.seen[node]
    }

    /// Returns whether anything is done with a node.
    pub(crate) fn is_touched(&self, node: NodeIx) -> bool {
        self.decision(node) != NodeDecision::Keep
    }

    /// Returns whether nothing is done with any node.
    pub(crate) fn is_nothing_touched(&self) -> bool {
        !self.found.keys().any(|node| self.is_touched(*node))
    }

    /// Returns the nodes that are emptied.
    pub(crate) fn drained(&self) -> impl Iterator<Item = NodeIx> + '_ {
        let is_drained = |(node, fate): &(&NodeIx, &Fate)| self.decision_of(**node, fate) == NodeDecision::Drain;
        self.found.iter().filter(is_drained).map(|(node, _)| *node)
    }

    /// Returns what is done with a node.
    pub(crate) fn decision(&self, node: NodeIx) -> NodeDecision {
        self.found.get(&node).map_or(NodeDecision::Keep, |fate| self.decision_of(node, fate))
    }

    fn decision_of(&self, node: NodeIx, fate: &Fate) -> NodeDecision {
        match fate {
            Fate::Terminate => NodeDecision::Terminate,
            Fate::Replace => NodeDecision::Replace,
            Fate::Delete => NodeDecision::Delete,
            Fate::Cordon => NodeDecision::Cordon,
            Fate::Drain { .. } | Fate::ContinueDrain => NodeDecision::Drain,
            Fate::EndDrain => NodeDecision::Uncordon,
            Fate::GroupAtMin { .. } if matches!(self.seen[node], NodeState::IdleUnschedulable { .. }) => NodeDecision::Uncordon,
            Fate::Held(_) | Fate::GroupAtMin { .. } | Fate::Obstructed(_) | Fate::NotEmptied(_) => NodeDecision::Keep,
        }
    }

    /// Returns why a drain of a node begins, if one does.
    pub(crate) fn drain_reason(&self, node: NodeIx) -> Option<DrainReason> {
        match self.found.get(&node) {
            Some(Fate::Drain { reason, .. }) => Some(*reason),
            _ => None,
        }
    }

    /// Returns what it is worth to empty a node that begins to be drained.
    pub(crate) fn score(&self, node: NodeIx) -> Option<ConsolidationScore> {
        match self.found.get(&node) {
            Some(Fate::Drain { score, .. }) => *score,
            _ => None,
        }
    }

    /// Returns what holds a node in this run.
    pub(crate) fn held_by(&self, node: NodeIx) -> Option<&Hold> {
        match self.found.get(&node) {
            Some(Fate::Held(hold)) => Some(hold),
            _ => None,
        }
    }

    /// Returns why the pods of a busy node stay, although `--consolidate` is on.
    pub(crate) fn not_emptied(&self, node: NodeIx) -> Option<&NotEmptied> {
        match self.found.get(&node) {
            Some(Fate::NotEmptied(why)) => Some(why),
            _ => None,
        }
    }

    /// Returns the state that the plan reports: the one that was found, or the one that its fate
    /// implies.
    pub(crate) fn state(&self, node: NodeIx) -> Cow<'s, NodeState> {
        let seen = self.seen(node);
        let pods = || small(self.fleet.nodes[node].holders.len());
        let used = || utilization(self.fleet, &self.fleet.nodes[node]);
        match self.found.get(&node) {
            Some(Fate::GroupAtMin { min }) => Cow::Owned(NodeState::GroupMinSize { min: *min }),
            Some(Fate::Obstructed(in_the_way)) => {
                let in_the_way = in_the_way.clone();
                Cow::Owned(NodeState::UnderUtilizedUndrainable { utilization: used(), in_the_way })
            }
            Some(Fate::Drain { .. }) if matches!(seen, NodeState::ReservationEnds { .. }) => Cow::Borrowed(seen),
            Some(Fate::Drain { cost, .. }) => {
                Cow::Owned(NodeState::UnderUtilizedDrainable { utilization: used(), pods: pods(), cost: *cost })
            }
            Some(Fate::EndDrain) => Cow::Owned(NodeState::BusyUnschedulable { pods: pods() }),
            Some(
                Fate::Terminate
                | Fate::Replace
                | Fate::Delete
                | Fate::Cordon
                | Fate::ContinueDrain
                | Fate::Held(_)
                | Fate::NotEmptied(_),
            )
            | None => Cow::Borrowed(seen),
        }
    }
}
