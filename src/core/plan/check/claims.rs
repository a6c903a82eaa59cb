//! Which Node an instance is: by a providerID of the cloud's scheme or, without one, by its names
//! and addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use crate::snapshot::{Node, Snapshot};
use crate::well_known::provider_id::{SCHEME, SCHEME_WITHOUT_ZONE};

/// Which Nodes and instances have each other's names.
pub(super) struct Claims<'a> {
    /// The Nodes that claim an instance, by its id.
    nodes: BTreeMap<&'a str, Vec<&'a Node>>,
    /// The instances that a Node claims, by its name.
    instances: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Nodes that do not exist and to which unfinished pods are bound, by the id of an instance
    /// that has such a name.
    named_by_pods: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Whether unfinished pods are bound to a missing Node that could be any instance without one.
    has_unexplained_pods: bool,
}

impl<'a> Claims<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut carriers: BTreeMap<String, BTreeSet<&'a str>> = BTreeMap::new();
        for instance in snapshot.groups.iter().flat_map(|group| &group.instances) {
            for name in [&instance.id].into_iter().chain(&instance.addresses).flat_map(|name| forms(name)) {
                carriers.entry(name).or_default().insert(&instance.id);
            }
        }
        let named = |name: &str| forms(name).into_iter().filter_map(|form| carriers.get(&form)).flatten().copied();
        let mut nodes: BTreeMap<&'a str, Vec<&'a Node>> = BTreeMap::new();
        let mut instances: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
        for node in &snapshot.nodes {
            let by_name = || [&node.name].into_iter().chain(&node.addresses).flat_map(|name| named(name));
            let claimed: BTreeSet<&'a str> = instance_of(node).map_or_else(|| by_name().collect(), |id| [id].into());
            for id in &claimed {
                nodes.entry(id).or_default().push(node);
            }
            instances.insert(&node.name, claimed);
        }
        let names: BTreeSet<&str> = snapshot.nodes.iter().map(|node| node.name.as_str()).collect();
        let mut named_by_pods: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
        let mut has_unexplained_pods = false;
        for pod in snapshot.pods.iter().filter(|pod| !pod.is_finished()) {
            let Some(place) = pod.node.as_deref().filter(|place| !names.contains(place)) else { continue };
            let meant: BTreeSet<&'a str> = named(place).collect();
            has_unexplained_pods |= meant.is_empty();
            for id in meant {
                named_by_pods.entry(id).or_default().insert(place);
            }
        }
        Self { nodes, instances, named_by_pods, has_unexplained_pods }
    }

    /// Returns the Nodes that claim an instance.
    pub(super) fn nodes_of(&self, instance: &str) -> &[&'a Node] {
        self.nodes.get(instance).map_or(&[], Vec::as_slice)
    }

    /// Returns the instances that a Node claims.
    pub(super) fn instances_of(&self, node: &str) -> impl Iterator<Item = &'a str> {
        self.instances.get(node).into_iter().flatten().copied()
    }

    /// Returns the names of missing Nodes that have pods and a name of this instance.
    pub(super) fn missing_nodes_of(&self, instance: &str) -> impl Iterator<Item = &'a str> {
        self.named_by_pods.get(instance).into_iter().flatten().copied()
    }

    /// Whether pods are bound to a missing Node whose name fits no instance.
    pub(super) fn has_unexplained_pods(&self) -> bool {
        self.has_unexplained_pods
    }

    /// Whether no Node and no bound pod has any of the instance's names or addresses, and no pod is
    /// on a Node that could be any instance.
    pub(super) fn is_nobodys(&self, instance: &str) -> bool {
        let is_named = self.named_by_pods.contains_key(instance) || self.has_unexplained_pods;
        self.nodes_of(instance).is_empty() && !is_named
    }
}

/// Returns the instance that a providerID of a cloud's scheme names. Another scheme, such as
/// `k3s://`, names none.
pub(super) fn instance_of(node: &Node) -> Option<&str> {
    let provider_id = node.provider_id.as_deref()?;
    if let Some((_, id)) = provider_id.strip_prefix(SCHEME_WITHOUT_ZONE).and_then(|rest| rest.rsplit_once('/')) {
        return (!id.is_empty()).then_some(id);
    }
    let (_, id) = provider_id.strip_prefix(SCHEME)?.rsplit_once('/')?;
    id.starts_with("i-").then_some(id)
}

/// Returns the zone that a whole providerID of the cloud's scheme (`SCHEME/ZONE/ID`) names.
pub(super) fn zone_of(node: &Node) -> Option<&str> {
    let (zone, id) = node.provider_id.as_deref()?.strip_prefix(SCHEME)?.strip_prefix('/')?.split_once('/')?;
    (!zone.is_empty() && id.starts_with("i-") && !id.contains('/')).then_some(zone)
}

/// Returns the forms in which two texts can mean the same machine: the text itself, the address
/// that it writes (`10.0.0.1`, `ip-10-0-0-1` with any domain), and the resource name (`i-0…` with
/// any domain).
fn forms(name: &str) -> BTreeSet<String> {
    let name = name.to_ascii_lowercase();
    let label = name.split('.').next().unwrap_or_default();
    let address = name.parse::<IpAddr>().ok().or_else(|| address_in(label).map(IpAddr::V4));
    let resource = label.starts_with("i-").then(|| label.to_owned());
    address.map(|address| address.to_string()).into_iter().chain(resource).chain([name.clone()]).collect()
}

/// Returns the address in a label such as `ip-10-0-0-1`.
fn address_in(label: &str) -> Option<Ipv4Addr> {
    label.strip_prefix("ip-")?.replace('-', ".").parse().ok()
}
