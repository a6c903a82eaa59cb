//! Which node is whose: instances and the nodes they became.

use std::collections::BTreeMap;

use super::{GroupEntry, Member, NodeEntry};
use crate::policy::Policy;
use crate::snapshot::{Instance, Lifecycle, Snapshot};

/// The groups by region preference and name, each with its instances and the nodes they became.
pub(super) fn groups_with_nodes<'a>(
    snapshot: &'a Snapshot,
    policy: &Policy,
    nodes: &mut [NodeEntry<'a>],
) -> Vec<GroupEntry<'a>> {
    let lookup = NodeLookup::new(nodes);
    let mut groups: Vec<GroupEntry<'a>> = snapshot
        .groups
        .iter()
        .map(|group| {
            let (own_policy, bad_settings) = policy.for_group(group);
            let preference = snapshot.region(&group.id.region).map_or(u32::MAX, |region| region.preference);
            let mut members: Vec<Member<'a>> =
                group.instances.iter().map(|instance| Member { instance, node: lookup.find(instance) }).collect();
            members.sort_unstable_by_key(|member| &member.instance.id);
            GroupEntry { group, policy: own_policy, bad_settings, preference, members }
        })
        .collect();
    groups.sort_by(|a, b| (a.preference, a.id()).cmp(&(b.preference, b.id())));
    for (group_index, group) in groups.iter().enumerate() {
        for (member_index, member) in group.members.iter().enumerate() {
            if let Some(node) = member.node {
                nodes[node].member_of = Some((group_index, member_index));
            }
        }
    }
    groups
}

/// Finds the node an instance became: by provider id, else by DNS name or address, which is all that an old kubelet without
/// a cloud provider tells.
struct NodeLookup<'a> {
    by_instance: BTreeMap<&'a str, usize>,
    by_address: BTreeMap<&'a str, usize>,
}

impl<'a> NodeLookup<'a> {
    fn new(nodes: &[NodeEntry<'a>]) -> Self {
        let numbered = || nodes.iter().enumerate();
        let by_instance = numbered().filter_map(|(index, entry)| Some((entry.node.instance_id()?, index))).collect();
        let without_id = numbered().filter(|(_, entry)| entry.node.provider_id.is_none());
        let by_address = without_id
            .flat_map(|(index, entry)| {
                let names = entry.node.addresses.iter().map(String::as_str).chain([entry.node.name.as_str()]);
                names.map(move |name| (name, index))
            })
            .collect();
        Self { by_instance, by_address }
    }

    fn find(&self, instance: &Instance) -> Option<usize> {
        let by_address = || instance.addresses.iter().find_map(|address| self.by_address.get(address.as_str()));
        match instance.lifecycle {
            Lifecycle::Warm => None,
            _ => self.by_instance.get(instance.id.as_str()).or_else(by_address).copied(),
        }
    }
}
