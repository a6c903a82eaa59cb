//! Instances and the nodes they became.

use std::collections::{BTreeMap, BTreeSet};

use super::placement;
use super::siblings::Siblings;
use super::{GroupEntry, GroupIx, Member, NodeEntry, NodeIx};
use crate::index_vec::IndexVec;
use crate::plan::schedule::limit_ahead;
use crate::policy::Policy;
use crate::snapshot::{Instance, Lifecycle, Snapshot, host_of, hosts};

/// Returns the groups by region preference and name, each with its instances and the nodes they
/// became.
///
/// A node that could be several instances, and nodes that are the same instance, are contested:
/// nobody knows which of them runs what. One of these, a Ready one if possible, counts as the
/// instance's node.
pub(super) fn groups_with_nodes<'a>(
    snapshot: &'a Snapshot,
    policy: &Policy,
    nodes: &mut IndexVec<NodeIx, NodeEntry<'a>>,
) -> IndexVec<GroupIx, GroupEntry<'a>> {
    let lookup = NodeLookup::new(nodes);
    let mut contested: Vec<(NodeIx, NodeIx)> = Vec::new();
    let mut warm: Vec<NodeIx> = Vec::new();
    let mut groups: Vec<GroupEntry<'a>> = snapshot
        .groups
        .iter()
        .map(|group| {
            let (own_policy, bad_settings) = policy.for_group(group);
            let preference = snapshot.region(&group.id.region).map_or(u32::MAX, |region| region.preference);
            let mut members: Vec<Member<'a>> = group
                .instances
                .iter()
                .map(|instance| {
                    let claimants = lookup.find(instance);
                    if instance.lifecycle == Lifecycle::Warm {
                        warm.extend(claimants);
                        return Member { instance, node: None, pod_bound_to: None };
                    }
                    contested.extend(pairs(&claimants));
                    let ready = claimants.iter().find(|node| nodes[**node].node.is_ready());
                    Member { instance, node: ready.or(claimants.first()).copied(), pod_bound_to: None }
                })
                .collect();
            members.sort_unstable_by_key(|member| &member.instance.id);
            let limit_ahead = limit_ahead(group, &own_policy, snapshot.taken_at);
            GroupEntry {
                group,
                zones: placement::zones_of(snapshot, group),
                limit_ahead,
                policy: own_policy,
                bad_settings,
                preference,
                members: members.into(),
                siblings: Siblings::default(),
            }
        })
        .collect();
    groups.sort_by(|a, b| (a.preference, a.id()).cmp(&(b.preference, b.id())));
    let groups = IndexVec::from(groups);
    for (group_index, group) in groups.iter_numbered() {
        for (member_index, member) in group.members.iter_numbered() {
            let Some(node) = member.node else { continue };
            if nodes[node].member_of.is_some() {
                contested.push((node, node));
            }
            nodes[node].member_of = Some((group_index, member_index));
        }
    }
    for node in warm {
        // What another instance is as well counts as that one's.
        nodes[node].is_warm = nodes[node].member_of.is_none();
    }
    for (node, rival) in contested {
        nodes[node].rival.get_or_insert(rival);
    }
    groups
}

/// Returns each of several nodes with another of them.
fn pairs(claimants: &[NodeIx]) -> Vec<(NodeIx, NodeIx)> {
    match claimants {
        [] | [_] => Vec::new(),
        [first, second, ..] => {
            let others = claimants.iter().skip(1).map(|node| (*node, *first));
            [(*first, *second)].into_iter().chain(others).collect()
        }
    }
}

/// Finds the nodes that an instance became: one, unless something is wrong.
struct NodeLookup<'a> {
    /// In order.
    ids: Vec<(&'a str, NodeIx)>,
    /// Nodes whose providerID leaves open which machine they are.
    addresses: BTreeMap<&'a str, Vec<NodeIx>>,
    /// Nodes whose providerID leaves open which machine they are, by the first part of their names.
    names_without_domain: BTreeMap<&'a str, Vec<NodeIx>>,
}

impl<'a> NodeLookup<'a> {
    fn new(nodes: &IndexVec<NodeIx, NodeEntry<'a>>) -> Self {
        let mut lookup =
            Self { ids: Vec::with_capacity(nodes.len()), addresses: BTreeMap::new(), names_without_domain: BTreeMap::new() };
        for (index, entry) in nodes.iter_numbered() {
            if let Some(id) = entry.node.instance_id() {
                lookup.ids.push((id, index));
            }
            if entry.node.is_known_by_address() {
                lookup.names_without_domain.entry(host_of(&entry.node.name)).or_default().push(index);
                let names: BTreeSet<&str> = entry.node.addresses.iter().chain([&entry.node.name]).map(String::as_str).collect();
                for name in names {
                    lookup.addresses.entry(name).or_default().push(index);
                }
            }
        }
        lookup.ids.sort_unstable();
        lookup
    }

    /// Returns the nodes in the order of their names.
    fn find(&self, instance: &Instance) -> Vec<NodeIx> {
        let first = self.ids.partition_point(|(id, _)| *id < instance.id.as_str());
        let by_id = self.ids[first..].iter().take_while(|(id, _)| *id == instance.id).map(|(_, node)| *node);
        let by_address = instance.addresses.iter().filter_map(|address| self.addresses.get(address.as_str()));
        let mut found: Vec<NodeIx> = by_id.chain(by_address.flatten().copied()).collect();
        if !self.names_without_domain.is_empty() {
            let hosts = hosts(&instance.id, &instance.addresses);
            found.extend(hosts.iter().filter_map(|host| self.names_without_domain.get(host.as_str())).flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
