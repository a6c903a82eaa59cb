//! What the real scheduler said of the nodes that are there, against the predicates.

use std::collections::BTreeMap;

use ec2_autoscale::plan::explain::{self, NodeVerdict};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::scheduler::{Misfit, Plugin};
use ec2_autoscale::snapshot::{Pod, Snapshot};

use crate::Tally;
use crate::cluster::Outcome;
use crate::sentence;

/// The scheduler's words for each filter whose answer does not change while pods are placed.
const WORDS: [(Plugin, &str); 3] = [
    (Plugin::NodeUnschedulable, "node(s) were unschedulable"),
    (Plugin::TaintToleration, "node(s) had untolerated taint"),
    (Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector"),
];

/// Where the scheduler's sentence about a pod that it leaves pending is not what the planner says of the nodes, or the planner
/// would not have a pod where the scheduler bound it.
pub(crate) fn contradictions(
    snapshot: &Snapshot,
    policy: &Policy,
    outcomes: &BTreeMap<String, Outcome>,
    tally: &mut Tally,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for pod in &snapshot.pods {
        let answers = answers(snapshot, policy, pod);
        let message = match outcomes.get(pod.name.as_str()) {
            Some(Outcome::Unschedulable { message, .. }) => message,
            Some(Outcome::Bound { node }) => {
                let answer = answers.iter().find(|answer| answer.node == *node).expect("pods are bound to nodes");
                // Pods that came later may have tilted the spread.
                let lasting = answer.misfit.iter().find(|misfit| misfit.plugin() != Plugin::PodTopologySpread);
                wrong.extend(lasting.map(|misfit| format!("{} was bound to {node}, and here: {misfit}", pod.id())));
                continue;
            }
            Some(Outcome::Undecided) | None => continue,
        };
        let said = |what: String| {
            let told: Vec<String> = answers.iter().map(|answer| format!("{}: {}", answer.node, answer.message)).collect();
            format!("{}: {what}\n  the scheduler: {message}\n  the planner:\n    {}", pod.id(), told.join("\n    "))
        };
        if let Some(open) = answers.iter().find(|answer| answer.misfit.is_none()) {
            wrong.push(said(format!("fits on {} here", open.node)));
            continue;
        }
        let plugins: Vec<Plugin> = answers.iter().filter_map(|answer| answer.misfit.as_ref()).map(Misfit::plugin).collect();
        match sentence::contradiction(&sentence::read(message), &plugins) {
            Some(what) => wrong.push(said(what)),
            None => {
                for plugin in plugins {
                    *tally.agreed.entry(plugin).or_default() += 1;
                }
            }
        }
    }
    wrong
}

/// What the planner says of each node as it stands, the pod itself not counted.
fn answers(snapshot: &Snapshot, policy: &Policy, pod: &Pod) -> Vec<NodeVerdict> {
    explain::pod(snapshot, policy, &pod.id()).expect("the snapshot has the pod").nodes
}

/// Where the two disagree, a sentence each.
pub(crate) fn disagreements(
    snapshot: &Snapshot,
    policy: &Policy,
    outcomes: &BTreeMap<String, Outcome>,
    preempting: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for pod in &snapshot.pods {
        match outcomes.get(pod.name.as_str()) {
            // A pod that is pushed out later does not count where it was.
            Some(Outcome::Bound { node }) if !preempting => {
                let answers = answers(snapshot, policy, pod);
                let answer = answers.into_iter().find(|answer| answer.node == *node).expect("pods are bound to nodes");
                if let Some(misfit) = answer.misfit {
                    wrong.push(format!("{} was bound to {node}, and here: {misfit}", pod.name));
                }
            }
            Some(Outcome::Unschedulable { message, .. }) => {
                wrong.extend(unlike(snapshot, policy, pod, message, preempting));
            }
            Some(Outcome::Bound { .. } | Outcome::Undecided) | None => {}
        }
    }
    wrong
}

/// Compares the refusals of all nodes with the numbers in the scheduler's sentence.
fn unlike(snapshot: &Snapshot, policy: &Policy, pod: &Pod, message: &str, preempting: bool) -> Option<String> {
    let answers = answers(snapshot, policy, pod);
    if !preempting && let Some(open) = answers.iter().find(|answer| answer.misfit.is_none()) {
        return Some(format!("{} fits on {} here; the scheduler: {message}", pod.name, open.node));
    }
    let names_a_node = snapshot.spec(pod).node_affinity.iter().flatten().any(|term| !term.match_fields.is_empty());
    // Nodes that a field selector leaves out are not asked one by one.
    if names_a_node {
        return None;
    }
    WORDS.iter().find_map(|(plugin, words)| {
        let refusals = answers.iter().filter_map(|answer| answer.misfit.as_ref());
        let here = refusals.filter(|misfit| misfit.plugin() == *plugin).count();
        let there = counted(message, words);
        (here != there).then(|| format!("{}: {plugin} refuses {here} nodes here; the scheduler: {message}", pod.name))
    })
}

/// The sum of the numbers before these words: `2 node(s) were unschedulable`.
fn counted(message: &str, words: &str) -> usize {
    let refusals = message.split_once(". preemption:").map_or(message, |(filters, _)| filters);
    let number =
        |position: usize| refusals[..position].trim_end().rsplit([' ', ',']).next().and_then(|number| number.parse().ok());
    refusals.match_indices(words).map(|(position, _)| number(position).unwrap_or(0)).sum()
}
