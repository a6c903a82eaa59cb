//! The seats a pending pod can have without buying: nodes that are there, nodes that are coming, nodes we cordoned.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::board::{Board, Origin};
use crate::plan::fleet::{Fleet, NodeEntry};
use crate::plan::group_health::{Gap, GroupHealth, joining};
use crate::plan::template::{Daemons, Template, lasting_taints};
use crate::scheduler::pending_requests;
use crate::snapshot::{Labels, Lifecycle, Resources, Taint};

/// The seats of each kind, in the order in which they are tried.
pub(super) struct Supply {
    /// Existing, upcoming and cordoned seats.
    pub(super) free_of_charge: Range<usize>,
    /// For each group the faces of its template, if it has one.
    pub(super) template_faces: Vec<Option<Range<usize>>>,
}

/// Puts all seats that cost nothing on the board.
pub(super) fn seat_all<'a>(
    board: &mut Board<'a>,
    fleet: &'a Fleet<'a>,
    templates: &'a [Result<Template, String>],
    health: &[GroupHealth],
    daemons: &Daemons<'_>,
) -> Supply {
    seat_existing(board, fleet, daemons);
    let template_faces: Vec<_> =
        templates.iter().map(|template| template.as_ref().ok().map(|template| faces(board, template))).collect();
    seat_starting(board, fleet, templates, daemons);
    seat_coming(board, fleet, templates, health, &template_faces);
    seat_cordoned(board, fleet, daemons);
    Supply { free_of_charge: 0..board.len(), template_faces }
}

fn faces<'a>(board: &mut Board<'a>, template: &'a Template) -> Range<usize> {
    let variants = template.variants.iter();
    board.add_faces(variants.map(|variant| ("", Cow::Borrowed(&variant.labels), Cow::Borrowed(template.taints.as_slice()))))
}

/// Whether the scheduler may place pods on the node now, or will once our own leftover cordon is gone.
fn is_usable(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> bool {
    let is_leaving = fleet
        .instance_of(entry)
        .is_some_and(|instance| !matches!(instance.lifecycle, Lifecycle::Pending | Lifecycle::InService | Lifecycle::Standby));
    entry.node.is_ready() && !is_leaving && !fleet.is_starting(entry)
}

/// Nodes that are there. Idle ones come last: they are tainted so that the scheduler, too, prefers the others.
fn seat_existing<'a>(board: &mut Board<'a>, fleet: &'a Fleet<'a>, daemons: &Daemons<'_>) {
    let is_leftover =
        |entry: &NodeEntry<'_>| entry.node.cordoned_by_us().is_some() && !entry.holders.is_empty() && fleet.may_touch(entry);
    let mut usable: Vec<usize> = (0..fleet.nodes.len())
        .filter(|&index| is_usable(fleet, &fleet.nodes[index]))
        .filter(|&index| !fleet.nodes[index].node.unschedulable || is_leftover(&fleet.nodes[index]))
        .collect();
    usable.sort_by_key(|&index| (fleet.nodes[index].node.idle_since().is_some(), index));
    for node in usable {
        seat_node(board, fleet, daemons, node, Origin::Existing { node });
    }
}

/// Nodes we cordoned that are still idle.
fn seat_cordoned<'a>(board: &mut Board<'a>, fleet: &'a Fleet<'a>, daemons: &Daemons<'_>) {
    for (node, entry) in fleet.nodes.iter().enumerate() {
        let is_idle_cordon = entry.node.cordoned_by_us().is_some() && entry.holders.is_empty();
        if is_usable(fleet, entry) && is_idle_cordon && fleet.may_touch(entry) {
            seat_node(board, fleet, daemons, node, Origin::Cordoned { node });
        }
    }
}

fn seat_node<'a>(board: &mut Board<'a>, fleet: &'a Fleet<'a>, daemons: &Daemons<'_>, node: usize, origin: Origin) {
    let entry = &fleet.nodes[node];
    // Kubernetes mirrors a cordon in a taint; ours goes with the cordon.
    let taints: Cow<'a, [Taint]> = match entry.node.unschedulable {
        false => Cow::Borrowed(&entry.node.taints),
        true => Cow::Owned(
            entry.node.taints.iter().filter(|taint| taint.key != "node.kubernetes.io/unschedulable").cloned().collect(),
        ),
    };
    let faces = board.add_faces([(entry.node.name.as_str(), Cow::Borrowed(&entry.node.labels), taints)]);
    let mut free = entry.node.allocatable.clone();
    free.subtract(&taken(fleet, entry, daemons, &entry.node.labels, &entry.node.taints));
    board.add_seat(origin, faces, &free);
}

/// Nodes that have registered and are not what they will be: at the size of their template, with the labels they have.
fn seat_starting<'a>(
    board: &mut Board<'a>,
    fleet: &'a Fleet<'a>,
    templates: &'a [Result<Template, String>],
    daemons: &Daemons<'_>,
) {
    for entry in fleet.nodes.iter().filter(|entry| fleet.is_starting(entry) && !entry.node.unschedulable) {
        let Some((group, _)) = entry.member_of else { continue };
        let Some((template, instance)) = templates[group].as_ref().ok().zip(fleet.instance_of(entry)) else { continue };
        if !instance.lifecycle.is_live() {
            continue;
        }
        let variant = template.variants.iter().find(|variant| variant.zone == instance.zone);
        let mut labels = variant.map_or_else(Labels::new, |variant| variant.labels.clone());
        labels.extend(entry.node.labels.clone());
        let mut taints = lasting_taints(entry.node, fleet.policy);
        taints.extend(template.taints.iter().filter(|taint| !entry.node.taints.contains(taint)).cloned());
        let mut free = template.allocatable.clone();
        free.subtract(&taken(fleet, entry, daemons, &labels, &taints));
        let overdue_at = fleet.groups[group].policy.instance_init_time.after(entry.node.created_at);
        let faces = board.add_faces([(entry.node.name.as_str(), Cow::Owned(labels), Cow::Owned(taints))]);
        board.add_seat(Origin::Upcoming { group, overdue_at }, faces, &free);
    }
}

/// Instances that are not nodes yet, and instances that are not there yet.
fn seat_coming<'a>(
    board: &mut Board<'a>,
    fleet: &'a Fleet<'a>,
    templates: &'a [Result<Template, String>],
    health: &[GroupHealth],
    template_faces: &[Option<Range<usize>>],
) {
    for (group, entry) in fleet.groups.iter().enumerate() {
        let (Ok(template), Some(faces)) = (&templates[group], &template_faces[group]) else { continue };
        for joining in joining(fleet, entry) {
            // The instance exists, so its zone is known.
            let in_its_zone =
                faces.clone().zip(&template.variants).filter(|(_, variant)| variant.zone == joining.instance.zone);
            let faces = in_its_zone
                .map(|(face, _)| face..face + 1)
                .next()
                .filter(|_| template.variants.len() == entry.group.zones.len());
            let faces = faces.unwrap_or_else(|| template_faces[group].clone().unwrap_or_default());
            board.add_seat(Origin::Upcoming { group, overdue_at: joining.overdue_at }, faces, &template.free);
        }
        if let Gap::Coming { nodes, overdue_at } = health[group].gap {
            for _ in 0..nodes {
                board.add_seat(Origin::Upcoming { group, overdue_at }, faces.clone(), &template.free);
            }
        }
    }
}

/// What is not free on a node: the pods there, the DaemonSet pods still missing, and the pods that preemption makes room for.
fn taken(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, daemons: &Daemons<'_>, labels: &Labels, taints: &[Taint]) -> Resources {
    let present: BTreeSet<(&str, &str)> = entry
        .pods
        .iter()
        .filter_map(|pod| {
            pod.owner
                .as_ref()
                .filter(|owner| owner.kind == "DaemonSet")
                .map(|owner| (pod.namespace.as_str(), owner.name.as_str()))
        })
        .collect();
    let mut taken = entry.requested.clone();
    taken.add(&daemons.requests_on(labels, taints, |namespace, name| present.contains(&(namespace, name))));
    for pod in entry.nominated.iter().filter(|pod| crate::plan::pending::nomination(fleet, pod).is_some()) {
        taken.add(&pending_requests(fleet.snapshot.spec(pod)));
    }
    taken
}
