//! The nodes that may be emptied, each with its reason: those of which little is requested, those
//! that `--consolidate` may empty and that are worth it, and those whose machine ends.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::fates::{Fate, Fates};
use super::scoring::Scoring;
use crate::plan::drain::EvictionCost;
use crate::plan::fleet::{Fleet, NodeIx, price_of};
use crate::plan::node_state::NodeStates;
use crate::plan::reason::DrainReason;
use crate::plan::report::{ConsolidationScore, NodeState, NotEmptied};

/// A node that may be emptied.
#[derive(Clone, Copy)]
pub(super) struct NodeToEmpty {
    pub(super) reason: DrainReason,
    pub(super) cost: EvictionCost,
    /// What emptying it is worth, where that matters.
    pub(super) score: Option<ConsolidationScore>,
}

/// What is known of a node before its pods are looked for places.
enum Emptiable {
    Candidate(NodeToEmpty),
    Stays(NotEmptied),
}

/// Returns the nodes that the rules for single pods leave, with the reason to try each, and records
/// why busy nodes are not among them.
pub(super) fn candidates(nodes: &NodeStates<'_>, fates: &mut Fates<'_>) -> BTreeMap<NodeIx, NodeToEmpty> {
    let mut candidates = BTreeMap::new();
    let scoring = OnceCell::new();
    for node in fates.nodes() {
        match prospect(nodes, fates, node, &scoring) {
            Some(Emptiable::Candidate(candidate)) => {
                candidates.insert(node, candidate);
            }
            Some(Emptiable::Stays(why)) => fates.decide(node, Fate::NotEmptied(why)),
            None => {}
        }
    }
    candidates
}

/// Returns what is known of one node; `None` where nobody wants to empty it. The sums of the fleet
/// are made for the first node that needs them.
fn prospect(nodes: &NodeStates<'_>, fates: &Fates<'_>, node: NodeIx, scoring: &OnceCell<Option<Scoring>>) -> Option<Emptiable> {
    let candidate = |reason, cost, score| Some(Emptiable::Candidate(NodeToEmpty { reason, cost, score }));
    match fates.seen(node) {
        NodeState::UnderUtilizedDrainable { cost, .. } => candidate(DrainReason::UnderUtilized, *cost, None),
        NodeState::ReservationEnds { .. } => {
            candidate(DrainReason::ReservationEnds, nodes.can_be_emptied_before_its_end(node)?, None)
        }
        NodeState::Busy { .. } => {
            let Some(cost) = nodes.consolidatable(node) else { return nodes.why_not_emptied(node).map(Emptiable::Stays) };
            let scoring = scoring.get_or_init(|| Scoring::new(nodes.fleet()));
            let price = price_of(nodes.fleet(), node);
            let score = scoring.as_ref().zip(price).map(|(sums, price)| sums.score(price, [cost].into_iter()));
            let least = least_score(nodes.fleet(), node);
            match score.filter(|score| *score < least) {
                Some(score) => Some(Emptiable::Stays(NotEmptied::NotWorthIt { score, least })),
                None => candidate(DrainReason::Consolidated, cost, score),
            }
        }
        _ => None,
    }
}

/// Returns `--min-consolidation-score` of a node's group.
pub(super) fn least_score(fleet: &Fleet<'_>, node: NodeIx) -> ConsolidationScore {
    let own = fleet.group_of(&fleet.nodes[node]).map(|group| group.policy.min_consolidation_score);
    ConsolidationScore::written(own.unwrap_or(fleet.policy.min_consolidation_score))
}
