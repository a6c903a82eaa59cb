//! Nodes that are not complete yet: what they lack is still on its way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::agreement;
use super::devices::has_devices_of;
use super::{ASKED, GroupEntry, NodeEntry, NodeIx};
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::plan::fleet::device_pools::{DevicePools, usual_pools};
use crate::policy::Policy;
use crate::scheduler::Capacities;
use crate::snapshot::{Group, MachineType, Node, Taint};
use crate::well_known::labels::WHILE_IT_LEAVES;
use crate::well_known::resources::device_family;

/// What the question whether a node is complete depends on.
pub(crate) struct StartRules<'p> {
    pub(crate) policy: &'p Policy,
    /// Resources that a DeviceClass serves, so that no node lists them.
    pub(crate) served: &'p BTreeSet<&'p str>,
    /// The complete pools of devices of each node.
    pub(crate) pools: &'p DevicePools<'p>,
    /// Whether the slices of devices were read.
    pub(crate) are_devices_known: bool,
    pub(crate) capacities: &'p Capacities<'p>,
    pub(crate) now: Timestamp,
    /// For how long a node may take to be complete.
    pub(crate) init_time: Seconds,
}

impl StartRules<'_> {
    /// Whether a node is still young enough for something to be on its way.
    fn is_young(&self, node: &Node) -> bool {
        Seconds::between(node.created_at, self.now) < self.init_time
    }

    /// Whether a young node shows by itself that it is not complete: it is not Ready, has a startup
    /// taint, or offers none of the devices of its machine.
    pub(crate) fn is_starting(&self, node: &Node, machine: Option<&MachineType>) -> bool {
        let is_tainted = || node.taints.iter().any(|taint| self.policy.is_startup_taint(taint));
        let lacks_devices = || machine.is_some_and(|machine| !has_devices_of(node, machine, self.served));
        self.is_young(node) && (!node.is_ready() || is_tainted() || lacks_devices())
    }
}

/// The newest elders of one machine type, and what most of them have once somebody asks.
#[derive(Default)]
struct Model<'a> {
    elders: Vec<&'a Node>,
    agreed: Option<Agreed<'a>>,
}

/// What most elders have.
struct Agreed<'a> {
    label_keys: Vec<&'a str>,
    taints: Vec<&'a Taint>,
    devices: Vec<&'a str>,
    /// The classes of which most have storage.
    storage: Vec<String>,
    /// How many complete pools of devices most have, by driver.
    pools: BTreeMap<String, usize>,
}

/// Returns the nodes of a group that are not complete: those that show it by themselves, and young
/// ones that lack a label, a device or storage that most of their elders have, or carry a taint
/// that most of them do not. Without elders the tags count. An elder is a complete node of the same
/// machine type that is older.
pub(crate) fn lagging<'a>(
    group: &GroupEntry<'a>,
    nodes: &IndexVec<NodeIx, NodeEntry<'a>>,
    rules: &StartRules<'_>,
    machine_type: impl Fn(&str) -> Option<&'a MachineType>,
) -> Vec<NodeIx> {
    let mut by_age: Vec<(NodeIx, &str)> =
        group.members.iter().filter_map(|member| Some((member.node?, member.instance.machine_type.as_str()))).collect();
    if !by_age.iter().any(|(node, _)| rules.is_young(nodes[*node].node)) {
        return Vec::new();
    }
    by_age.sort_unstable_by_key(|(node, _)| (nodes[*node].node.created_at, *node));
    let mut models: BTreeMap<&str, Model<'a>> = BTreeMap::new();
    let mut lagging = Vec::new();
    for (index, name) in by_age {
        let node = nodes[index].node;
        let is_young = rules.is_young(node);
        let differs = is_young
            && match models.get_mut(name) {
                Some(model) => model.is_unlike(node, rules),
                None => lacks_what_is_stated(node, group.group) || lacks_stated_devices(node, group.group, rules),
            };
        if differs || rules.is_starting(node, machine_type(name)) {
            lagging.push(index);
        } else if node.is_ready() && Seconds::between(node.readiness_since(), rules.now) >= group.policy.min_node_age {
            models.entry(name).or_default().learn(node, rules);
        }
    }
    lagging
}

/// Whether a node lacks a label or a device that a tag states. Without elders the tags say what is
/// still to come.
fn lacks_what_is_stated(node: &Node, group: &Group) -> bool {
    let is_device = |(name, amount): &(&str, i64)| device_family(name).is_some() && *amount > 0;
    group.tags.labels.keys().any(|key| !node.labels.contains_key(key))
        || group.tags.resources.iter().filter(is_device).any(|(name, _)| node.allocatable.get(name) == 0)
}

/// Whether a node has fewer complete pools of a driver than tags state; nothing is known of that
/// where no slices were read.
fn lacks_stated_devices(node: &Node, group: &Group, rules: &StartRules<'_>) -> bool {
    let mut stated: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for slice in group.tags.devices.iter().filter(|_| rules.are_devices_known) {
        stated.entry(&slice.driver).or_default().insert(&slice.pool);
    }
    let own = rules.pools.get(node.name.as_str());
    let has = |driver: &str| own.and_then(|pools| pools.get(driver)).copied().unwrap_or_default();
    stated.iter().any(|(driver, pools)| has(driver) < pools.len())
}

impl<'a> Model<'a> {
    /// Counts one more elder. Old nodes make room for newer ones; young ones count only as long as
    /// there are few, since each of them makes everything be counted again.
    fn learn(&mut self, node: &'a Node, rules: &StartRules<'_>) {
        if self.elders.len() == ASKED {
            if rules.is_young(node) {
                return;
            }
            self.elders.remove(0);
        }
        self.elders.push(node);
        self.agreed = None;
    }

    fn is_unlike(&mut self, node: &Node, rules: &StartRules<'_>) -> bool {
        let elders = &self.elders;
        self.agreed.get_or_insert_with(|| Agreed::by(elders, rules)).is_missing_from(node, rules)
    }
}

impl<'a> Agreed<'a> {
    fn by(elders: &[&'a Node], rules: &StartRules<'_>) -> Self {
        let capacities = rules.capacities;
        let has = |class: &str| elders.iter().filter(|node| capacities.is_reported(class, &node.labels)).count();
        let storage = capacities.compared().filter(|class| 2 * has(class) > elders.len()).map(str::to_owned).collect();
        let names: Vec<&str> = elders.iter().map(|node| node.name.as_str()).collect();
        let pools = usual_pools(rules.pools, &names).into_iter().map(|(driver, number)| (driver.to_owned(), number)).collect();
        let mut label_keys = agreement::label_keys(elders);
        label_keys.retain(|key| !WHILE_IT_LEAVES.contains(key));
        Self { label_keys, taints: agreement::taints(elders), devices: agreement::devices(elders), storage, pools }
    }

    /// Whether the node lacks something of this, or has a lasting taint beyond it.
    fn is_missing_from(&self, node: &Node, rules: &StartRules<'_>) -> bool {
        let is_further = |taint: &Taint| rules.policy.is_lasting_taint(taint) && !self.taints.contains(&taint);
        let own_pools = rules.pools.get(node.name.as_str());
        let has_pools = |driver: &str| own_pools.and_then(|pools| pools.get(driver)).copied().unwrap_or_default();
        self.label_keys.iter().any(|key| !node.labels.contains_key(key))
            || self.devices.iter().any(|name| node.allocatable.get(name) == 0)
            || self.storage.iter().any(|class| !rules.capacities.is_reported(class, &node.labels))
            || self.pools.iter().any(|(driver, number)| has_pools(driver) < *number)
            || node.taints.iter().any(is_further)
    }
}
