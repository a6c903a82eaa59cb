//! What a person should know of refuted promises: nodes that help none of the pods that waited for
//! them, groups that wait because of such nodes, and pods that the scheduler refuses.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, NodeIx};
use crate::plan::reason::Refusal;
use crate::plan::report::{FindingCode, PodReport, PodVerdict, Ruling, Unhelpful};
use crate::plan::scale_up::PodRuling;
use crate::plan::template::stated_amount;
use crate::scheduler::Misfit;
use crate::snapshot::{FruitlessNote, GroupId, ObjectName, Pod};

/// Pods that wait for the same, and why a group does not help them.
struct Unhelped<'a> {
    pods: Vec<&'a Pod>,
    /// Why the nodes do not take them.
    lacked: String,
}

/// Returns a finding on each group with empty nodes that came while pods waited which they should
/// take by what is stated of the group, and that they do not take.
pub(crate) fn unhelpful_nodes(fleet: &Fleet<'_>, rulings: &[PodRuling]) -> Vec<FindingCode> {
    let code = |unhelpful: UnhelpfulNodes<'_>| FindingCode::HelpedNobody {
        group: unhelpful.group.id().clone(),
        nodes: Unhelpful::There { nodes: small(unhelpful.nodes.len()) },
        launched_at: unhelpful.launched_at,
        times: unhelpful.times(fleet),
        pods: small(unhelpful.waiting.pods.len()),
        example: unhelpful.waiting.pods.iter().map(|pod| pod.id()).min().expect("somebody waits"),
        lacked: unhelpful.waiting.lacked,
        now: fleet.now(),
    };
    all_unhelpful(fleet, rulings).map(code).collect()
}

/// Returns the notes on groups with such nodes, of which the first go now. What goes later belongs
/// to the same note.
pub(crate) fn notes_of_unhelpful_nodes(
    fleet: &Fleet<'_>,
    rulings: &[PodRuling],
    goes: impl Fn(NodeIx) -> bool,
) -> Vec<FruitlessNote> {
    let going = all_unhelpful(fleet, rulings).filter(|unhelpful| unhelpful.nodes.iter().any(|node| goes(*node)));
    let note = |unhelpful: UnhelpfulNodes<'_>| FruitlessNote {
        group: unhelpful.group.id().clone(),
        launched_at: unhelpful.launched_at,
        gone_at: fleet.now(),
        times: unhelpful.times(fleet),
    };
    going.map(note).collect()
}

/// The empty nodes of a group, and who should be helped by them and is not.
struct UnhelpfulNodes<'f> {
    group: &'f GroupEntry<'f>,
    nodes: Vec<NodeIx>,
    launched_at: Timestamp,
    waiting: Unhelped<'f>,
}

fn all_unhelpful<'f>(fleet: &'f Fleet<'f>, rulings: &'f [PodRuling]) -> impl Iterator<Item = UnhelpfulNodes<'f>> {
    fleet.groups.iter().filter_map(move |group| {
        let nodes: Vec<NodeIx> = empty_nodes(fleet, group).collect();
        let launched = |node: &NodeIx| {
            let entry = &fleet.nodes[*node];
            fleet.instance_of(entry).and_then(|instance| instance.launched_at).unwrap_or(entry.node.created_at)
        };
        let launched_at = nodes.iter().map(launched).min()?;
        let waiting = unhelped_by(fleet, group, rulings, launched_at)?;
        Some(UnhelpfulNodes { group, nodes, launched_at, waiting })
    })
}

impl UnhelpfulNodes<'_> {
    /// Returns how often in a row such nodes came, these included.
    fn times(&self, fleet: &Fleet<'_>) -> u32 {
        let note = fleet.snapshot.fruitless_notes.iter().find(|note| note.group == *self.group.id());
        let waited_before = |moment: Timestamp| {
            self.waiting.pods.iter().all(|pod| pod.scheduling.refused_since().is_some_and(|since| since < moment))
        };
        match note {
            // Others of the same launch went before.
            Some(note) if self.launched_at <= note.gone_at => note.times,
            Some(note) if waited_before(note.launched_at) => note.times + 1,
            _ => 1,
        }
    }
}

/// Returns the nodes of a group that are Ready for long enough and run nothing.
fn empty_nodes<'f>(fleet: &'f Fleet<'f>, group: &'f GroupEntry<'f>) -> impl Iterator<Item = NodeIx> + 'f {
    group.live().filter_map(|member| member.node).filter(|node| {
        let entry = &fleet.nodes[*node];
        let ready_for = Seconds::between(entry.node.readiness_since(), fleet.now());
        entry.node.is_ready() && !entry.is_lagging && entry.holders.is_empty() && ready_for >= group.policy.min_node_age
    })
}

/// Returns the largest number of pods alike that wait since before a moment and that the group
/// should help by what is stated of it.
fn unhelped_by<'f>(
    fleet: &'f Fleet<'f>,
    group: &GroupEntry<'_>,
    rulings: &[PodRuling],
    moment: Timestamp,
) -> Option<Unhelped<'f>> {
    let mut by_spec: BTreeMap<_, Unhelped<'f>> = BTreeMap::new();
    for (pod, ruling) in fleet.unbound.iter().zip(rulings) {
        let waited = pod.scheduling.refused_since().is_some_and(|since| since < moment);
        let Some(lacked) = lacked(fleet, group, &ruling.ruling).filter(|_| waited) else { continue };
        by_spec.entry(pod.spec).or_insert_with(|| Unhelped { pods: Vec::new(), lacked }).pods.push(pod);
    }
    let is_helped_elsewhere = |spec| fleet.nodes.iter().any(|entry| entry.pods.iter().any(|pod| pod.spec == spec));
    let unhelped = by_spec.into_iter().filter(|(spec, _)| !is_helped_elsewhere(*spec));
    unhelped.map(|(_, unhelped)| unhelped).max_by_key(|unhelped| unhelped.pods.len())
}

/// Returns what the nodes of the group lack for a pod, if the group should help it by what is
/// stated of it.
fn lacked(fleet: &Fleet<'_>, group: &GroupEntry<'_>, ruling: &Ruling) -> Option<String> {
    match &ruling.verdict {
        PodVerdict::Refused { node, .. } => {
            let is_of_group =
                fleet.node_named(node).and_then(|entry| fleet.group_of(entry)).is_some_and(|it| it.id() == group.id());
            is_of_group.then(|| ruling.message.clone())
        }
        PodVerdict::CannotHelp { refusals } => {
            let refusal = &refusals.iter().find(|refusal| refusal.group == *group.id())?.refusal;
            let is_stated = match refusal {
                Refusal::RefusedOnSibling { .. } => true,
                Refusal::Misfit { misfit: Misfit::NodeResourcesFit { resource, asked, .. } } => {
                    stated_amount(fleet, group, resource) >= *asked
                }
                _ => false,
            };
            is_stated.then(|| refusal.to_string())
        }
        _ => None,
    }
}

/// Returns a finding on each group that is not bought in for a while because its last nodes, which
/// are gone, helped nobody.
pub(crate) fn groups_that_wait(fleet: &Fleet<'_>, reports: &[PodReport]) -> Vec<FindingCode> {
    let mut found: BTreeMap<&GroupId, (u32, ObjectName, &Refusal)> = BTreeMap::new();
    for report in reports {
        let PodVerdict::CannotHelp { refusals } = &report.verdict else { continue };
        for refusal in refusals.iter().filter(|refusal| matches!(refusal.refusal, Refusal::HelpedNobody { .. })) {
            let of_group = found.entry(&refusal.group).or_insert_with(|| (0, report.pod.clone(), &refusal.refusal));
            of_group.0 += 1;
        }
    }
    let code = |(group, (pods, example, refusal)): (&GroupId, (u32, ObjectName, &Refusal))| {
        let Refusal::HelpedNobody { launched_at, times, until, .. } = *refusal else { return None };
        Some(FindingCode::HelpedNobody {
            group: group.clone(),
            nodes: Unhelpful::Gone { until },
            launched_at,
            times,
            pods,
            example,
            lacked: String::new(),
            now: fleet.now(),
        })
    };
    found.into_iter().filter_map(code).collect()
}

/// Returns a finding for each of the scheduler's words with which it refuses pods that should fit.
pub(crate) fn refused_pods(reports: &[PodReport]) -> Vec<FindingCode> {
    let mut found: BTreeMap<Option<&str>, FindingCode> = BTreeMap::new();
    for report in reports {
        let PodVerdict::Refused { node, since, message, now } = &report.verdict else { continue };
        let words = message.as_deref();
        let first = || FindingCode::PodsRefused {
            pods: 0,
            example: report.pod.clone(),
            node: node.clone(),
            since: *since,
            message: words.map(str::to_owned),
            now: *now,
        };
        if let FindingCode::PodsRefused { pods, .. } = found.entry(words).or_insert_with(first) {
            *pods += 1;
        }
    }
    found.into_values().collect()
}
