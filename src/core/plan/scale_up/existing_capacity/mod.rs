//! The nodes that pending pods can get without buying: existing ones, upcoming ones, and those that
//! we cordoned.

pub(super) mod candidates;
mod room_index;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::index_vec::IndexVec;
use crate::plan::amounts::{give, small, take};
use crate::plan::drain::under_way;
use crate::plan::fleet::{Fleet, GroupIx, NodeEntry, NodeIx, NodeSize, price_of};
use crate::plan::group_health::{Unlaunched, died_before_they_served, joining};
use crate::plan::pending::nomination;
use crate::plan::report::UpcomingNode;
use crate::plan::scale_up::offers::Offers;
use crate::plan::situation::Situation;
use crate::plan::template::{Place, Template, lasting_taints};
use crate::scheduler::NodeView;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::{Demand, Storage};
use crate::snapshot::{Labels, Lifecycle, Pod, PodSpec, Taint};
use crate::well_known::resources::is_device;
use crate::well_known::taints::UNSCHEDULABLE;
use candidates::{Candidates, Origin};

/// The capacity that need not be bought.
pub(in crate::plan::scale_up) struct Supply {
    /// Whether cordoned nodes were left out to spare their devices.
    pub(in crate::plan::scale_up) is_sparing: bool,
    /// The existing candidates.
    pub(in crate::plan::scale_up) existing: Range<usize>,
    /// The existing, upcoming and cordoned candidates.
    pub(in crate::plan::scale_up) free_of_charge: Range<usize>,
    /// The upcoming nodes of each group.
    pub(in crate::plan::scale_up) upcoming: IndexVec<GroupIx, Vec<UpcomingNode>>,
}

/// Which cordoned nodes with devices may be opened.
#[derive(Clone, Copy)]
pub(in crate::plan::scale_up) enum CordonedDevices<'d> {
    /// All of them.
    Open,
    /// Those with a device that some pending pod requests. Others would be paid for their devices
    /// and serve pods that use none.
    OpenFor(&'d BTreeSet<&'d str>),
}

impl CordonedDevices<'_> {
    fn may_open(self, entry: &NodeEntry<'_>) -> bool {
        let Self::OpenFor(requested) = self else { return true };
        let mut devices = entry.node.allocatable.iter().filter(|(name, amount)| *amount > 0 && is_device(name)).peekable();
        devices.peek().is_none() || devices.any(|(name, _)| requested.contains(name))
    }
}

/// The description of each existing node, where that is not the node's own. The descriptions are
/// kept outside the candidates, which borrow from them.
pub(crate) struct Presentations {
    labels: BTreeMap<NodeIx, Labels>,
    taints: BTreeMap<NodeIx, Vec<Taint>>,
}

impl Presentations {
    pub(crate) fn new(situation: &Situation<'_>) -> Self {
        let fleet = &situation.fleet;
        let mut presentations = Self { labels: BTreeMap::new(), taints: BTreeMap::new() };
        for (index, entry) in fleet.nodes.iter_numbered() {
            if let Some(template) = template_of_starting(situation, entry) {
                let (labels, taints) = as_it_will_be(fleet, entry, template);
                presentations.labels.insert(index, labels);
                presentations.taints.insert(index, taints);
            } else if entry.node.unschedulable && entry.node.cordoned_by_us().is_some() {
                // Kubernetes mirrors a cordon in a taint; ours ends with the cordon.
                let others = entry.node.taints.iter().filter(|taint| taint.key != UNSCHEDULABLE);
                presentations.taints.insert(index, others.cloned().collect());
            }
        }
        presentations
    }

    pub(in crate::plan::scale_up) fn of<'a>(&'a self, fleet: &Fleet<'a>, index: NodeIx) -> NodeView<'a> {
        let node = fleet.nodes[index].node;
        NodeView {
            name: &node.name,
            labels: self.labels.get(&index).unwrap_or(&node.labels),
            taints: self.taints.get(&index).map_or(node.taints.as_slice(), Vec::as_slice),
            // Our cordon ends when a pod needs the node; the origin of the candidate states that it
            // is cordoned.
            unschedulable: node.unschedulable && node.cordoned_by_us().is_none(),
        }
    }
}

/// Returns the template of a node that is still starting.
fn template_of_starting<'t>(situation: &'t Situation<'_>, entry: &NodeEntry<'_>) -> Option<&'t Template> {
    let fleet = &situation.fleet;
    let (group, _) = entry.member_of.filter(|_| entry.is_lagging && !entry.node.unschedulable)?;
    let is_live = fleet.instance_of(entry)?.lifecycle.is_live();
    situation.template(group).filter(|_| is_live)
}

/// Returns what a starting node will be: it keeps its labels, gets those of its template, and loses
/// its startup taints.
fn as_it_will_be(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, template: &Template) -> (Labels, Vec<Taint>) {
    let zone = fleet.instance_of(entry).map(|instance| instance.zone.as_str());
    let variant = template.variants.iter().find(|variant| Some(variant.zone.as_str()) == zone);
    let mut labels = variant.map_or_else(Labels::new, |variant| variant.labels.clone());
    labels.extend(entry.node.labels.clone());
    let mut taints = lasting_taints(entry.node, fleet.policy);
    taints.extend(template.taints.iter().filter(|taint| !entry.node.taints.contains(taint)).cloned());
    (labels, taints)
}

/// Adds all existing and upcoming nodes to the working copy, and makes candidates of those that
/// pods can get.
pub(in crate::plan::scale_up) fn add_all<'a>(
    candidates: &mut Candidates<'a>,
    situation: &'a Situation<'a>,
    presentations: &'a Presentations,
    offers: &mut Offers<'a>,
    devices: CordonedDevices<'_>,
) -> Supply {
    let fleet = &situation.fleet;
    let mut upcoming = IndexVec::filled(fleet.groups.len(), Vec::new());
    let starting = starting(situation, &mut upcoming);
    if candidates.cluster.has_no_demands() {
        // Nobody looks for room: it matters only what is on the way.
        offer_coming(candidates, situation, offers, &mut upcoming);
        return Supply { is_sparing: false, existing: 0..0, free_of_charge: 0..candidates.len(), upcoming };
    }
    let nodes = add_existing(candidates, situation, presentations);
    offer_existing(candidates, fleet, &nodes);
    let existing = 0..candidates.len();
    for (node, origin) in starting {
        candidates.add(origin, nodes[node]);
    }
    offer_coming(candidates, situation, offers, &mut upcoming);
    let is_sparing = offer_cordoned(candidates, fleet, &nodes, devices);
    Supply { is_sparing, existing, free_of_charge: 0..candidates.len(), upcoming }
}

/// Returns the existing nodes and nothing else, in the order of [`Fleet::nodes`], as such pods find
/// them once the scheduler has bound what it can. `repelling` are the specifications of pods,
/// existing or expected, that have anti-affinity.
pub(crate) fn settled_cluster<'a>(
    situation: &'a Situation<'a>,
    presentations: &'a Presentations,
    (storage, demands): (Storage<'a>, IndexVec<DemandId, Demand<'a>>),
    repelling: impl Iterator<Item = (&'a str, &'a PodSpec)>,
) -> Cluster<'a> {
    let mut candidates = Candidates::new(Cluster::new(situation.fleet.cluster_parts(storage), demands, repelling));
    add_existing(&mut candidates, situation, presentations);
    candidates.cluster
}

/// Adds every existing node: those that pods cannot get are domains as well, and have pods that
/// others avoid.
fn add_existing<'a>(
    candidates: &mut Candidates<'a>,
    situation: &'a Situation<'a>,
    presentations: &'a Presentations,
) -> IndexVec<NodeIx, NodeId> {
    let Situation { fleet, daemons, .. } = situation;
    // A hundred thousand pods that no rule concerns are not worth a look each.
    let has_rules = candidates.cluster.has_rules();
    let mut ids = IndexVec::new();
    for (index, entry) in fleet.nodes.iter_numbered() {
        let description = presentations.of(fleet, index);
        let offer = match template_of_starting(situation, entry) {
            Some(template) => &template.allocatable,
            None => &entry.node.allocatable,
        };
        let mut free = fleet.columns.row(offer);
        add_unreported(situation, entry, &mut free);
        take(&mut free, &entry.requested, 1);
        // A gang that waits for its victims is nominated nowhere.
        for victim in entry.pods.iter().filter(|pod| !fleet.gangs.is_empty() && pod.makes_room()) {
            give(&mut free, &fleet.held(victim));
        }
        let present = entry.present_daemons();
        let is_there = |namespace: &str, name: &str| present.contains(&(namespace, name));
        // DaemonSets whose pods are still to come take this.
        let place = Place { labels: description.labels, taints: description.taints, offer };
        let missing = daemons.requests_on(&place, is_there);
        take(&mut free, &fleet.columns.row(&missing), 1);
        let nominated: Vec<&Pod> = entry.nominated.iter().copied().filter(|pod| nomination(fleet, pod).is_some()).collect();
        for pod in &nominated {
            take(&mut free, fleet.requests(pod), 1);
        }
        let id = candidates.cluster.add_known(description, &free);
        candidates.cluster.take_ports(id, &daemons.ports_on(&place, is_there));
        if has_rules {
            daemons.residents_on(&place, is_there).iter().for_each(|pod| candidates.cluster.add_resident(id, pod));
        }
        if let Some(csi) = fleet.csi_node(&entry.node.name) {
            candidates.cluster.limit_volumes(id, &csi.limits);
        }
        if let Some(template) = template_of_starting(situation, entry) {
            candidates.cluster.expect_storage(id, &template.storage);
            candidates.cluster.expect_devices(id, &template.devices);
        }
        for pod in entry.pods.iter().copied().chain(nominated) {
            if has_rules || fleet.has_ports(pod) || !pod.volumes.is_empty() {
                add_resident(candidates, fleet, id, pod);
            }
        }
        ids.push(id);
    }
    candidates.cluster.find_device_failures();
    ids
}

/// Adds what no kubelet reports and a tag of the group states.
fn add_unreported(situation: &Situation<'_>, entry: &NodeEntry<'_>, free: &mut [i64]) {
    let fleet = &situation.fleet;
    let Some(template) = entry.member_of.and_then(|(group, _)| situation.template(group)) else { return };
    if !entry.is_lagging && !template.unreported.is_empty() {
        give(free, &fleet.columns.row(&template.unreported));
    }
}

fn add_resident<'a>(candidates: &mut Candidates<'a>, fleet: &Fleet<'a>, node: NodeId, pod: &'a Pod) {
    candidates.cluster.add_resident(node, &fleet.resident(pod));
    if !pod.volumes.is_empty() {
        candidates.cluster.add_volumes(node, &pod.namespace, &pod.volumes);
    }
}

/// Whether the scheduler may place pods on the node now, or will once our own leftover cordon is
/// gone.
pub(crate) fn is_usable(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> bool {
    let is_leaving = fleet
        .instance_of(entry)
        .is_some_and(|instance| !matches!(instance.lifecycle, Lifecycle::Pending | Lifecycle::InService | Lifecycle::Standby));
    entry.node.is_ready() && !is_leaving && !entry.is_lagging && !entry.is_warm && fleet.closing(entry).is_none()
}

/// Offers existing nodes. Idle ones come last: they have a taint for which the scheduler prefers
/// the others as well.
fn offer_existing(candidates: &mut Candidates<'_>, fleet: &Fleet<'_>, nodes: &IndexVec<NodeIx, NodeId>) {
    let is_leftover = |entry: &NodeEntry<'_>| {
        let is_busy_cordon = entry.node.cordoned_by_us().is_some() && !entry.holders.is_empty();
        is_busy_cordon && under_way(fleet, entry).is_none() && fleet.may_open(entry)
    };
    let mut usable: Vec<NodeIx> = fleet
        .nodes
        .numbers()
        .filter(|&index| is_usable(fleet, &fleet.nodes[index]))
        .filter(|&index| !fleet.nodes[index].node.unschedulable || is_leftover(&fleet.nodes[index]))
        .collect();
    usable.sort_by_key(|&index| (fleet.nodes[index].node.idle_since().is_some(), index));
    for node in usable {
        candidates.add(Origin::Existing { node }, nodes[node]);
    }
}

/// Offers nodes that we cordoned and that are still idle, and those being drained: a drain must not
/// cause a purchase. The cheapest comes first; where no price is known, the smallest.
///
/// Returns whether nodes were left out because `devices` spares their devices.
fn offer_cordoned(
    candidates: &mut Candidates<'_>,
    fleet: &Fleet<'_>,
    nodes: &IndexVec<NodeIx, NodeId>,
    devices: CordonedDevices<'_>,
) -> bool {
    let may_open = |(_, entry): &(NodeIx, &NodeEntry<'_>)| {
        let is_leaving = entry.holders.is_empty() || under_way(fleet, entry).is_some();
        is_usable(fleet, entry) && entry.node.cordoned_by_us().is_some() && is_leaving && fleet.may_open(entry)
    };
    let mut cordoned: Vec<(NodeIx, &NodeEntry<'_>)> = fleet.nodes.iter_numbered().filter(may_open).collect();
    let all = cordoned.len();
    cordoned.retain(|(_, entry)| devices.may_open(entry));
    let is_sparing = cordoned.len() < all;
    cordoned.sort_by_key(|(node, entry)| {
        let price = price_of(fleet, *node);
        (price.is_none(), price, NodeSize::of(entry.node), *node)
    });
    for (node, _) in cordoned {
        candidates.add(Origin::Cordoned { node }, nodes[node]);
    }
    is_sparing
}

/// Returns the registered nodes that are still starting, each as the candidate that it is at the
/// size of its template.
fn starting(situation: &Situation<'_>, upcoming: &mut IndexVec<GroupIx, Vec<UpcomingNode>>) -> Vec<(NodeIx, Origin)> {
    let fleet = &situation.fleet;
    let mut found = Vec::new();
    for (index, entry) in fleet.nodes.iter_numbered() {
        let (Some((group, _)), Some(_)) = (entry.member_of, template_of_starting(situation, entry)) else { continue };
        if fleet.closing(entry).is_some() {
            continue;
        }
        let overdue_at = fleet.groups[group].policy.instance_init_time.after(entry.node.created_at);
        let instance = fleet.instance_of(entry);
        upcoming[group].push(UpcomingNode {
            node: Some(entry.node.name.clone()),
            instance: instance.map(|instance| instance.id.clone()),
            zone: instance.map(|instance| instance.zone.clone()).unwrap_or_default(),
            predicted: false,
            overdue_at,
        });
        found.push((index, Origin::Upcoming { group, ordinal: ordinal(&upcoming[group]), overdue_at }));
    }
    found
}

/// Offers instances that are not nodes yet, and those that the group has not launched yet.
fn offer_coming<'a>(
    candidates: &mut Candidates<'a>,
    situation: &'a Situation<'a>,
    offers: &mut Offers<'a>,
    upcoming: &mut IndexVec<GroupIx, Vec<UpcomingNode>>,
) {
    let fleet = &situation.fleet;
    for (group, entry) in fleet.groups.iter_numbered() {
        if situation.template(group).is_none() || died_before_they_served(fleet, entry) > 0 {
            continue;
        }
        for joining in joining(fleet, entry) {
            let node = offers.add_instance(candidates, group, joining.instance);
            upcoming[group].push(UpcomingNode {
                node: None,
                instance: Some(joining.instance.id.clone()),
                zone: joining.instance.zone.clone(),
                predicted: false,
                overdue_at: joining.overdue_at,
            });
            let ordinal = ordinal(&upcoming[group]);
            candidates.add(Origin::Upcoming { group, ordinal, overdue_at: joining.overdue_at }, node);
        }
        if let Unlaunched::Coming { nodes, overdue_at } = situation.health(group).gap {
            for _ in 0..nodes {
                let launch = offers.next(group);
                let node = offers.launch(candidates, group, &launch);
                upcoming[group].push(UpcomingNode {
                    node: None,
                    instance: None,
                    zone: offers.zone_name(group, launch.zone).to_owned(),
                    predicted: offers.is_predicted(group),
                    overdue_at,
                });
                candidates.add(Origin::Upcoming { group, ordinal: ordinal(&upcoming[group]), overdue_at }, node);
            }
        }
    }
}

fn ordinal(nodes: &[UpcomingNode]) -> u32 {
    small(nodes.len())
}
