//! What the real scheduler said of the nodes that are there, against the predicates.

use std::collections::BTreeMap;

use ec2_autoscale::policy::Policy;
use ec2_autoscale::scheduler::{Columns, Misfit, NodeView, Plugin, PodView, pending_requests, placed_requests, predicates};
use ec2_autoscale::snapshot::{Node, Pod, Snapshot};

use crate::Tally;
use crate::cluster::Outcome;
use crate::sentence;

/// The scheduler's words for each filter whose answer does not change while pods are placed.
const WORDS: [(Plugin, &str); 3] = [
    (Plugin::NodeUnschedulable, "node(s) were unschedulable"),
    (Plugin::TaintToleration, "node(s) had untolerated taint"),
    (Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector"),
];

/// The plugins that the cases must have tried.
pub(crate) const TRIED: [Plugin; 12] = [
    Plugin::NodeUnschedulable,
    Plugin::TaintToleration,
    Plugin::NodeAffinity,
    Plugin::NodePorts,
    Plugin::NodeResourcesFit,
    Plugin::VolumeRestrictions,
    Plugin::NodeVolumeLimits,
    Plugin::VolumeBinding,
    Plugin::VolumeZone,
    Plugin::PodTopologySpread,
    Plugin::InterPodAffinity,
    Plugin::DynamicResources,
];

/// Where the scheduler's sentence about a pod that it leaves pending is not what the planner says of the nodes.
pub(crate) fn contradictions(
    snapshot: &Snapshot,
    policy: &Policy,
    outcomes: &BTreeMap<String, Outcome>,
    tally: &mut Tally,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for pod in &snapshot.pods {
        let Some(Outcome::Unschedulable { message, .. }) = outcomes.get(&pod.name) else { continue };
        let answers = answers(snapshot, policy, pod);
        let told = || {
            answers.iter().map(|(node, misfit)| {
                format!("{node}: {}", misfit.as_ref().map_or_else(|| "fits".to_owned(), Misfit::to_string))
            })
        };
        let said = |what: String| {
            format!(
                "{}: {what}\n  the scheduler: {message}\n  the planner:\n    {}",
                pod.id(),
                told().collect::<Vec<_>>().join("\n    ")
            )
        };
        if let Some((node, _)) = answers.iter().find(|(_, misfit)| misfit.is_none()) {
            wrong.push(said(format!("fits on {node} here")));
            continue;
        }
        let plugins: Vec<Plugin> = answers.iter().filter_map(|(_, misfit)| misfit.as_ref().map(Misfit::plugin)).collect();
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

/// What the planner says of each node.
fn answers<'a>(snapshot: &'a Snapshot, _: &Policy, pod: &Pod) -> Vec<(&'a str, Option<Misfit>)> {
    snapshot.nodes.iter().map(|node| (node.name.as_str(), misfit(snapshot, pod, node))).collect()
}

/// Where the two disagree, a sentence each.
pub(crate) fn disagreements(snapshot: &Snapshot, outcomes: &BTreeMap<String, Outcome>, preempting: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for pod in &snapshot.pods {
        match outcomes.get(&pod.name) {
            // A pod that is pushed out later does not count where it was.
            Some(Outcome::Bound { node }) if !preempting => {
                let node = snapshot.nodes.iter().find(|known| known.name == *node).expect("pods are bound to nodes");
                if let Some(misfit) = misfit(snapshot, pod, node) {
                    wrong.push(format!("{} was bound to {}, and here: {misfit}", pod.name, node.name));
                }
            }
            Some(Outcome::Unschedulable { message, .. }) => {
                wrong.extend(unlike(snapshot, pod, message, preempting));
            }
            Some(Outcome::Bound { .. } | Outcome::Undecided) | None => {}
        }
    }
    wrong
}

/// Compares the refusals of all nodes with the numbers in the scheduler's sentence.
fn unlike(snapshot: &Snapshot, pod: &Pod, message: &str, preempting: bool) -> Option<String> {
    let refusals: Vec<Option<Misfit>> = snapshot.nodes.iter().map(|node| misfit(snapshot, pod, node)).collect();
    if !preempting && let Some(open) = refusals.iter().position(Option::is_none) {
        return Some(format!("{} fits on {} here; the scheduler: {message}", pod.name, snapshot.nodes[open].name));
    }
    let names_a_node = snapshot.spec(pod).node_affinity.iter().flatten().any(|term| !term.match_fields.is_empty());
    // Nodes that a field selector leaves out are not asked one by one.
    if names_a_node {
        return None;
    }
    WORDS.iter().find_map(|(plugin, words)| {
        let here = refusals.iter().flatten().filter(|misfit| misfit.plugin() == *plugin).count();
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

/// The first filter that keeps the pod from the node as it stands, the pod itself not counted.
fn misfit(snapshot: &Snapshot, pod: &Pod, node: &Node) -> Option<Misfit> {
    let spec = snapshot.spec(pod);
    let requests = pending_requests(spec);
    let columns = Columns::new(requests.iter().map(|(name, _)| name));
    let mut free = node.allocatable.clone();
    let others = snapshot.pods.iter().filter(|other| other.node.as_ref() == Some(&node.name) && other.uid != pod.uid);
    for other in others {
        free.subtract(&placed_requests(other, snapshot.spec(other)));
    }
    let (requests, free) = (columns.row(&requests), columns.row(&free));
    let view = PodView { spec, requests: &requests, resources: &columns };
    let node = NodeView {
        name: &node.name,
        labels: &node.labels,
        taints: &node.taints,
        unschedulable: node.unschedulable,
        free: &free,
    };
    predicates::first_misfit(&view, &node)
}
