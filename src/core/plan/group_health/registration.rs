//! Instances that have not become nodes: joining while they are young, never registered later.
//!
//! For how long an instance has been without a node is counted from the notes of earlier runs,
//! never from its launch: an instance that leaves a warm pool is days old when it joins.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::duration::Seconds;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, Member};
use crate::plan::growth_block::GrowthBlock;
use crate::snapshot::{GroupId, Instance, InstanceNote, Lifecycle};

/// So many nodes in a row are no accident.
const A_PATTERN: usize = 2;
/// The kubelet reports that a new node is not Ready within this time of its registration.
const FIRST_REPORT: Seconds = Seconds(60);

/// An instance that is expected to become a node.
pub(crate) struct Joining<'a> {
    pub(crate) instance: &'a Instance,
    /// For how long runs have known it without a node; absent when this run is the first to see it.
    pub(crate) age: Option<Seconds>,
    /// When it counts as never registered.
    pub(crate) overdue_at: Timestamp,
}

/// An instance that should have become a node by now.
pub(crate) struct NeverRegistered<'a> {
    pub(crate) instance: &'a Instance,
    /// For how long runs have known it without a node.
    pub(crate) age: Seconds,
    /// The name of a missing Node to which an unfinished pod is bound, and which the instance could
    /// be.
    pub(crate) pod_bound_to: Option<&'a str>,
}

/// Returns the live instances without a node that are still young.
pub(crate) fn joining<'a>(fleet: &'a Fleet<'_>, group: &'a GroupEntry<'_>) -> impl Iterator<Item = Joining<'a>> {
    let limit = group.policy.instance_init_time;
    let young = without_node(group).filter(move |member| !is_overdue(fleet, group, member.instance));
    young.map(move |Member { instance, .. }| {
        let first_seen = fleet.first_seen(group.id(), instance);
        Joining {
            instance,
            age: first_seen.map(|at| Seconds::between(at, fleet.now())),
            overdue_at: limit.after(first_seen.unwrap_or(fleet.now())),
        }
    })
}

/// Returns the live instances that should have become nodes by now.
pub(crate) fn never_registered<'a>(
    fleet: &'a Fleet<'_>,
    group: &'a GroupEntry<'_>,
) -> impl Iterator<Item = NeverRegistered<'a>> {
    let overdue = without_node(group).filter(move |member| is_overdue(fleet, group, member.instance));
    overdue.filter_map(move |Member { instance, pod_bound_to, .. }| {
        let first_seen = fleet.first_seen(group.id(), instance)?;
        let age = Seconds::between(first_seen, fleet.now());
        Some(NeverRegistered { instance, age, pod_bound_to: *pod_bound_to })
    })
}

/// Counts the instances of a group that may be nodes of another cluster: other instances of the
/// group are nodes here, and these are older than twice the time that an instance may take. The
/// launch time counts here as well, since it errs on the safe side, except where instances come
/// from a warm pool: they may be days old when they join.
pub(crate) fn strangers(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> u32 {
    let limit = Seconds(group.policy.instance_init_time.0.saturating_mul(2));
    let is_old = |instance: &Instance| {
        let noted = fleet.first_seen(group.id(), instance);
        let launched_at = instance.launched_at.filter(|_| group.group.automatic.warm_pool.is_none());
        let since = noted.into_iter().chain(launched_at).min();
        since.is_some_and(|since| Seconds::between(since, fleet.now()) > limit)
    };
    match group.live().any(|member| member.node.is_some()) {
        true => small(without_node(group).filter(|member| is_old(member.instance)).count()),
        false => 0,
    }
}

fn without_node<'a, 's>(group: &'a GroupEntry<'s>) -> impl Iterator<Item = &'a Member<'s>> {
    // One that gets a new disk was a node before, and its Node may be gone meanwhile.
    let is_expected = |member: &&Member<'s>| member.instance.lifecycle != Lifecycle::ReplacingDisk;
    group.live().filter(|member| member.node.is_none()).filter(is_expected)
}

fn is_overdue(fleet: &Fleet<'_>, group: &GroupEntry<'_>, instance: &Instance) -> bool {
    let since = fleet.first_seen(group.id(), instance);
    since.is_some_and(|since| Seconds::between(since, fleet.now()) >= group.policy.instance_init_time)
}

/// Returns why a group does not grow whose newest instances do not become nodes: a bad image must
/// not be multiplied.
pub(super) fn nodes_not_ready(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let launched = |member: &Member<'_>| member.instance.launched_at;
    let newest_node = group.live().filter(|member| is_good(fleet, group, member)).filter_map(launched).max();
    let is_newer = |at: &Timestamp| newest_node.is_none_or(|newest| newest < *at);
    let lost: Vec<Timestamp> = never_registered(fleet, group).filter_map(|lost| lost.instance.launched_at).collect();
    let unfinished: Vec<Timestamp> =
        group.live().filter(|member| never_finished(fleet, group, member)).filter_map(launched).collect();
    // One machine that registered and is ill is no sign of a bad group, as long as others are well.
    let is_bad = lost.iter().any(is_newer) || unfinished.iter().filter(|at| is_newer(at)).count() >= A_PATTERN;
    let died = died_before_they_served(fleet, group);
    (is_bad || died > 0).then(|| GrowthBlock::NodesNotReady { instances: small(lost.len() + unfinished.len()) + died })
}

/// Returns how many machines of a group ended by themselves, where that is a pattern: several in a
/// row, for longer than a start may take, and none launched since is a node. The next ones will end
/// in the same way.
pub(crate) fn died_before_they_served(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> u32 {
    let good = group.live().filter(|member| is_good(fleet, group, member));
    let newest_node = good.filter_map(|member| member.instance.launched_at).max();
    let died = group.group.activities.iter().filter(|activity| activity.machine_died);
    let died: Vec<Timestamp> =
        died.map(|activity| activity.started_at).filter(|at| newest_node.is_none_or(|newest| newest < *at)).collect();
    let lasts = died.iter().min().is_some_and(|first| Seconds::between(*first, fleet.now()) >= group.policy.instance_init_time);
    if lasts && died.len() >= A_PATTERN { small(died.len()) } else { 0 }
}

/// Whether an instance became a node that has no part of its start before it any more.
fn is_good(fleet: &Fleet<'_>, group: &GroupEntry<'_>, member: &Member<'_>) -> bool {
    member.node.is_some() && !never_finished(fleet, group, member)
}

/// Whether a node that should be complete by now was never Ready, or still has a taint that nodes
/// have only while they start.
pub(crate) fn never_finished(fleet: &Fleet<'_>, group: &GroupEntry<'_>, member: &Member<'_>) -> bool {
    let Some(entry) = member.node.map(|node| &fleet.nodes[node]) else { return false };
    let node = entry.node;
    let first_reported = |since| Seconds::between(node.created_at, since) <= FIRST_REPORT;
    let was_never_ready = || !node.is_ready() && node.ready.since.is_some_and(first_reported);
    let still_starts = || node.is_ready() && node.taints.iter().any(|taint| fleet.policy.is_startup_taint(taint));
    let is_overdue = fleet.age(node) >= group.policy.instance_init_time;
    // A node that runs something was complete once.
    is_overdue && entry.holders.is_empty() && (was_never_ready() || still_starts())
}

/// The notes beside the Lease that this run adds and drops.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NoteChanges {
    pub(crate) seen: Vec<InstanceNote>,
    pub(crate) settled: Vec<InstanceNote>,
}

/// Notes instances that are starting or in service without a node, and drops the notes of those
/// that have become nodes or are gone. The notes about groups that could not be read stay.
pub(crate) fn note_changes(fleet: &Fleet<'_>) -> NoteChanges {
    let groups: BTreeMap<&GroupId, &GroupEntry<'_>> = fleet.groups.iter().map(|group| (group.id(), group)).collect();
    let is_coming = |lifecycle: Lifecycle| matches!(lifecycle, Lifecycle::Pending | Lifecycle::InService);
    let is_lost = |member: &&Member<'_>| member.node.is_none() && is_coming(member.instance.lifecycle);
    let mut changes = NoteChanges::default();
    for group in &fleet.groups {
        let new = group.members.iter().filter(is_lost).filter(|it| fleet.first_seen(group.id(), it.instance).is_none());
        changes.seen.extend(new.map(|member| InstanceNote {
            group: group.id().clone(),
            instance: member.instance.id.clone(),
            first_seen: fleet.now(),
        }));
    }
    for note in &fleet.snapshot.instance_notes {
        let is_settled = match groups.get(&note.group) {
            Some(group) => !group.members.iter().filter(is_lost).any(|member| member.instance.id == note.instance),
            None => fleet.snapshot.region(&note.group.region).is_some_and(|region| region.unreadable.is_none()),
        };
        if is_settled {
            changes.settled.push(note.clone());
        }
    }
    changes.seen.sort();
    changes.settled.sort();
    changes
}
