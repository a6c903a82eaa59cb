//! The report on every node.

use crate::plan::decisions::Decisions;
use crate::plan::fleet::NodeEntry;
use crate::plan::node_outcome::NodeOutcome;
use crate::plan::proofs;
use crate::plan::report::{NodeDecision, NodeReport, NodeState};
use crate::plan::situation::Situation;

/// Returns the reports of all nodes, by name.
pub(super) fn nodes(situation: &Situation<'_>, decisions: &Decisions) -> Vec<NodeReport> {
    let fleet = &situation.fleet;
    let report = |(entry, outcome): (&NodeEntry<'_>, &NodeOutcome)| {
        let state = with_example(entry, &outcome.state);
        NodeReport {
            node: entry.node.name.clone(),
            group: fleet.group_of(entry).map(|group| group.id().clone()),
            message: sentence(outcome, &state),
            proofs: proofs::proofs_on_the_way_out(fleet, entry, &state),
            state,
            decision: outcome.decision(),
            held_by: outcome.held_by.clone(),
            not_emptied: outcome.not_emptied.clone(),
            score: outcome.score,
        }
    };
    fleet.nodes.iter().zip(&decisions.nodes).map(report).collect()
}

/// Returns the state of a node. That of a busy one names the first of its pods.
fn with_example(entry: &NodeEntry<'_>, state: &NodeState) -> NodeState {
    let first = || entry.holders.iter().min_by_key(|pod| (&pod.namespace, &pod.name));
    match state {
        NodeState::Busy { pods, .. } => {
            NodeState::Busy { pods: *pods, example: first().map(|pod| pod.id().to_string()).unwrap_or_default() }
        }
        other => other.clone(),
    }
}

/// Describes what a node is doing, and what is done with it or why nothing is.
fn sentence(outcome: &NodeOutcome, state: &NodeState) -> String {
    let NodeOutcome { held_by, not_emptied, .. } = outcome;
    match outcome.decision() {
        NodeDecision::Keep => match (held_by, not_emptied) {
            (Some(hold), _) => format!("{state}; {hold}"),
            (None, Some(why)) => format!("{state}; {why}"),
            (None, None) if is_marked_now(state) => format!("{state}; is marked, to be deleted by a later run"),
            (None, None) => state.to_string(),
        },
        NodeDecision::Uncordon => format!("{state}; becomes schedulable again"),
        NodeDecision::Cordon if matches!(state, NodeState::ReservationEnds { .. }) => {
            format!("{state}; is cordoned now, and what runs there goes on")
        }
        NodeDecision::Cordon => format!("{state}; is cordoned now, to be terminated by a later run"),
        NodeDecision::Drain => {
            let score = outcome.score.map(|score| format!(" (score {score})")).unwrap_or_default();
            format!("{state}; is drained, to be terminated by a later run{score}")
        }
        NodeDecision::Replace => format!("{state}; is terminated, and the cloud launches another"),
        NodeDecision::Terminate => format!("{state}; is terminated"),
        NodeDecision::Delete => format!("{state}; its Node object is deleted"),
    }
}

/// Whether no earlier run knew that the instance of a node is gone.
fn is_marked_now(state: &NodeState) -> bool {
    matches!(state, NodeState::InstanceTerminated { leftover: Some(leftover) } if leftover.since.is_none())
}
