//! Whether account and cluster belong together, and whether the clocks agree. Without both nothing
//! is removed.

use super::claims::{Claims, instance_of};
use crate::snapshot::{MachineHealth, Name, Node, Snapshot};

/// Clocks that differ by more seconds than this prove no age.
const MOST_SECONDS_OFF: u64 = 300;

/// Whether some Ready node is an instance that this account knows: a member of a managed group, or
/// a machine that the cloud described.
pub(super) fn is_proven(snapshot: &Snapshot, claims: &Claims<'_>) -> bool {
    let members = || snapshot.groups.iter().flat_map(|group| &group.instances).map(|instance| instance.id.as_str());
    let is_described = |node: &Node| {
        let mut checks = snapshot.machine_checks.iter().filter(|check| check.health != MachineHealth::NotFound);
        checks.any(|check| instance_of(node) == Some(check.instance.as_str()) || check.node.as_ref() == Some(&node.name))
    };
    members().flat_map(|id| claims.nodes_of(id)).any(|node| node.is_ready())
        || snapshot.nodes.iter().any(|node| node.is_ready() && is_described(node))
}

/// Whether there is a Ready node that the account should know. A node of a region that could not be
/// read shows nothing.
pub(super) fn has_witness(snapshot: &Snapshot) -> bool {
    let unread: Vec<&str> =
        snapshot.regions.iter().filter(|region| region.unreadable.is_some()).map(|region| region.name.as_str()).collect();
    let is_unread = |node: &Node| {
        let label = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
        let by_label = label.iter().find_map(|key| node.labels.get(key)).map(Name::as_str);
        let by_zone = || node.provider_id.as_deref().unwrap_or_default().split('/').find(|part| part.contains('-'));
        by_label.or_else(by_zone).is_some_and(|place| unread.iter().any(|region| place.starts_with(region)))
    };
    snapshot.nodes.iter().any(|node| node.is_ready() && !is_unread(node))
}

/// Whether a measured clock is too far off the API server's.
pub(super) fn is_clock_off(snapshot: &Snapshot) -> bool {
    let clocks = [snapshot.clocks.machine, snapshot.clocks.cloud];
    clocks.into_iter().flatten().any(|seconds| seconds.unsigned_abs() > MOST_SECONDS_OFF)
}
