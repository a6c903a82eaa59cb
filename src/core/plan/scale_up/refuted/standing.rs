//! What a person should know of refuted promises: nodes that help none of the pods that waited for
//! them, groups that wait because of such nodes, and pods that the scheduler refuses.

use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use indexmap::IndexMap;
use jiff::Timestamp;
use rustc_hash::FxBuildHasher;

use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx, NodeIx};
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::report::{FindingCode, PodReport, PodVerdict, Ruling, Unhelpful};
use crate::plan::scale_up::PodRuling;
use crate::plan::situation::Situation;
use crate::plan::template::stated_amount;
use crate::scheduler::Misfit;
use crate::snapshot::{FruitlessNote, GroupId, ObjectName, Pod, SpecId};

/// So many kinds of pods are remembered for a group.
const KINDS_NOTED: usize = 20;

/// Pods of one specification that a group does not help.
struct Unhelped<'f> {
    pods: u32,
    /// The first of them by name.
    example: &'f Pod,
    /// Why the nodes do not take them.
    lacked: String,
}

/// Returns a finding on each group with empty nodes that came while pods waited which they should
/// take by what is stated of the group, and that they do not take.
pub(crate) fn unhelpful_nodes(situation: &Situation<'_>, rulings: &[PodRuling]) -> Vec<FindingCode> {
    let fleet = &situation.fleet;
    let code = |unhelpful: UnhelpfulNodes<'_>| FindingCode::HelpedNobody {
        group: unhelpful.group.id().clone(),
        nodes: Unhelpful::There { nodes: small(unhelpful.nodes.len()) },
        launched_at: unhelpful.launched_at,
        times: unhelpful.times(fleet),
        pods: unhelpful.waiting[0].pods,
        example: unhelpful.waiting[0].example.id(),
        lacked: unhelpful.waiting[0].lacked.clone(),
        now: fleet.now(),
    };
    all_unhelpful(situation, rulings).map(code).collect()
}

/// Returns the notes on groups with such nodes: when they are seen first, and when some of them go.
pub(crate) fn notes_of_unhelpful_nodes(
    situation: &Situation<'_>,
    rulings: &[PodRuling],
    goes: impl Fn(NodeIx) -> bool,
) -> Vec<FruitlessNote> {
    let fleet = &situation.fleet;
    let is_news = |unhelpful: &UnhelpfulNodes<'_>| {
        let names_all = |note: &FruitlessNote| unhelpful.kinds(fleet).all(|kind| note.pods.contains(&kind));
        let is_noted = unhelpful.note(fleet).is_some_and(|note| unhelpful.launched_at <= note.gone_at && names_all(note));
        !is_noted || unhelpful.nodes.iter().any(|node| goes(*node))
    };
    let note = |unhelpful: UnhelpfulNodes<'_>| {
        let mut pods: Vec<String> = unhelpful.kinds(fleet).collect();
        let known = unhelpful.note(fleet).map(|note| note.pods.as_slice()).unwrap_or_default();
        let others: Vec<String> = known.iter().filter(|kind| !pods.contains(*kind)).cloned().collect();
        pods.extend(others);
        pods.truncate(KINDS_NOTED);
        FruitlessNote {
            group: unhelpful.group.id().clone(),
            launched_at: unhelpful.launched_at,
            gone_at: fleet.now(),
            times: unhelpful.times(fleet),
            pods,
        }
    };
    all_unhelpful(situation, rulings).filter(is_news).map(note).collect()
}

/// The empty nodes of a group, and who should be helped by them and is not.
struct UnhelpfulNodes<'f> {
    group: &'f GroupEntry<'f>,
    nodes: Vec<NodeIx>,
    launched_at: Timestamp,
    /// At least one kind of pods.
    waiting: Vec<Unhelped<'f>>,
}

fn all_unhelpful<'f>(situation: &'f Situation<'f>, rulings: &'f [PodRuling]) -> impl Iterator<Item = UnhelpfulNodes<'f>> {
    let fleet = &situation.fleet;
    let waiting_by_spec = LazyCell::new(|| WaitingBySpec::new(fleet, rulings));
    fleet.groups.iter_numbered().filter_map(move |(index, group)| {
        let nodes: Vec<NodeIx> = empty_nodes(fleet, group).collect();
        let launched = |node: &NodeIx| {
            let entry = &fleet.nodes[*node];
            fleet.instance_of(entry).and_then(|instance| instance.launched_at).unwrap_or(entry.node.created_at)
        };
        let launched_at = nodes.iter().map(launched).min()?;
        // Each pod waited when one of them was launched.
        let newest = nodes.iter().map(launched).max()?;
        let waiting = waiting_by_spec.unhelped_by(situation, index, newest);
        (!waiting.is_empty()).then_some(UnhelpfulNodes { group, nodes, launched_at, waiting })
    })
}

impl UnhelpfulNodes<'_> {
    /// Returns how often in a row such nodes came, these included.
    fn times(&self, fleet: &Fleet<'_>) -> u32 {
        match self.note(fleet) {
            // It is about the same launch.
            Some(note) if self.launched_at <= note.gone_at => note.times,
            Some(note) if self.kinds(fleet).any(|kind| note.pods.contains(&kind)) => note.times + 1,
            _ => 1,
        }
    }

    fn note<'f>(&self, fleet: &Fleet<'f>) -> Option<&'f FruitlessNote> {
        fleet.snapshot.fruitless_notes.iter().find(|note| note.group == *self.group.id())
    }

    /// Returns the kinds of pods that are noted, each by the hash of its specification.
    fn kinds<'s>(&'s self, fleet: &'s Fleet<'_>) -> impl Iterator<Item = String> + 's {
        self.waiting.iter().take(KINDS_NOTED).map(|unhelped| fleet.spec(unhelped.example).fingerprint())
    }
}

/// Returns the nodes of a group that are Ready and complete and run nothing.
fn empty_nodes<'f>(fleet: &'f Fleet<'f>, group: &'f GroupEntry<'f>) -> impl Iterator<Item = NodeIx> + 'f {
    group.live().filter_map(|member| member.node).filter(|node| {
        let entry = &fleet.nodes[*node];
        entry.node.is_ready() && !entry.is_lagging && entry.holders.is_empty()
    })
}

/// The pods that wait for a node and of whose specification none has one: one list for each
/// specification, by its place.
struct WaitingBySpec<'f>(Vec<Vec<SameFate<'f>>>);

/// Pods of one specification with the same fate.
struct SameFate<'f> {
    /// Why they get no node; `None` when a node is on its way.
    refused: Option<&'f Ruling>,
    /// The pods by name, each with the time since when the scheduler refuses it.
    pods: Vec<(Timestamp, &'f Pod)>,
    /// The first and the last of these times.
    since: RangeInclusive<Timestamp>,
    /// Whether the nodes of any group may be why: most refusals are of another kind, and there are
    /// as many of them as groups.
    may_be_refused_there: bool,
}

impl<'f> SameFate<'f> {
    fn is_refused_by(&self, ruling: Option<&'f Ruling>) -> bool {
        self.refused.map(std::ptr::from_ref) == ruling.map(std::ptr::from_ref)
    }

    fn add(&mut self, since: Timestamp, pod: &'f Pod) {
        self.since = since.min(*self.since.start())..=since.max(*self.since.end());
        self.pods.push((since, pod));
    }

    /// Returns how many of the pods wait since before a moment, and the first of these by name.
    fn waiting_since_before(&self, moment: Timestamp) -> Option<(u32, &'f Pod)> {
        if *self.since.end() < moment {
            return self.pods.first().map(|(_, first)| (small(self.pods.len()), *first));
        }
        if *self.since.start() >= moment {
            return None;
        }
        let mut waited = self.pods.iter().filter(|(since, _)| *since < moment);
        let (_, first) = waited.next()?;
        Some((1 + small(waited.count()), first))
    }
}

impl<'f> WaitingBySpec<'f> {
    fn new(fleet: &'f Fleet<'f>, rulings: &'f [PodRuling]) -> Self {
        let mut by_spec: Vec<Vec<SameFate<'f>>> = Vec::new();
        by_spec.resize_with(fleet.specs_in_all(), Vec::new);
        let mut known: IndexMap<(SpecId, Option<*const Ruling>), usize, FxBuildHasher> = IndexMap::default();
        for (pod, PodRuling { ruling, .. }) in fleet.unbound.iter().copied().zip(rulings) {
            let Some(since) = pod.scheduling.refused_since() else { continue };
            // Some node did help pods whose like has one.
            if fleet.has_bound_pods(pod.spec) || !still_waits(&ruling.verdict) {
                continue;
            }
            let is_refused = matches!(ruling.verdict, PodVerdict::CannotHelp { .. } | PodVerdict::Refused { .. });
            let refused = is_refused.then_some(ruling.as_ref());
            let fates = &mut by_spec[fleet.place_of_spec(pod)];
            // Most pods share their fate with the one before them.
            if let Some(last) = fates.last_mut().filter(|last| last.is_refused_by(refused)) {
                last.add(since, pod);
                continue;
            }
            let place = *known.entry((pod.spec, refused.map(std::ptr::from_ref))).or_insert(fates.len());
            if place == fates.len() {
                let may_be_refused_there = refused.is_some_and(may_be_refused_somewhere);
                fates.push(SameFate { refused, pods: Vec::new(), since: since..=since, may_be_refused_there });
            }
            fates[place].add(since, pod);
        }
        Self(by_spec)
    }

    /// Returns the pods that wait since before a moment and that the group should help by what is
    /// stated of it, those alike together, the most of them first.
    fn unhelped_by(&self, situation: &Situation<'_>, group: GroupIx, moment: Timestamp) -> Vec<Unhelped<'f>> {
        let mut all: Vec<Unhelped<'f>> = Vec::new();
        let mut shortage = Shortage::new(situation, group);
        for fates in self.0.iter().filter(|fates| !fates.is_empty()) {
            let (_, one) = fates[0].pods[0];
            let short_of = shortage.of(one);
            let mut alike: Option<Unhelped<'f>> = None;
            for fate in fates {
                let refused = fate.refused.filter(|_| fate.may_be_refused_there);
                let refused = refused.and_then(|ruling| refused_there(&situation.fleet, group, ruling));
                let Some(lacked) = refused.or_else(|| short_of.clone()) else { continue };
                let alike = alike.get_or_insert(Unhelped { pods: 0, example: one, lacked });
                let Some((pods, first)) = fate.waiting_since_before(moment) else { continue };
                if alike.pods == 0 || first.id() < alike.example.id() {
                    alike.example = first;
                }
                alike.pods += pods;
            }
            all.extend(alike.filter(|unhelped| unhelped.pods > 0));
        }
        all.sort_by_key(|unhelped| Reverse(unhelped.pods));
        all
    }
}

/// Whether a pod waits for a node, though one may be on its way from elsewhere.
fn still_waits(verdict: &PodVerdict) -> bool {
    let waits_for_another = matches!(verdict, PodVerdict::FitsNew { .. } | PodVerdict::FitsUpcoming { .. });
    waits_for_another || matches!(verdict, PodVerdict::CannotHelp { .. } | PodVerdict::Refused { .. })
}

/// Whether there is any group on a node of which the scheduler refuses a pod.
fn may_be_refused_somewhere(ruling: &Ruling) -> bool {
    match &ruling.verdict {
        PodVerdict::Refused { .. } => true,
        PodVerdict::CannotHelp { refusals } => refusals.iter().any(is_of_sibling),
        _ => false,
    }
}

fn is_of_sibling(one: &GroupRefusal) -> bool {
    matches!(one.refusal, Refusal::RefusedOnSibling { .. })
}

/// Returns the words with which the scheduler refuses a pod on a node of the group.
fn refused_there(fleet: &Fleet<'_>, group: GroupIx, ruling: &Ruling) -> Option<String> {
    let id = fleet.groups[group].id();
    match &ruling.verdict {
        PodVerdict::Refused { node, .. } => {
            let owner = fleet.node_named(node).and_then(|entry| fleet.group_of(entry))?;
            (owner.id() == id).then(|| ruling.message.clone())
        }
        PodVerdict::CannotHelp { refusals } => {
            // Few refusals are of this kind, and names take longer to compare.
            let of_group = refusals.iter().find(|one| is_of_sibling(one) && one.group == *id);
            of_group.map(|one| one.refusal.to_string())
        }
        _ => None,
    }
}

/// The resources of which the nodes of a group have too little, although what is stated of the
/// group is enough.
struct Shortage<'s, 'a> {
    situation: &'s Situation<'a>,
    group: GroupIx,
    /// What is left for pods on a node, one amount a column, where that is known.
    free: Option<Vec<i64>>,
    /// What is stated, one amount a column, as far as it was looked up.
    stated: Vec<Option<i64>>,
}

impl<'s, 'a> Shortage<'s, 'a> {
    fn new(situation: &'s Situation<'a>, group: GroupIx) -> Self {
        let columns = &situation.fleet.columns;
        let free = situation.template(group).map(|template| columns.row(&template.free));
        Self { situation, group, free, stated: vec![None; columns.len()] }
    }

    /// Returns the words on the resource of which there is too little for a pod.
    fn of(&mut self, pod: &Pod) -> Option<String> {
        let fleet = &self.situation.fleet;
        let free = self.free.as_ref()?;
        for (column, (free, asked)) in free.iter().zip(fleet.requests(pod)).enumerate() {
            if *asked <= 0 || asked <= free {
                continue;
            }
            let name = fleet.columns.name(column);
            let stated = || stated_amount(fleet, &fleet.groups[self.group], name);
            if *self.stated[column].get_or_insert_with(stated) >= *asked {
                let misfit = Misfit::NodeResourcesFit { resource: name.to_owned(), asked: *asked, free: *free };
                return Some(Refusal::Misfit { misfit }.to_string());
            }
        }
        None
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
