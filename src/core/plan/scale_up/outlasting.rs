//! Pods that would still run when their machine ends, with its reservation or at an age:
//! `spec.activeDeadlineSeconds` states for how long a pod may run, and one that may run for longer
//! than a machine is there is not placed on it. A pod without it is: most jobs end early, and which
//! of them do is not known.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::existing_capacity::Presentations;
use super::existing_capacity::candidates::Candidates;
use super::offers::not_again::NotAgain;
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx, NodeEntry, NodeIx, ReservationEnd};
use crate::plan::pending::{Class, ClassIx};
use crate::plan::reason::Refusal;
use crate::scheduler::NodeView;

/// Keeps the pods of each class from the nodes that end before them. Returns the nodes that the
/// pods would otherwise fit on, if these were empty.
pub(super) fn keep_off<'a>(
    fleet: &'a Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
    presentations: &'a Presentations,
) -> BTreeSet<NodeIx> {
    let mut could_take = BTreeSet::new();
    if fleet.reserved.is_empty() {
        return could_take;
    }
    let ends = |node: NodeIx| Some((node, fleet.ending(&fleet.nodes[node])?.at));
    let ending: Vec<(NodeIx, Timestamp)> = fleet.nodes.numbers().filter_map(ends).collect();
    for (class, lasts) in lasting(fleet, classes) {
        let ends_at = lasts.after(fleet.now());
        for (node, _) in ending.iter().filter(|(_, at)| ends_at > *at) {
            candidates.keep_from(class, *node);
            if would_fit_alone(fleet, candidates, class, (*node, presentations.of(fleet, *node))) {
                could_take.insert(*node);
            }
        }
        for (group, _) in first_ends(fleet).filter(|(_, ending)| ends_at > ending.at) {
            candidates.keep_from_upcoming(class, group);
        }
    }
    could_take
}

/// Keeps the pods of each class from nodes that the cloud replaces before they would have ended:
/// they begin now at the earliest.
pub(super) fn keep_off_old_machines<'a>(
    fleet: &Fleet<'a>,
    classes: &IndexVec<ClassIx, Class<'a>>,
    candidates: &mut Candidates<'a>,
) {
    let lasting: Vec<(ClassIx, Seconds)> = lasting(fleet, classes).collect();
    if lasting.is_empty() {
        return;
    }
    let replaced = |(node, entry)| Some((node, replaced_at(fleet, entry)?));
    let ending: Vec<(NodeIx, Timestamp)> = fleet.nodes.iter_numbered().filter_map(replaced).collect();
    for (class, lasts) in lasting {
        let ends_at = lasts.after(fleet.now());
        ending.iter().filter(|(_, at)| *at < ends_at).for_each(|(node, _)| candidates.keep_from(class, *node));
    }
}

fn replaced_at(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Option<Timestamp> {
    let (group, _) = entry.member_of?;
    fleet.groups[group].group.replaced_at(fleet.instance_of(entry)?)
}

/// Closes the groups to a class whose new nodes would end before its pods.
pub(super) fn close_groups<'a>(not_again: &mut NotAgain, fleet: &Fleet<'a>, classes: &IndexVec<ClassIx, Class<'a>>) {
    if fleet.reserved.is_empty() {
        return;
    }
    for (class, lasts) in lasting(fleet, classes) {
        for (group, ending) in first_ends(fleet) {
            let ready_at = fleet.groups[group].policy.instance_init_time.after(fleet.now());
            if lasts.after(ready_at) > ending.at {
                not_again.entry((class, group)).or_insert_with(|| Refusal::ReservationEnds {
                    reservation: ending.reservation.id.clone(),
                    at: ending.at,
                    lasts,
                    now: fleet.now(),
                });
            }
        }
    }
}

/// Returns the classes whose pods state for how long they may run.
fn lasting<'a>(fleet: &Fleet<'a>, classes: &IndexVec<ClassIx, Class<'a>>) -> impl Iterator<Item = (ClassIx, Seconds)> {
    classes
        .iter_numbered()
        .filter_map(|(index, class)| Some((index, fleet.spec(fleet.unbound[class.example()]).active_deadline?)))
}

/// Returns the groups that launch only into reservations whose machines end, each with the first
/// end of them.
fn first_ends<'f>(fleet: &'f Fleet<'_>) -> impl Iterator<Item = (GroupIx, ReservationEnd<'f>)> {
    let only = fleet.groups.iter_numbered().filter(|(_, entry)| entry.group.reserved.only);
    only.filter_map(|(group, entry)| {
        let own = fleet.reserved.usable(group).iter().map(|it| fleet.reserved.get(*it));
        Some((group, own.filter_map(|it| fleet.ending_of(entry, it)).min_by_key(|ending| ending.at)?))
    })
}

/// Whether pods of a class fit on a node but for those that run there.
fn would_fit_alone<'a>(
    fleet: &'a Fleet<'a>,
    candidates: &mut Candidates<'a>,
    class: ClassIx,
    (node, view): (NodeIx, NodeView<'a>),
) -> bool {
    let offer = fleet.columns.row(&fleet.nodes[node].node.allocatable);
    let requests = &candidates.cluster.demand(class.demand()).requests;
    let is_enough = requests.iter().zip(&offer).all(|(requested, offered)| requested <= offered);
    is_enough && {
        let forms = candidates.cluster.forms(&[view]);
        candidates.cluster.accepts(class.demand(), forms)
    }
}
