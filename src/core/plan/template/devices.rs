//! The devices of a new node: what the drivers have published for a sibling, without what belongs
//! to that node alone.

use std::collections::{BTreeMap, BTreeSet};

use super::daemon_claims::own_claims;
use crate::index_vec::IndexVec;
use crate::plan::fleet::siblings::Evidence;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::scheduler::cluster::{DemandId, allocate_on_new};
use crate::scheduler::{Demand, DeviceFacts, DeviceProblem, DevicesOfNewNode, NodeView};
use crate::snapshot::{
    AllocatedDevice, DaemonSet, Device, DeviceAttribute, DeviceReach, DeviceTaint, Labels, LaunchOption, Node, Pod,
    PodResourceClaim, ResourceClaim, ResourceSlice, Snapshot,
};

/// Attributes that differ from device to device, by the ends of their names: those by which drivers
/// tell devices apart. A selector that names one never means a new node.
const OF_ONE_DEVICE: [&str; 4] = ["uuid", "pcibusid", "pciaddress", "serialnumber"];

/// The DaemonSets whose pods claim devices on a node, each with its newest pod.
type Claiming<'a> = Vec<(&'a DaemonSet, Option<&'a Pod>)>;

/// What a sibling, a tag or a file shows of a new node.
struct ShownDevices<'a> {
    devices: DevicesOfNewNode,
    /// The DaemonSets of whose pods it shows the devices, by namespace and name.
    daemons: BTreeSet<(&'a str, &'a str)>,
}

/// Returns the devices of a new node of a group. Where it may be of several machine types, those of
/// the type with the fewest free ones; there are none when a type has no settled sibling to show
/// them. `claiming` returns the DaemonSets whose pods claim devices there.
pub(super) fn of_new_node<'a>(
    fleet: &Fleet<'a>,
    group: &GroupEntry<'_>,
    options: &[LaunchOption],
    claiming: impl Fn() -> Claiming<'a>,
) -> Result<DevicesOfNewNode, DeviceProblem> {
    if fleet.snapshot.resource_slices.is_none() {
        return Err(DeviceProblem::NotKnown);
    }
    let of_type = |option: &LaunchOption| shown(fleet, group, option).or_else(|| stated(group)).ok_or(DeviceProblem::NotKnown);
    let of_types = options.iter().map(of_type).collect::<Result<Vec<_>, _>>()?;
    let claiming = claiming();
    let with_daemons = |shown| with_claims(fleet.snapshot, shown, &claiming);
    let of_types = of_types.into_iter().map(with_daemons).collect::<Result<Vec<_>, _>>()?;
    let free = |devices: &DevicesOfNewNode| {
        let all = devices.slices.iter().map(|slice| slice.devices.len()).sum::<usize>();
        all.saturating_sub(devices.taken.iter().filter(|device| !device.is_share).count())
    };
    of_types.into_iter().min_by_key(free).ok_or(DeviceProblem::NotKnown)
}

/// Allocates what DaemonSets claim of which the new node shows nothing. A pod that gets none waits
/// there and takes nothing.
fn with_claims<'a>(
    snapshot: &'a Snapshot,
    shown: ShownDevices<'_>,
    claiming: &Claiming<'a>,
) -> Result<DevicesOfNewNode, DeviceProblem> {
    let ShownDevices { mut devices, daemons } = shown;
    let mut pods: IndexVec<DemandId, Demand<'a>> = IndexVec::new();
    for (set, newest) in claiming.iter().copied().filter(|(set, _)| !daemons.contains(&(&set.namespace, &set.name))) {
        let Some(claims) = own_claims(snapshot, set, newest) else {
            let daemon_set = format!("{}/{}", set.namespace, set.name);
            return Err(DeviceProblem::DaemonClaimsNotKnown { daemon_set });
        };
        let mut demand = Demand::new(&snapshot.pod_specs[&set.spec], &set.namespace, &set.labels, Vec::new());
        demand.claims = claims;
        pods.push(demand);
    }
    let labels = Labels::new();
    let node = NodeView { name: "", labels: &labels, taints: &[], unschedulable: false };
    let allocated = allocate_on_new(&node, (&devices, DeviceFacts::of(snapshot)), &pods);
    let taken: Vec<AllocatedDevice> = allocated.into_iter().flatten().flatten().flatten().collect();
    devices.taken.extend(taken.into_iter().filter(|device| !device.admin_access));
    Ok(devices)
}

/// Returns the slices that tags or a file state, without what belongs to one device alone.
fn stated<'a>(group: &GroupEntry<'_>) -> Option<ShownDevices<'a>> {
    let mut slices = group.group.tags.devices.clone();
    for device in slices.iter_mut().flat_map(|slice| &mut slice.devices) {
        device.attributes.retain(|name, _| !is_of_one_device(name));
    }
    let devices = DevicesOfNewNode { slices, taken: Vec::new() };
    (!devices.slices.is_empty()).then(|| ShownDevices { devices, daemons: BTreeSet::new() })
}

/// Whether drivers tell devices apart by an attribute.
fn is_of_one_device(attribute: &str) -> bool {
    let lower = attribute.to_ascii_lowercase();
    OF_ONE_DEVICE.iter().any(|end| lower.ends_with(end))
}

/// Returns the slices of the newest sibling of a machine type whose pools are complete.
fn shown<'a>(fleet: &Fleet<'a>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<ShownDevices<'a>> {
    let siblings = group.siblings.of_type(&option.machine_type);
    let nodes = fleet.nodes_of(siblings);
    let of_node = |node: &Node| fleet.slices_of_nodes.get(node.name.as_str()).cloned().unwrap_or_default();
    let complete = nodes.iter().map(|node| (*node, of_node(node))).find(|(_, own)| !own.is_empty() && are_complete(own));
    let Some((sibling, own)) = complete else {
        let is_settled = !nodes.is_empty() && siblings.evidence == Evidence::Settled;
        let have_none = nodes.iter().all(|node| of_node(node).is_empty());
        let none = || ShownDevices { devices: DevicesOfNewNode::default(), daemons: BTreeSet::new() };
        return (is_settled && have_none).then(none);
    };
    let others: Vec<Vec<&ResourceSlice>> =
        nodes.iter().filter(|node| node.name != sibling.name).map(|node| of_node(node)).collect();
    let slices = own.into_iter().map(|slice| of_another_node(slice, sibling, &others)).collect();
    let (taken, daemons) = taken_by_daemons(fleet, sibling);
    Some(ShownDevices { devices: DevicesOfNewNode { slices, taken }, daemons })
}

/// Whether every pool has all slices of its newest generation.
fn are_complete(slices: &[&ResourceSlice]) -> bool {
    let mut pools: BTreeMap<(&str, &str), (i64, i64, i64)> = BTreeMap::new();
    for slice in slices {
        let newest = pools.entry((&slice.driver, &slice.pool)).or_insert((slice.generation, 0, slice.slices));
        if slice.generation > newest.0 {
            *newest = (slice.generation, 0, slice.slices);
        }
        newest.1 += i64::from(slice.generation == newest.0);
    }
    pools.values().all(|(_, there, wanted)| there == wanted)
}

/// Returns the devices that pods of DaemonSets have on a node, as their like will have them on a
/// new one, and which DaemonSets have all that they claim.
fn taken_by_daemons<'a>(fleet: &Fleet<'a>, node: &Node) -> (Vec<AllocatedDevice>, BTreeSet<(&'a str, &'a str)>) {
    let snapshot = fleet.snapshot;
    let pods = fleet.node_named(&node.name).into_iter().flat_map(|entry| entry.pods.iter().copied());
    let pods: Vec<&Pod> = pods.filter(|pod| pod.is_daemon() && !pod.resource_claims.is_empty()).collect();
    if pods.is_empty() {
        return (Vec::new(), BTreeSet::new());
    }
    let uids: BTreeSet<&str> = pods.iter().map(|pod| pod.uid.as_str()).collect();
    let is_theirs = |claim: &&ResourceClaim| claim.reserved_for.iter().any(|uid| uids.contains(uid.as_str()));
    let claims: Vec<&ResourceClaim> = snapshot.resource_claims.iter().filter(is_theirs).collect();
    let has_devices = |pod: &Pod, entry: &PodResourceClaim| {
        let is_it = |claim: &&ResourceClaim| claim.namespace == pod.namespace && entry.claim.as_ref() == Some(&claim.name);
        claims.iter().copied().find(is_it).is_some_and(|claim| claim.allocation.is_some())
    };
    let served = pods.iter().filter(|pod| pod.resource_claims.iter().all(|entry| has_devices(pod, entry)));
    let daemons = served.filter_map(|pod| Some((pod.namespace.as_str(), pod.owner.as_ref()?.name.as_str())));
    let devices = claims.iter().filter_map(|claim| claim.allocation.as_ref()).flat_map(|allocation| &allocation.devices);
    let taken = devices
        .filter(|device| !device.admin_access)
        .map(|device| AllocatedDevice { pool: pool_of_new_node(&device.pool, node), ..device.clone() });
    (taken.collect(), daemons.collect())
}

/// Returns the name of a pool on a new node: that of one that is named as its node is not known.
fn pool_of_new_node(pool: &str, sibling: &Node) -> String {
    if pool == sibling.name { String::new() } else { pool.to_owned() }
}

/// Returns a slice as another node would have it.
fn of_another_node(slice: &ResourceSlice, sibling: &Node, others: &[Vec<&ResourceSlice>]) -> ResourceSlice {
    let like = |device: &Device| -> Vec<&Device> {
        let of_driver = others.iter().flatten().filter(|other| other.driver == slice.driver);
        of_driver.flat_map(|other| &other.devices).filter(|other| other.name == device.name).collect()
    };
    let is_common = |name: &str, value: &DeviceAttribute, like: &[&Device]| {
        !is_of_one_device(name) && like.iter().all(|other| other.attributes.get(name).is_none_or(|its| its == value))
    };
    let device = |device: &Device| {
        let like = like(device);
        let attributes = device.attributes.iter().filter(|(name, value)| is_common(name, value, &like));
        let attributes = attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
        // A taint of one device alone is not one of a new node.
        let has = |other: &&Device, taint: &DeviceTaint| other.taints.contains(taint);
        let taints = device.taints.iter().filter(|taint| like.iter().all(|other| has(other, taint)));
        Device { attributes, taints: taints.cloned().collect(), ..device.clone() }
    };
    ResourceSlice {
        pool: pool_of_new_node(&slice.pool, sibling),
        reach: DeviceReach::Node(String::new()),
        devices: slice.devices.iter().map(device).collect(),
        ..slice.clone()
    }
}
