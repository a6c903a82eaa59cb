//! New nodes of each group, as the working copy needs them: in each zone that they may be in, and
//! in the one that is expected next.

pub(super) mod catalogue;
pub(crate) mod chosen_zones;
pub(super) mod fit;
mod network_labels;
pub(super) mod next_zone;
pub(super) mod not_again;
mod together;

use std::collections::BTreeMap;

use crate::index_vec::{IndexVec, Number};
use crate::plan::fleet::{GroupEntry, GroupIx, do_share};
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
    /// The groups that name the same placement group, by each of them.
    sharing: BTreeMap<GroupIx, Vec<GroupIx>>,
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
            let mut zones = group.zones.to_vec();
            zones.sort_unstable();
            zones.dedup();
            let zones = IndexVec::from(zones);
            let forms = zones.iter().map(|zone| cluster.forms(&descriptions(template, |own| own.zone == *zone))).collect();
            let room = fleet.placement_room(group);
            let mut launches = Launches::of(group, &zones, &situation.health(index).backoff, room.as_ref());
            if group.group.reserved.only {
                // What has been requested comes where there was room by then.
                let own = || fleet.reserved.usable(index).iter().map(|it| fleet.reserved.get(*it));
                let had_room = |zone: &String| own().any(|it| it.zone == *zone && it.free > 0);
                launches.know_reserved(zones.iter().map(had_room).collect(), true);
            }
            let free = fleet.columns.row(&template.free);
            let ports = ports(template, daemons);
            let residents = residents(cluster, template, daemons);
            Some(Offer { template, zones, free, ports, residents, forms, launches, blueprints: BTreeMap::new() })
        });
        Self { groups: groups.collect(), sharing: sharing_groups(situation) }
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

    /// Returns how many more nodes of a group its placement group takes in the zones in which
    /// launches are tried at present.
    pub(in crate::plan::scale_up) fn open_room(&self, group: GroupIx) -> u32 {
        self.groups[group].as_ref().map_or(u32::MAX, |offer| offer.launches.open_room())
    }

    /// Whether the zone of a new node can only be predicted.
    pub(crate) fn is_predicted(&self, group: GroupIx) -> bool {
        self.known(group).zones.len() > 1 && !self.is_chosen(group)
    }

    /// Whether the plan chooses the zone of a new node.
    pub(crate) fn is_chosen(&self, group: GroupIx) -> bool {
        self.known(group).launches.is_chosen()
    }

    /// Notes in which zones the reservations of a group have room, by the names of the zones.
    pub(in crate::plan::scale_up) fn know_reserved(&mut self, group: GroupIx, only: bool, has_room: impl Fn(&str) -> bool) {
        if let Some(offer) = &mut self.groups[group] {
            let reserved = offer.zones.iter().map(|zone| has_room(zone)).collect();
            offer.launches.know_reserved(reserved, only);
        }
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
        for (node, zone) in self.count_in_zone(group, launch.zone, Some(node)) {
            candidates.cluster.narrow(node, self.known(group).forms[zone]);
        }
    }

    /// Counts a launch for its group, and for those that name the same placement group. Returns the
    /// nodes whose zone is certain by then.
    fn count_in_zone(&mut self, group: GroupIx, zone: ZoneIx, node: Option<NodeId>) -> Vec<(NodeId, ZoneIx)> {
        let offer = self.groups[group].as_mut().expect("only groups with a known offer launch");
        let certain = offer.launches.launched(zone, node);
        let Some(sharing) = self.sharing.get(&group) else { return certain };
        let (name, is_certain) = (offer.zones[zone].clone(), offer.launches.is_certain());
        for other in sharing {
            let Some(offer) = &mut self.groups[*other] else { continue };
            let zone = offer.zones.position(|own| *own == name);
            offer.launches.launched_in_placement(zone, is_certain);
        }
        certain
    }

    /// Whether the plan may choose the zone in which all machines of a group's placement group will
    /// be.
    fn may_begin_anywhere(&self, group: GroupIx) -> bool {
        let Some(sharing) = self.sharing.get(&group) else { return false };
        let mut offers = sharing.iter().map(|other| self.groups[*other].as_ref());
        offers.all(|offer| offer.is_some_and(|offer| offer.launches.is_chosen()))
            && self.known(group).launches.may_begin_anywhere()
    }

    /// Has all machines of a group's placement group come in a zone.
    fn begin_in(&mut self, group: GroupIx, zone: ZoneIx) {
        let name = self.zone_name(group, zone).to_owned();
        for other in self.sharing.get(&group).into_iter().flatten() {
            if let Some(offer) = &mut self.groups[*other] {
                let zone = offer.zones.position(|own| *own == name);
                offer.launches.keep_together(zone, true);
            }
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
        self.count_in_zone(group, launch.zone, None);
        launch
    }

    /// Returns the launches counted so far of a group and of those that name the same placement
    /// group, for [`Self::set_back_some`].
    pub(in crate::plan::scale_up) fn launches_of(&self, group: GroupIx) -> Vec<(GroupIx, Launches)> {
        let alone = [group];
        let groups = self.sharing.get(&group).map_or(&alone[..], Vec::as_slice);
        groups.iter().filter_map(|group| Some((*group, self.groups[*group].as_ref()?.launches.clone()))).collect()
    }

    /// Forgets all launches of these groups except these.
    pub(in crate::plan::scale_up) fn set_back_some(&mut self, launches: Vec<(GroupIx, Launches)>) {
        for (group, launches) in launches {
            if let Some(offer) = &mut self.groups[group] {
                offer.launches = launches;
            }
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

/// Returns the groups that name the same placement group, by each of them.
fn sharing_groups(situation: &Situation<'_>) -> BTreeMap<GroupIx, Vec<GroupIx>> {
    let fleet = &situation.fleet;
    let with_placement = fleet.groups.iter_numbered().filter(|(_, entry)| entry.group.placement.is_some());
    let sharing = |(index, entry): (GroupIx, &GroupEntry<'_>)| {
        let groups = fleet.groups.numbers().filter(|other| do_share(entry.group, fleet.groups[*other].group));
        (index, groups.collect())
    };
    with_placement.map(sharing).collect()
}

/// Adds a node, with the limits and ports of all nodes of its group.
fn put<'a>(cluster: &mut Cluster<'a>, offer: &Offer<'a>, blueprint: &Blueprint) -> NodeId {
    let node = cluster.add(blueprint, &offer.free);
    cluster.limit_volumes(node, &offer.template.csi_limits);
    cluster.expect_storage(node, &offer.template.storage);
    cluster.expect_devices(node, &offer.template.devices);
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
