//! The explanation of one node: its state, what is free, which pods keep it, and why it refuses the
//! pods that wait.

use comfy_table::Table;

use super::explanation::{align_right, facts, first_of, headline, keep_whole, readable_page};
use super::table::{Page, Tone, finished, section};
use crate::duration::moment;
use crate::plan::explain::{NodeExplanation, PodOnNode};
use crate::plan::{Drainability, NodeDecision, ProofReport, count};
use crate::snapshot::{PODS, Resources, amount};

/// At most this many names of pods with the same answer are written out; JSON lists them all.
const PODS_SHOWN: usize = 3;

/// Renders the explanation of a node. `width` is that of the terminal in columns. `colour` switches
/// ANSI colours on.
#[must_use]
pub fn explain_node(explanation: &NodeExplanation, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let report = &explanation.report;
    let mut text = headline(&page, &format!("{}: {}", report.node, report.message));
    let group = report.group.as_ref().map_or_else(|| "none that is managed".to_owned(), ToString::to_string);
    let known = [
        ("group", Some(group)),
        ("reserved", explanation.reserved.as_ref().map(ToString::to_string)),
        ("kubelet", explanation.not_ready_since.map(|since| format!("not Ready since {}", moment(since, explanation.now)))),
        ("state", Some(report.state.code().to_owned())),
        ("decision", Some(decision(report.decision).to_owned())),
        ("why", report.not_emptied.as_ref().map(ToString::to_string)),
    ];
    section(&mut text, None, &facts(&page, known.into_iter().filter_map(|(name, value)| Some((name, value?)))));
    section(&mut text, Some("FINDINGS"), &findings(explanation, &page));
    section(&mut text, None, &amounts(explanation, &page));
    section(&mut text, Some("WHAT HAS TO BE PROVED BEFORE IT GOES"), &proofs(explanation, &page));
    let (keeping, others): (Vec<&PodOnNode>, Vec<&PodOnNode>) = explanation.pods.iter().partition(|pod| pod.keeps_node);
    section(&mut text, Some("PODS THAT KEEP IT"), &pods(&keeping, &page));
    section(&mut text, Some("PODS THAT DON'T"), &pods(&others, &page));
    section(&mut text, Some("PODS WITHOUT A NODE, ONE AT A TIME"), &pending(explanation, &page));
    text
}

fn findings(explanation: &NodeExplanation, page: &Page) -> Table {
    let mut table = page.table();
    for finding in &explanation.findings {
        table.add_row([page.cell(Tone::Warning, finding)]);
    }
    finished(table)
}

fn decision(decision: NodeDecision) -> &'static str {
    match decision {
        NodeDecision::Keep => "stays as it is",
        NodeDecision::Uncordon => "uncordon",
        NodeDecision::Cordon => "cordon now, terminate in a later run",
        NodeDecision::Drain => "drain now, terminate in a later run",
        NodeDecision::Terminate => "terminate",
        NodeDecision::Replace => "terminate; the cloud launches another",
        NodeDecision::Delete => "delete the Node object, which its instance has left behind",
    }
}

fn amounts(explanation: &NodeExplanation, page: &Page) -> Table {
    let NodeExplanation { allocatable, free, .. } = explanation;
    let mut table = page.table();
    table.set_header(["  RESOURCE", "ALLOCATABLE", "FREE"]);
    let only_requested = free.iter().filter(|(resource, _)| !allocatable.contains(resource));
    for (resource, _) in allocatable.iter().chain(only_requested) {
        let readable = |from: &Resources| amount(resource, from.get(resource));
        table.add_row([
            page.name(Tone::Plain, resource),
            page.cell(Tone::Plain, readable(allocatable)),
            page.cell(Tone::Plain, readable(free)),
        ]);
    }
    align_right(&mut table, [1, 2]);
    keep_whole(&mut table, 0);
    finished(table)
}

/// Lists the proofs; those that are missing come first.
fn proofs(explanation: &NodeExplanation, page: &Page) -> Table {
    let mut table = page.table();
    let (shown, missing): (Vec<&ProofReport>, Vec<&ProofReport>) = explanation.proofs.iter().partition(|proof| proof.holds);
    for proof in missing.into_iter().chain(shown) {
        let word = if proof.holds { "shown" } else { "missing" };
        let tone = if proof.holds { Tone::Plain } else { Tone::Warning };
        table.add_row([page.name(tone, &proof.proof.to_string()), page.cell(tone, format!("{word}: {}", proof.message))]);
    }
    finished(table)
}

fn pods(pods: &[&PodOnNode], page: &Page) -> Table {
    let mut table = page.table();
    for pod in pods {
        let requests = requests(&pod.requests);
        let lines = match &pod.drainability {
            Drainability::Ignored { why } => vec![format!("{why}; {requests}")],
            Drainability::Movable { .. } | Drainability::Waits { .. } | Drainability::Blocks { .. } => {
                vec![requests, pod.message.clone()]
            }
        };
        table.add_row([page.name(Tone::Plain, &pod.pod.to_string()), page.cell_of_lines(Tone::Plain, lines)]);
    }
    finished(table)
}

/// Returns what a pod requests, without the number of pods, which is always one.
pub(super) fn requests(requests: &Resources) -> String {
    let named: Resources = requests.iter().filter(|(resource, _)| *resource != PODS).collect();
    if named.is_empty() { "requests nothing".to_owned() } else { named.to_string() }
}

/// Lists the node's answer for each pod without one, as if the others did not exist.
fn pending(explanation: &NodeExplanation, page: &Page) -> Table {
    let mut table = page.table();
    for alike in &explanation.pending {
        let tone = if alike.misfit.is_none() { Tone::More } else { Tone::Plain };
        let names: Vec<String> = alike.pods.iter().map(ToString::to_string).collect();
        table.add_row([
            page.name(tone, &count(names.len() as u64, "pod")),
            page.cell_of_lines(tone, [&alike.message, &first_of(&names, PODS_SHOWN)]),
        ]);
    }
    finished(table)
}
