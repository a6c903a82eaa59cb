//! Nodes by what the filters read of them: most nodes of a cluster are alike in all that matters to
//! any pending pod, and each filter runs once for all of those.

use indexmap::IndexSet;

use super::DemandId;
use crate::index_vec::IndexVec;
use crate::scheduler::NodeView;
use crate::scheduler::demand::Demand;
use crate::scheduler::devices::DeviceFacts;
use crate::scheduler::storage::{Storage, VolumeNeed};
use crate::snapshot::{Name, NodeSelectorTerm, Taint, TaintEffect};
use crate::well_known::labels::HOSTNAME;

/// Nodes that do not differ for any pending pod.
pub(super) type ProfileId = u32;

/// The profiles of all nodes, with the first node of each.
#[derive(Debug, Clone)]
pub(super) struct Descriptions<'a> {
    /// Node labels that any pending pod selects by.
    keys: Vec<&'a str>,
    /// Whether any of them selects a node by its name.
    by_name: bool,
    profiles: IndexSet<Profile<'a>>,
    first: Vec<NodeView<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Profile<'a> {
    values: Vec<Option<&'a str>>,
    taints: Vec<&'a Taint>,
    unschedulable: bool,
    name: Option<&'a str>,
}

impl<'a> Descriptions<'a> {
    pub(super) fn new(demands: &IndexVec<DemandId, Demand<'a>>, storage: &Storage<'a>, devices: DeviceFacts<'a>) -> Self {
        let mut keys: Vec<&str> = demands.iter().flat_map(|demand| asked_of_nodes(demand)).collect();
        let has_volumes = demands.iter().any(|demand| !demand.volumes.claims.is_empty());
        if has_volumes {
            keys.extend(storage.node_label_keys());
        }
        if demands.iter().any(Demand::wants_devices) {
            keys.extend(devices.node_label_keys());
        }
        keys.sort_unstable();
        keys.dedup();
        let by_name = keys.iter().any(|key| *key == HOSTNAME || *key == "metadata.name") || demands.iter().any(names_a_node);
        Self { keys, by_name, profiles: IndexSet::new(), first: Vec::new() }
    }

    /// Returns the profile of a node.
    pub(super) fn profile(&mut self, node: NodeView<'a>) -> ProfileId {
        let keeps_away = |taint: &&Taint| match taint.effect {
            TaintEffect::NoSchedule | TaintEffect::NoExecute => true,
            TaintEffect::PreferNoSchedule => false,
        };
        let (id, is_new) = self.profiles.insert_full(Profile {
            values: self.keys.iter().map(|key| node.labels.get(key).map(Name::as_str)).collect(),
            taints: node.taints.iter().filter(keeps_away).collect(),
            unschedulable: node.unschedulable,
            name: self.by_name.then_some(node.name),
        });
        if is_new {
            self.first.push(node);
        }
        ProfileId::try_from(id).unwrap_or(ProfileId::MAX)
    }

    /// Returns a node of the profile.
    pub(super) fn example(&self, profile: ProfileId) -> &NodeView<'a> {
        &self.first[profile as usize]
    }
}

/// Returns the keys that a pod's own selectors read.
fn asked_of_nodes<'a>(demand: &Demand<'a>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = demand.spec.node_selector.keys().map(Name::as_str).collect();
    let affinity = demand.spec.node_affinity.iter().flatten();
    let devices = demand.devices.iter().filter_map(|claim| claim.allocation.as_ref());
    let devices = devices.flat_map(|allocation| allocation.node_selector.iter().flatten());
    keys.extend(affinity.chain(devices).flat_map(term_keys));
    keys.extend(demand.together_by());
    keys
}

fn term_keys(term: &NodeSelectorTerm) -> impl Iterator<Item = &str> {
    term.match_expressions.iter().chain(&term.match_fields).map(|requirement| requirement.key.as_str())
}

fn names_a_node(demand: &Demand<'_>) -> bool {
    demand.volumes.claims.iter().any(|claim| matches!(claim.volume, VolumeNeed::Unbound { selected_node: Some(_), .. }))
}
