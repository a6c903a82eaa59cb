//! The decisions for every pod, group, node and instance. [`compose`](super::compose) makes a plan
//! of them.

mod keeping;
mod marks;
mod taken_back;
mod torn_gangs;
mod uncordon;

use super::action::Action;
use super::fleet::{GroupIx, NodeIx};
use super::group_health::Unfilled;
use super::node_outcome::{NodeOutcome, NodeStep};
use super::node_state::NodeStates;
use super::report::{FindingCode, NodeDecision};
use super::scale_in::{Evictions, Fates, Lost, MassFailure, Replacement, ScaleIn};
use super::scale_up::ScaleUp;
use super::situation::Situation;
use crate::index_vec::IndexVec;

use taken_back::taken_back;

pub(crate) use keeping::Excuse;

/// All decisions of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decisions {
    /// Where pending pods go, and what is bought for them.
    pub(crate) scale_up: ScaleUp,
    pub(crate) nodes: IndexVec<NodeIx, NodeOutcome>,
    /// What happens to instances that never became nodes.
    pub(crate) lost: Lost,
    /// Capacity that each group gives back, since it cannot be launched.
    pub(crate) taken_back: IndexVec<GroupIx, Option<Unfilled>>,
    /// The marks that are written or cleared.
    pub(crate) marks: Vec<Action>,
    /// Is set when so many nodes look dead that nothing is removed.
    pub(crate) mass_failure: Option<MassFailure>,
    /// The steps that the independent check of the plan has refused.
    pub(crate) refused: Vec<FindingCode>,
}

/// Decides what to do in a situation.
pub(crate) fn decide(situation: &Situation<'_>) -> Decisions {
    decide_for(situation, None)
}

/// Decides the same, with the ranking of the groups for one pod, by its index into
/// [`Fleet::unbound`](super::fleet::Fleet::unbound).
pub(crate) fn decide_for(situation: &Situation<'_>, traced: Option<usize>) -> Decisions {
    // What pending pods get decides which nodes have work, and which groups lose nothing.
    let mut scale_up = ScaleUp::decide(situation, traced);
    let states = NodeStates { situation, scale_up: &scale_up };
    let seen = states.all();
    let ScaleIn { fates, mut evictions, lost, replacement, mass_failure } = ScaleIn::decide(&states, &seen);
    // A node of ours that is needed again, or that stays, is opened whatever else was decided for
    // it.
    let nodes: IndexVec<NodeIx, NodeOutcome> =
        fates.nodes().map(|node| outcome(situation, &scale_up, &fates, node, &mut evictions)).collect();
    if let Some(Replacement { group, node, replaced }) = replacement {
        scale_up.purchases[group].replace(node, replaced);
    }
    // Capacity is taken back only from groups that nothing else changes.
    let taken_back = situation.groups().map(|group| taken_back(situation, group, &nodes, &scale_up)).collect();
    // Marks follow the facts of nodes that stay.
    let marks = marks::marks(situation, &scale_up, &nodes);
    Decisions { scale_up, nodes, lost, taken_back, marks, mass_failure, refused: Vec::new() }
}

fn outcome(
    situation: &Situation<'_>,
    scale_up: &ScaleUp,
    fates: &Fates<'_>,
    node: NodeIx,
    evictions: &mut Evictions,
) -> NodeOutcome {
    let (state, decision) = (fates.state(node).into_owned(), fates.decision(node));
    let uncordoned = uncordon::why(situation, scale_up, node, &state, decision);
    let step = match (uncordoned, decision) {
        (Some(reason), _) => NodeStep::Uncordon(reason),
        (None, NodeDecision::Keep | NodeDecision::Uncordon) => NodeStep::Keep,
        (None, NodeDecision::Cordon) => NodeStep::Cordon,
        (None, NodeDecision::Drain) => {
            let evictions = evictions.remove(&node).unwrap_or_default();
            NodeStep::Drain { begun: fates.drain_reason(node), evictions }
        }
        (None, NodeDecision::Terminate) => NodeStep::Terminate,
        (None, NodeDecision::Replace) => NodeStep::Replace,
        (None, NodeDecision::Delete) => NodeStep::Delete,
    };
    let held_by = fates.held_by(node).filter(|_| step == NodeStep::Keep).cloned();
    let not_emptied = fates.not_emptied(node).filter(|_| step == NodeStep::Keep).cloned();
    let score = fates.score(node).filter(|_| matches!(step, NodeStep::Drain { .. }));
    NodeOutcome { state, step, held_by, not_emptied, score }
}
