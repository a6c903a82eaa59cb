//! New nodes of each group, as the working copy needs them: in each zone that they may be in, and
//! in the one that is expected next.

pub(super) mod catalogue;
pub(crate) mod chosen_zones;
pub(super) mod fit;
pub(super) mod next_zone;
pub(super) mod not_again;

use std::collections::BTreeMap;

use crate::index_vec::{IndexVec, Number};
use crate::plan::fleet::GroupIx;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::{PlannedNode, ZoneOrigin};
use crate::plan::situation::Situation;
use crate::plan::template::{Daemons, Template, Variant};
use crate::scheduler::NodeView;
use crate::scheduler::cluster::{Blueprint, Cluster, FormsId, NodeId, Resident};
use crate::snapshot::{HostPort, Instance};
use next_zone::{Launch, Launches, ZoneIx};

/// The offers of all groups.
pub(crate) struct Offers<'a> {
    groups: IndexVec<GroupIx, Option<Offer<'a>>>,
}

/// The new nodes of one group.
pub(crate) struct Offer<'a> {
    pub(in crate::plan::scale_up) template: &'a Template,
    /// The zones, by name.
    pub(crate) zones: IndexVec<ZoneIx, String>,
    /// What is free for pods on such a node, one amount per column.
    pub(crate) free: Vec<i64>,
    /// Ports of the node that DaemonSets take.
    ports: Vec<&'a HostPort>,
    /// The pods of DaemonSets that any rule concerns.
    residents: Vec<Resident<'a>>,
    /// The forms that it may take in each zone.
    pub(crate) forms: IndexVec<ZoneIx, FormsId>,
    launches: Launches,
    /// What the node of each launch is.
    blueprints: BTreeMap<Launch, Blueprint>,
}

impl<'a> Offers<'a> {
    pub(crate) fn new(situation: &'a Situation<'a>, cluster: &mut Cluster<'a>) -> Self {
        let Situation { fleet, daemons, .. } = situation;
        let groups = fleet.groups.iter_numbered().map(|(index, group)| {
            let template = situation.template(index)?;
            let mut zones = group.group.zones.clone();
            zones.sort_unstable();
            zones.dedup();
            let zones = IndexVec::from(zones);
            let forms = zones.iter().map(|zone| cluster.forms(&descriptions(template, |own| own.zone == *zone))).collect();
            let launches = Launches::of(group, &zones, &situation.health(index).backoff);
            let free = fleet.columns.row(&template.free);
            let ports = ports(template, daemons);
            let residents = residents(cluster, template, daemons);
            Some(Offer { template, zones, free, ports, residents, forms, launches, blueprints: BTreeMap::new() })
        });
        Self { groups: groups.collect() }
    }

    /// Returns the offer of a group, if it is known.
    pub(crate) fn of(&self, group: GroupIx) -> Option<&Offer<'a>> {
        self.groups[group].as_ref()
    }

    /// Returns the next launch of a group whose offer is known.
    pub(crate) fn next(&self, group: GroupIx) -> Launch {
        self.known(group).launches.next()
    }

    /// Returns the name of a zone of a group.
    pub(crate) fn zone_name(&self, group: GroupIx, zone: ZoneIx) -> &str {
        &self.known(group).zones[zone]
    }

    /// Whether launches in a zone of a group are tried at present.
    pub(in crate::plan::scale_up) fn is_open(&self, group: GroupIx, zone: ZoneIx) -> bool {
        self.known(group).launches.is_open(zone)
    }

    /// Whether the zone of a new node can only be predicted.
    pub(crate) fn is_predicted(&self, group: GroupIx) -> bool {
        self.known(group).zones.len() > 1 && !self.is_chosen(group)
    }

    /// Whether the plan chooses the zone of a new node.
    pub(crate) fn is_chosen(&self, group: GroupIx) -> bool {
        self.known(group).launches.is_chosen()
    }

    /// Returns the zones of a group in which launches are tried at present.
    pub(in crate::plan::scale_up) fn open_zones(&self, group: GroupIx) -> impl Iterator<Item = ZoneIx> {
        let offer = self.known(group);
        offer.zones.numbers().filter(|zone| offer.launches.is_open(*zone))
    }

    /// Returns a new node of a group as a plan has it.
    pub(in crate::plan) fn planned(&self, group: GroupIx, zone: ZoneIx) -> PlannedNode {
        let origin = match (self.is_chosen(group), self.is_predicted(group)) {
            (true, _) => ZoneOrigin::Chosen,
            (false, true) => ZoneOrigin::Predicted,
            (false, false) => ZoneOrigin::Only,
        };
        PlannedNode { zone: self.zone_name(group, zone).to_owned(), origin }
    }

    /// Adds the node of a launch, without counting it.
    pub(in crate::plan::scale_up) fn try_launch(
        &mut self,
        candidates: &mut Candidates<'a>,
        group: GroupIx,
        launch: &Launch,
    ) -> NodeId {
        self.add_launch(&mut candidates.cluster, group, launch)
    }

    /// Adds the same node to a working copy without candidates.
    pub(crate) fn add_launch(&mut self, cluster: &mut Cluster<'a>, group: GroupIx, launch: &Launch) -> NodeId {
        let offer = self.groups[group].as_mut().expect("only groups with a known offer launch");
        if !offer.blueprints.contains_key(launch) {
            let made = blueprint(offer, cluster, group, launch);
            offer.blueprints.insert(launch.clone(), made);
        }
        put(cluster, offer, &offer.blueprints[launch])
    }

    /// Adds the node of a launch, and counts it.
    pub(in crate::plan::scale_up) fn launch(
        &mut self,
        candidates: &mut Candidates<'a>,
        group: GroupIx,
        launch: &Launch,
    ) -> NodeId {
        let node = self.try_launch(candidates, group, launch);
        self.settle(candidates, group, launch, node);
        node
    }

    /// Counts a launch whose node has been added.
    pub(in crate::plan::scale_up) fn settle(
        &mut self,
        candidates: &mut Candidates<'a>,
        group: GroupIx,
        launch: &Launch,
        node: NodeId,
    ) {
        let offer = self.groups[group].as_mut().expect("only groups with a known offer launch");
        let certain = offer.launches.launched(launch.zone, Some(node));
        for (node, zone) in certain {
            candidates.cluster.narrow(node, offer.forms[zone]);
        }
    }

    /// Adds a node in a certain zone, without counting it.
    pub(in crate::plan::scale_up) fn appear(&self, cluster: &mut Cluster<'a>, group: GroupIx, zone: ZoneIx) -> NodeId {
        let offer = self.known(group);
        let blueprint = offer.in_zone(cluster, zone);
        put(cluster, offer, &blueprint)
    }

    /// Returns what a node in a certain zone would be.
    pub(in crate::plan::scale_up) fn blueprint(&self, cluster: &mut Cluster<'a>, group: GroupIx, zone: ZoneIx) -> Blueprint {
        self.known(group).in_zone(cluster, zone)
    }

    /// Counts a launch for which there is no node in the working copy.
    pub(in crate::plan::scale_up) fn count_launch(&mut self, group: GroupIx) -> Launch {
        let launch = self.next(group);
        if let Some(offer) = &mut self.groups[group] {
            offer.launches.launched(launch.zone, None);
        }
        launch
    }

    /// Returns the launches of a group counted so far, for [`Self::set_back_of`].
    pub(in crate::plan::scale_up) fn launches_of(&self, group: GroupIx) -> Option<Launches> {
        self.groups[group].as_ref().map(|offer| offer.launches.clone())
    }

    /// Forgets all launches of a group except these.
    pub(in crate::plan::scale_up) fn set_back_of(&mut self, group: GroupIx, launches: Option<Launches>) {
        if let (Some(offer), Some(launches)) = (&mut self.groups[group], launches) {
            offer.launches = launches;
        }
    }

    /// Returns the launches counted so far, for [`Self::set_back`].
    pub(in crate::plan::scale_up) fn launches(&self) -> IndexVec<GroupIx, Option<Launches>> {
        self.groups.iter().map(|offer| offer.as_ref().map(|offer| offer.launches.clone())).collect()
    }

    /// Forgets all launches except these.
    pub(in crate::plan::scale_up) fn set_back(&mut self, launches: IndexVec<GroupIx, Option<Launches>>) {
        for (offer, launches) in self.groups.iter_mut().zip(launches) {
            if let (Some(offer), Some(launches)) = (offer, launches) {
                offer.launches = launches;
            }
        }
    }

    /// Adds an instance that is not a node yet: its zone and type are known.
    pub(in crate::plan::scale_up) fn add_instance(
        &self,
        candidates: &mut Candidates<'a>,
        group: GroupIx,
        instance: &Instance,
    ) -> NodeId {
        let offer = self.known(group);
        let template = offer.template;
        let is_it = |variant: &Variant| variant.zone == instance.zone && variant.machine_type == instance.machine_type;
        let mut known = descriptions(template, is_it);
        if known.is_empty() {
            // The group has left that zone or type: the new node is known only as well as any
            // other.
            known = descriptions(template, |_| true);
        }
        let forms = candidates.cluster.forms(&known);
        let blueprint = candidates.cluster.blueprint(forms, &known);
        put(&mut candidates.cluster, offer, &blueprint)
    }

    fn known(&self, group: GroupIx) -> &Offer<'a> {
        self.groups[group].as_ref().expect("only groups with a known offer launch")
    }
}

impl<'a> Offer<'a> {
    fn in_zone(&self, cluster: &mut Cluster<'a>, zone: ZoneIx) -> Blueprint {
        let there = descriptions(self.template, |variant| variant.zone == self.zones[zone]);
        cluster.blueprint(self.forms[zone], &there)
    }
}

/// Adds a node, with the limits and ports of all nodes of its group.
fn put<'a>(cluster: &mut Cluster<'a>, offer: &Offer<'a>, blueprint: &Blueprint) -> NodeId {
    let node = cluster.add(blueprint, &offer.free);
    cluster.limit_volumes(node, &offer.template.csi_limits);
    cluster.expect_storage(node, &offer.template.storage);
    if let Some(slices) = &offer.template.devices {
        cluster.expect_devices(node, slices);
    }
    cluster.take_ports(node, &offer.ports);
    for resident in &offer.residents {
        cluster.add_coming_resident(node, resident);
    }
    node
}

/// Returns the pods of the DaemonSets that run on every variant of a template, as far as any rule
/// concerns them.
fn residents<'a>(cluster: &mut Cluster<'a>, template: &Template, daemons: &Daemons<'a>) -> Vec<Resident<'a>> {
    if !cluster.has_rules() {
        return Vec::new();
    }
    let mut variants = template.variants.iter().map(|variant| daemons.names_on(&template.place(variant)));
    let Some(mut everywhere) = variants.next() else { return Vec::new() };
    variants.for_each(|there| everywhere.retain(|name| there.contains(name)));
    let mut residents = daemons.residents(&everywhere);
    residents.retain(|resident| cluster.is_counted(resident));
    residents
}

/// Returns the ports that DaemonSets take on any variant of a template.
fn ports<'a>(template: &Template, daemons: &Daemons<'a>) -> Vec<&'a HostPort> {
    let on = |variant: &Variant| daemons.ports_on(&template.place(variant), |_, _| false);
    let mut ports: Vec<&HostPort> = template.variants.iter().flat_map(on).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Returns what the node of a launch is.
fn blueprint<'a>(offer: &Offer<'a>, cluster: &mut Cluster<'a>, group: GroupIx, launch: &Launch) -> Blueprint {
    let Offer { template, zones, .. } = offer;
    let there = |zone: ZoneIx| descriptions(template, |variant| variant.zone == zones[zone]);
    let is_possible = |variant: &Variant| launch.possible.iter().any(|zone| zones[*zone] == variant.zone);
    let forms = cluster.forms(&descriptions(template, is_possible));
    let expected = there(launch.zone);
    if launch.possible.len() == 1 || !cluster.has_rules() {
        return cluster.blueprint(forms, &expected);
    }
    let places: Vec<_> = launch.possible.iter().map(|zone| there(*zone)).collect();
    cluster.blueprint_in_round(forms, &expected, &places, group.index())
}

fn descriptions<'a>(template: &'a Template, wanted: impl Fn(&Variant) -> bool) -> Vec<NodeView<'a>> {
    let variants = template.variants.iter().filter(|variant| wanted(variant));
    let describe =
        |variant: &'a Variant| NodeView { name: "", labels: &variant.labels, taints: &template.taints, unschedulable: false };
    variants.map(describe).collect()
}
