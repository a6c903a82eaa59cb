//! Resources of dynamic resource allocation that have the name of a device.

use std::collections::BTreeSet;

use crate::snapshot::Snapshot;

/// Returns the resources that a DeviceClass serves and no node lists.
pub(super) fn served(snapshot: &Snapshot) -> BTreeSet<&str> {
    let is_listed = |name: &str| snapshot.nodes.iter().any(|node| node.allocatable.get(name) > 0);
    snapshot.device_class_resources.iter().map(String::as_str).filter(|name| !is_listed(name)).collect()
}
