//! Nodes, pods, instances and groups joined: which pods run where, and to which group a node
//! belongs.

mod account;
mod device_classes;
pub(crate) mod device_pools;
mod former;
mod membership;
mod missing_nodes;
mod node_entry;
mod node_size;
mod nodes_of_pods;
mod odd_clocks;
mod placement;
mod pod_ends;
mod pods_by_name;
mod positions;
mod price_of_machine;
pub(crate) mod reserved;
pub(crate) mod siblings;
mod specs;
mod systems;
mod topology_keys;
mod volumes_in_the_making;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use jiff::Timestamp;
use rustc_hash::FxBuildHasher;

use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::absent_pods::{AbsentIx, AbsentPlaces, AbsentPods, absent_pods};
use crate::plan::gangs::Gangs;
use crate::plan::known_pods::{KnownPod, KnownPods};
use crate::plan::requests::ServedRequests;
use crate::plan::schedule::ScheduledRun;
use crate::policy::{BadSetting, GroupPolicy, Policy};
use crate::scheduler::cluster::{ClusterParts, Resident};
use crate::scheduler::{Capacities, Columns, DeviceFacts, Gates, Storage};
use crate::snapshot::{
    CsiNode, Group, GroupId, Instance, MachineCheck, MachineType, Node, Pod, Reservation, Scheduling, Snapshot, holds_its_node,
    is_zone_of,
};
use crate::well_known::labels;
use device_pools::{DevicePools, SlicesOfNodes};
use membership::groups_with_nodes;
use nodes_of_pods::NodesOfPods;
use pods_by_name::sort_by_name;
use siblings::{Elders, Siblings, StartRules};
use specs::{Specs, columns_and_specs};

pub(crate) use account::Acquaintance;
pub(crate) use node_entry::NodeEntry;
pub(crate) use node_size::{NodeSize, price_of};
pub(crate) use odd_clocks::OddClock;
pub(crate) use placement::do_share;
pub(crate) use positions::{GroupIx, MemberIx, NodeIx};
pub(crate) use price_of_machine::Prices;
pub(crate) use reserved::{FreePlaces, ReservationEnd, Reservations};
pub(crate) use volumes_in_the_making::IgnoredClaim;

/// All that a plan reads, joined once and in an order that does not depend on the order of the
/// input.
pub(crate) struct Fleet<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) policy: &'a Policy,
    /// By region preference, then name.
    pub(crate) groups: IndexVec<GroupIx, GroupEntry<'a>>,
    /// By name.
    pub(crate) nodes: IndexVec<NodeIx, NodeEntry<'a>>,
    /// Pods without a node, by namespace and name; then those that are not in the API, each
    /// object's together.
    pub(crate) unbound: Vec<&'a Pod>,
    /// The ProvisioningRequests that are served here.
    pub(crate) requests: ServedRequests<'a>,
    /// The objects that stand for pods which are not in the API.
    pub(crate) absent: IndexVec<AbsentIx, AbsentPods<'a>>,
    /// Where their pods are among the unbound ones.
    pub(crate) absent_places: AbsentPlaces,
    /// Every resource that anything has or requests.
    pub(crate) columns: Columns,
    /// What machines cost, where prices were given.
    pub(crate) prices: Option<Prices<'a>>,
    /// Capacity that is paid for in any case.
    pub(crate) reserved: Reservations<'a>,
    specs: Specs<'a>,
    systems: systems::Systems<'a>,
    by_name: NodeNames<'a>,
    machine_types: BTreeMap<(&'a str, &'a str), &'a MachineType>,
    csi_nodes: BTreeMap<&'a str, &'a CsiNode>,
    machine_checks: BTreeMap<&'a str, &'a MachineCheck>,
    /// When earlier runs first saw instances without a node.
    first_seen: BTreeMap<(&'a GroupId, &'a str), Timestamp>,
    /// The name of a missing Node to which an unfinished pod is bound, and which fits no instance.
    unexplained_name: Option<&'a str>,
    /// The gangs of its pods.
    pub(crate) gangs: Gangs<'a>,
    /// Claims whose volume has been in the making for too long to keep a node.
    pub(crate) ignored_claims: Vec<IgnoredClaim>,
    /// Resources that a DeviceClass serves and no node lists.
    pub(crate) served_by_classes: BTreeSet<&'a str>,
    /// The complete pools of devices of each node.
    pub(crate) device_pools: DevicePools<'a>,
    /// The slices of devices of each node.
    pub(crate) slices_of_nodes: SlicesOfNodes<'a>,
    /// The labels by which volumes tell who reaches them, without those of zone and region.
    pub(crate) topology_of_volumes: BTreeSet<&'a str>,
    /// What is left of the storage whose drivers report it.
    pub(crate) capacities: Capacities<'a>,
    /// When the last pod ended on each node that our mark calls idle.
    pod_ends: BTreeMap<&'a str, Timestamp>,
}

/// The position of each node in [`Fleet::nodes`].
type NodeNames<'a> = IndexMap<&'a str, NodeIx, FxBuildHasher>;

/// A managed group with its nodes.
pub(crate) struct GroupEntry<'a> {
    pub(crate) group: &'a Group,
    pub(crate) policy: GroupPolicy,
    pub(crate) bad_settings: Vec<BadSetting>,
    /// The zones in which it can launch: those of the group that its placement group allows.
    pub(crate) zones: &'a [String],
    /// The scheduled change that limits its growth from now on, if one does.
    pub(crate) limit_ahead: Option<ScheduledRun<'a>>,
    /// The position of its region in `--regions`.
    pub(crate) preference: u32,
    /// Its instances by id, each with its node.
    pub(crate) members: IndexVec<MemberIx, Member<'a>>,
    /// Those of its nodes that show what the next one will be like.
    pub(crate) siblings: Siblings<'a>,
}

/// An instance of a group and the node it became.
pub(crate) struct Member<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) node: Option<NodeIx>,
    /// The name of a missing Node to which an unfinished pod is bound, and which this instance
    /// could be.
    pub(crate) pod_bound_to: Option<&'a str>,
}

impl<'a> Fleet<'a> {
    #[cfg(test)]
    pub(crate) fn join(snapshot: &'a Snapshot, policy: &'a Policy) -> Self {
        Self::join_knowing(snapshot, policy, &KnownPods::default())
    }

    /// Joins a snapshot with what is known of its pods.
    pub(crate) fn join_knowing(snapshot: &'a Snapshot, policy: &'a Policy, known: &KnownPods) -> Self {
        let served_by_classes = device_classes::served(snapshot);
        let (columns, specs) = columns_and_specs(snapshot, &served_by_classes, known);
        let pods_each = snapshot.pods.len().checked_div(snapshot.nodes.len()).unwrap_or(0);
        let bare = |node| NodeEntry::bare(node, columns.len(), pods_each);
        let mut nodes: Vec<NodeEntry<'a>> = snapshot.nodes.iter().map(bare).collect();
        nodes.sort_unstable_by_key(|entry| &entry.node.name);
        let mut nodes = IndexVec::from(nodes);
        let by_name = nodes.iter_numbered().map(|(index, entry)| (entry.node.name.as_str(), index)).collect();
        let groups = groups_with_nodes(snapshot, policy, &mut nodes);
        let machine_types =
            snapshot.machine_types.iter().map(|machine| ((machine.region.as_str(), machine.name.as_str()), machine)).collect();
        let csi_nodes = snapshot.csi_nodes.iter().map(|node| (node.name.as_str(), node)).collect();
        let machine_checks = snapshot.machine_checks.iter().map(|check| (check.instance.as_str(), check)).collect();
        let first_seen =
            snapshot.instance_notes.iter().map(|note| ((&note.group, note.instance.as_str()), note.first_seen)).collect();
        let systems = systems::Systems::of(snapshot, &groups, &nodes);
        let ending = |group: &GroupEntry<'a>, reservation: &'a Reservation| {
            ReservationEnd::of(policy, group, reservation, snapshot.taken_at)
        };
        let reserved = Reservations::join(snapshot, &groups, ending);
        let requests = ServedRequests::new(snapshot, policy);
        let absent = absent_pods(snapshot, policy, &requests);
        let mut fleet = Self {
            snapshot,
            policy,
            groups,
            nodes,
            unbound: Vec::new(),
            absent_places: AbsentPlaces::default(),
            columns,
            prices: Prices::of(snapshot),
            reserved,
            systems,
            specs,
            by_name,
            machine_types,
            csi_nodes,
            machine_checks,
            first_seen,
            unexplained_name: None,
            gangs: Gangs::new(snapshot, &absent),
            requests,
            absent,
            ignored_claims: Vec::new(),
            served_by_classes,
            device_pools: device_pools::device_pools(snapshot),
            slices_of_nodes: device_pools::slices_of_nodes(snapshot),
            topology_of_volumes: topology_keys::of(&snapshot.volumes),
            capacities: Capacities::new(snapshot),
            pod_ends: pod_ends::pod_ends(snapshot),
        };
        fleet.find_lagging();
        fleet.find_siblings();
        fleet.add_pods(known);
        fleet
    }

    /// Marks the nodes that are not complete yet.
    fn find_lagging(&mut self) {
        let mut lagging = Vec::new();
        for group in &self.groups {
            let rules = self.start_rules(group.policy.instance_init_time);
            lagging.extend(siblings::lagging(group, &self.nodes, &rules, |name| self.machine_type(&group.id().region, name)));
        }
        let rules = self.start_rules(self.policy.instance_init_time);
        let nobodys = self.nodes.iter_numbered().filter(|(_, entry)| entry.member_of.is_none());
        lagging.extend(nobodys.filter(|(_, entry)| rules.is_starting(entry.node, None)).map(|(index, _)| index));
        for node in lagging {
            self.nodes[node].is_lagging = true;
        }
    }

    fn start_rules(&self, init_time: Seconds) -> StartRules<'_> {
        StartRules {
            policy: self.policy,
            served: &self.served_by_classes,
            pools: &self.device_pools,
            are_devices_known: self.snapshot.resource_slices.is_some(),
            capacities: &self.capacities,
            now: self.now(),
            init_time,
        }
    }

    /// Chooses the siblings of each group's next node.
    fn find_siblings(&mut self) {
        let of = |group: &GroupEntry<'a>| {
            Siblings::of(group, &self.nodes, self.snapshot.taken_at, &self.served_by_classes, |name| {
                self.machine_type(&group.id().region, name)
            })
        };
        let found: Vec<Siblings<'a>> = self.groups.iter().map(of).collect();
        for (group, siblings) in self.groups.iter_mut().zip(found) {
            group.siblings = siblings;
        }
    }

    fn add_pods(&mut self, known: &KnownPods) {
        let by_name = |pod: &&'a Pod| (&pod.namespace, &pod.name);
        let (mut missing, mut are_sorted) = (BTreeSet::new(), true);
        let in_snapshot: Vec<NodeIx> = match known.is_empty() {
            true => Vec::new(),
            false => self.snapshot.nodes.iter().map(|node| self.by_name[node.name.as_str()]).collect(),
        };
        let mut nodes_of_pods = NodesOfPods::among(self.nodes.len());
        for (pod, place) in known.unfinished(self.snapshot) {
            if let Some(KnownPod { node, is_holder, comes_with_its_node }) = place {
                self.add_bound(in_snapshot[node as usize], pod, is_holder, comes_with_its_node);
                continue;
            }
            match &pod.node {
                None => {
                    if let Some(node) = pod.nominated_node.as_deref().and_then(|name| self.by_name.get(name)) {
                        self.nodes[*node].nominated.push(pod);
                    }
                    are_sorted = are_sorted && self.unbound.last().is_none_or(|last| by_name(last) < by_name(&pod));
                    self.specs.of_mut(pod).has_unbound = true;
                    self.unbound.push(pod);
                }
                Some(name) => match nodes_of_pods.node(name, &self.by_name) {
                    Some(node) => self.add_bound(node, pod, self.is_holder(pod), pod.belongs_to_its_node()),
                    None => drop(missing.insert(name.as_str())),
                },
            }
        }
        self.unexplained_name = missing_nodes::join(&mut self.groups, &missing);
        if !are_sorted {
            sort_by_name(&mut self.unbound);
        }
        let by_node = &self.by_name;
        self.ignored_claims =
            volumes_in_the_making::join(self.snapshot, &self.unbound, &mut self.nodes, |name| by_node.get(name).copied());
        for entry in &mut self.nodes {
            entry.nominated.sort_unstable_by_key(by_name);
        }
        self.add_absent_pods();
    }

    fn add_absent_pods(&mut self) {
        self.absent_places = AbsentPlaces::after(self.unbound.len(), &self.absent);
        for absent in &self.absent {
            self.specs.of_mut(absent.pod).has_unbound = true;
            self.unbound.extend(std::iter::repeat_n(absent.pod, absent.count as usize));
        }
    }

    /// Returns the pods without a node that are there, by namespace and name.
    pub(crate) fn waiting(&self) -> &[&'a Pod] {
        &self.unbound[..self.absent_places.waiting()]
    }

    fn add_bound(&mut self, node: NodeIx, pod: &'a Pod, is_holder: bool, comes_with_its_node: bool) {
        let mut requested = std::mem::take(&mut self.nodes[node].requested);
        add(&mut requested, &self.held(pod));
        self.specs.of_mut(pod).has_bound = true;
        let entry = &mut self.nodes[node];
        entry.requested = requested;
        entry.pods.push(pod);
        if is_holder {
            entry.holders.push(pod);
        }
        if comes_with_its_node {
            entry.of_the_node.push(pod);
        }
    }

    fn is_holder(&self, pod: &Pod) -> bool {
        let own = self.snapshot.cluster.own_pod.as_ref();
        holds_its_node(pod, self.spec(pod), own, self.policy.expendable_below)
    }

    /// Returns the features that the scheduler is assumed to have.
    pub(crate) fn gates(&self) -> Gates {
        Gates { numeric_tolerations: self.policy.numeric_tolerations }
    }

    /// Returns what a working copy of the cluster is made of.
    pub(crate) fn cluster_parts(&self, storage: Storage<'a>) -> ClusterParts<'a> {
        let namespaces = &self.snapshot.namespaces;
        let devices = DeviceFacts::of(self.snapshot);
        ClusterParts { columns: self.columns.clone(), gates: self.gates(), storage, devices, namespaces }
    }

    /// Returns a running pod as a working copy counts it.
    pub(crate) fn resident(&self, pod: &'a Pod) -> Resident<'a> {
        let terminating = pod.deletion_deadline.is_some();
        Resident { namespace: &pod.namespace, labels: &pod.labels, spec: self.spec(pod), terminating }
    }

    /// Returns how long the pod has waited that the scheduler refuses for longest.
    pub(crate) fn longest_wait(&self) -> Seconds {
        // A pod that is gated or being deleted waits for something else.
        let is_refused = |pod: &&&Pod| {
            let is_unschedulable = matches!(pod.scheduling, Scheduling::Unschedulable { .. });
            is_unschedulable && pod.deletion_deadline.is_none() && self.spec(pod).scheduling_gates.is_empty()
        };
        let since = self.waiting().iter().filter(is_refused).map(|pod| pod.created_at).min();
        since.map_or(Seconds(0), |since| Seconds::between(since, self.now()))
    }

    /// Returns when the snapshot was taken.
    pub(crate) fn now(&self) -> Timestamp {
        self.snapshot.taken_at
    }

    /// Returns the node of that name.
    pub(crate) fn node_named(&self, name: &str) -> Option<&NodeEntry<'a>> {
        self.by_name.get(name).map(|node| &self.nodes[*node])
    }

    /// Returns the number of the node of that name.
    pub(crate) fn node_number(&self, name: &str) -> Option<NodeIx> {
        self.by_name.get(name).copied()
    }

    /// Returns the number of the group of that id.
    pub(crate) fn group_number(&self, id: &GroupId) -> Option<GroupIx> {
        self.groups.position(|group| group.id() == id)
    }

    /// Returns what a machine type of a region offers, if known.
    pub(crate) fn machine_type(&self, region: &str, name: &str) -> Option<&'a MachineType> {
        self.machine_types.get(&(region, name)).copied()
    }

    /// Returns the limits of a node's CSI drivers, if they state any.
    pub(crate) fn csi_node(&self, node: &str) -> Option<&'a CsiNode> {
        self.csi_nodes.get(node).copied()
    }

    /// Returns the cloud's check of the machine of a node that is not Ready, if there was one.
    pub(crate) fn machine_check(&self, entry: &NodeEntry<'_>) -> Option<&'a MachineCheck> {
        let node = Some(entry.node).filter(|node| !node.is_ready())?;
        let instance = node.instance_id().or_else(|| Some(&self.instance_of(entry)?.id))?;
        self.machine_checks.get(instance).copied()
    }

    /// Returns when an earlier run first saw an instance in service without a node, if one noted
    /// it.
    pub(crate) fn first_seen(&self, group: &GroupId, instance: &Instance) -> Option<Timestamp> {
        self.first_seen.get(&(group, instance.id.as_str())).copied()
    }

    /// Returns the group that owns a node.
    pub(crate) fn group_of(&self, node: &NodeEntry<'_>) -> Option<&GroupEntry<'a>> {
        node.member_of.map(|(group, _)| &self.groups[group])
    }

    /// Returns the instance that a node of a managed group is.
    pub(crate) fn instance_of(&self, node: &NodeEntry<'_>) -> Option<&'a Instance> {
        node.member_of.map(|(group, member)| self.groups[group].members[member].instance)
    }

    /// Returns the unreadable region in which a node is, if it is in one.
    pub(crate) fn unreadable_region_of(&self, node: &Node) -> Option<&'a str> {
        let unreadable = self.snapshot.regions.iter().filter(|region| region.unreadable.is_some());
        unreadable.map(|region| region.name.as_str()).find(|region| is_in_region(node, region))
    }

    /// Whether this run may touch a node at all: a group that this run manages and selects owns it,
    /// and its region was read.
    pub(crate) fn may_touch(&self, entry: &NodeEntry<'_>) -> bool {
        let selected = self.group_of(entry).is_some_and(|group| self.policy.may_touch(&group.id().name));
        selected && entry.rival.is_none() && self.unreadable_region_of(entry.node).is_none()
    }

    /// Returns the Node objects of siblings, the newest first.
    pub(crate) fn nodes_of(&self, elders: &Elders) -> Vec<&'a Node> {
        elders.nodes.iter().map(|node| self.nodes[*node].node).collect()
    }

    /// Returns how old a node is.
    pub(crate) fn age(&self, node: &Node) -> Seconds {
        Seconds::between(node.created_at, self.now())
    }
}

impl<'a> GroupEntry<'a> {
    pub(crate) fn id(&self) -> &GroupId {
        &self.group.id
    }

    /// Returns the instances that count as capacity.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.iter().filter(|member| member.instance.lifecycle.is_live())
    }

    /// Returns the live capacity in the group's unit.
    pub(crate) fn live_weight(&self) -> i64 {
        self.group.live_weight()
    }

    /// Returns the most capacity that a request may have.
    pub(crate) fn max_in_force(&self) -> i64 {
        let ahead = self.limit_ahead.and_then(|run| run.change.most());
        ahead.map_or(self.most(), |most| most.min(self.most()))
    }

    /// Returns the least capacity that is left.
    pub(crate) fn least(&self) -> i64 {
        self.policy.least(self.group)
    }

    /// Returns the most capacity that it may have at present.
    pub(crate) fn most(&self) -> i64 {
        self.policy.most(self.group)
    }

    /// Returns the capacity to request so that one more node is certain, whichever type is
    /// launched.
    pub(crate) fn weight_of_a_node(&self) -> i64 {
        self.group.weight_of_a_node()
    }
}

/// Whether a node is in a region, by its label or else by the zone in its providerID.
fn is_in_region(node: &Node, region: &str) -> bool {
    match labels::REGIONS.iter().find_map(|label| node.labels.get(label)) {
        Some(label) => label == region,
        None => {
            node.provider_id.as_deref().is_some_and(|id| id.split('/').any(|part| part == region || is_zone_of(part, region)))
        }
    }
}

fn add(sum: &mut [i64], other: &[i64]) {
    for (sum, other) in sum.iter_mut().zip(other) {
        *sum = sum.saturating_add(*other);
    }
}
