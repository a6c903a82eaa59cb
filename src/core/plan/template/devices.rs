//! The devices of a new node: what the drivers have published for a sibling, without what belongs
//! to that node alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::fleet::siblings::Evidence;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::{Device, DeviceAttribute, DeviceReach, DeviceTaint, LaunchOption, Node, ResourceSlice};

/// Attributes that differ from device to device, by the ends of their names: those by which drivers
/// tell devices apart. A selector that names one never means a new node.
const OF_ONE_DEVICE: [&str; 4] = ["uuid", "pcibusid", "pciaddress", "serialnumber"];

/// Returns the slices of a new node of a group. Where it may be of several machine types, those of
/// the type with the fewest devices; absent when a type has no settled sibling to show them.
pub(super) fn of_new_node(fleet: &Fleet<'_>, group: &GroupEntry<'_>, options: &[LaunchOption]) -> Option<Vec<ResourceSlice>> {
    fleet.snapshot.resource_slices.as_ref()?;
    let of_type = |option: &LaunchOption| shown(fleet, group, option).or_else(|| stated(group));
    let of_types = options.iter().map(of_type).collect::<Option<Vec<_>>>()?;
    let count = |slices: &Vec<ResourceSlice>| slices.iter().map(|slice| slice.devices.len()).sum::<usize>();
    of_types.into_iter().min_by_key(count)
}

/// Returns the slices that tags or a file state, without what belongs to one device alone.
fn stated(group: &GroupEntry<'_>) -> Option<Vec<ResourceSlice>> {
    let mut slices = group.group.tags.devices.clone();
    for device in slices.iter_mut().flat_map(|slice| &mut slice.devices) {
        device.attributes.retain(|name, _| !is_of_one_device(name));
    }
    (!slices.is_empty()).then_some(slices)
}

/// Whether drivers tell devices apart by an attribute.
fn is_of_one_device(attribute: &str) -> bool {
    let lower = attribute.to_ascii_lowercase();
    OF_ONE_DEVICE.iter().any(|end| lower.ends_with(end))
}

/// Returns the slices of the newest sibling of a machine type whose pools are complete.
fn shown(fleet: &Fleet<'_>, group: &GroupEntry<'_>, option: &LaunchOption) -> Option<Vec<ResourceSlice>> {
    let siblings = group.siblings.of_type(&option.machine_type);
    let nodes = fleet.nodes_of(siblings);
    let of_node = |node: &Node| fleet.slices_of_nodes.get(node.name.as_str()).cloned().unwrap_or_default();
    let complete = nodes.iter().map(|node| (*node, of_node(node))).find(|(_, own)| !own.is_empty() && are_complete(own));
    let Some((sibling, own)) = complete else {
        let is_settled = !nodes.is_empty() && siblings.evidence == Evidence::Settled;
        let have_none = nodes.iter().all(|node| of_node(node).is_empty());
        return (is_settled && have_none).then(Vec::new);
    };
    let others: Vec<Vec<&ResourceSlice>> =
        nodes.iter().filter(|node| node.name != sibling.name).map(|node| of_node(node)).collect();
    let taken = taken_by_daemons(fleet, sibling);
    Some(own.into_iter().map(|slice| of_another_node(slice, sibling, &others, &taken)).collect())
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

/// Returns the devices that pods of DaemonSets have on a node, by driver, pool and name: their like
/// will have the same on a new one.
fn taken_by_daemons<'a>(fleet: &Fleet<'a>, node: &Node) -> BTreeSet<(&'a str, &'a str, &'a str)> {
    let snapshot = fleet.snapshot;
    let pods = fleet.node_named(&node.name).into_iter().flat_map(|entry| &entry.pods);
    let daemons = pods.filter(|pod| pod.is_daemon() && !pod.resource_claims.is_empty());
    let daemons: BTreeSet<&str> = daemons.map(|pod| pod.uid.as_str()).collect();
    if daemons.is_empty() {
        return BTreeSet::new();
    }
    let claims =
        snapshot.resource_claims.iter().filter(|claim| claim.reserved_for.iter().any(|uid| daemons.contains(uid.as_str())));
    let devices = claims.filter_map(|claim| claim.allocation.as_ref()).flat_map(|allocation| &allocation.devices);
    let whole = devices.filter(|device| !device.admin_access && !device.is_share);
    whole.map(|device| (device.driver.as_str(), device.pool.as_str(), device.device.as_str())).collect()
}

/// Returns a slice as another node would have it.
fn of_another_node(
    slice: &ResourceSlice,
    sibling: &Node,
    others: &[Vec<&ResourceSlice>],
    taken: &BTreeSet<(&str, &str, &str)>,
) -> ResourceSlice {
    let is_free = |device: &&Device| !taken.contains(&(slice.driver.as_str(), slice.pool.as_str(), device.name.as_str()));
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
        // The new node has another name, and so has its pool.
        pool: if slice.pool == sibling.name { String::new() } else { slice.pool.clone() },
        reach: DeviceReach::Node(String::new()),
        devices: slice.devices.iter().filter(is_free).map(device).collect(),
        ..slice.clone()
    }
}
