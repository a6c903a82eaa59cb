//! The nodes, with the free resources of each.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::{HostId, MachineId, PodId};
use super::pods::PodPlace;
use crate::scheduler::{Columns, CpuMemory};
use crate::snapshot::{LabelSelector, Name, Node, Resources};
use crate::well_known::labels::HOSTNAME;

/// The nodes.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    all: Vec<Option<HostFacts>>,
    /// Those that exist.
    present: BTreeSet<HostId>,
    by_name: BTreeMap<String, HostId>,
    /// The host of each of `Snapshot::nodes`.
    ids: Vec<HostId>,
}

/// The facts about a node besides its object.
#[derive(Debug)]
pub(super) struct HostFacts {
    /// The name, which its pods share.
    pub(super) name: Name,
    /// Place in `Snapshot::nodes`.
    pub(super) position: usize,
    /// The instance of a group that it is.
    pub(super) machine: Option<MachineId>,
    pub(super) pods: BTreeSet<PodId>,
    /// How many of them keep it from being idle.
    holders: u32,
    /// Free amounts, one per column.
    pub(super) free: Vec<i64>,
    /// Its offer and what is taken of it, as the scheduler ranks nodes.
    pub(super) offer: CpuMemory,
    pub(super) used: CpuMemory,
}

impl Hosts {
    pub(super) fn named(&self, name: &str) -> Option<HostId> {
        self.by_name.get(name).copied()
    }

    /// Returns an existing node.
    pub(super) fn get(&self, host: HostId) -> &HostFacts {
        self.all[host].as_ref().expect("a node that is there")
    }

    pub(super) fn get_mut(&mut self, host: HostId) -> &mut HostFacts {
        self.all[host].as_mut().expect("a node that is there")
    }

    /// Returns the existing nodes, in the order in which they came.
    pub(super) fn ids(&self) -> impl Iterator<Item = HostId> {
        self.present.iter().copied()
    }

    /// Adds the node that is the last of the snapshot.
    pub(super) fn add(&mut self, node: &Node, machine: Option<MachineId>, columns: &Columns) -> HostId {
        let id = self.all.len();
        let host = HostFacts {
            name: node.name.as_str().into(),
            position: self.ids.len(),
            machine,
            pods: BTreeSet::new(),
            holders: 0,
            free: columns.row(&node.allocatable),
            offer: CpuMemory::of(&node.allocatable),
            used: CpuMemory::default(),
        };
        self.ids.push(id);
        self.present.insert(id);
        self.by_name.insert(node.name.clone(), id);
        self.all.push(Some(host));
        id
    }

    /// Forgets a node. The others keep their order in the snapshot: a plan sorts them by name.
    fn remove(&mut self, host: HostId, name: &str) -> Option<HostFacts> {
        let gone = self.all[host].take()?;
        self.by_name.remove(name);
        self.present.remove(&host);
        self.ids.remove(gone.position);
        for place in gone.position..self.ids.len() {
            self.get_mut(self.ids[place]).position = place;
        }
        Some(gone)
    }
}

impl HostFacts {
    /// Notes that its offer has changed.
    pub(super) fn change_offer(&mut self, before: &Resources, after: &Resources, columns: &Columns) {
        let changes = columns.row(after).into_iter().zip(columns.row(before));
        self.free
            .iter_mut()
            .zip(changes)
            .for_each(|(free, (after, before))| *free = free.saturating_add(after.saturating_sub(before)));
        self.offer = CpuMemory::of(after);
    }
}

impl World<'_> {
    pub(super) fn node(&self, host: HostId) -> &Node {
        &self.snapshot.nodes[self.hosts.get(host).position]
    }

    /// Returns a node that is about to change.
    pub(super) fn node_mut(&mut self, host: HostId) -> &mut Node {
        self.rankings.change(host, true);
        &mut self.snapshot.nodes[self.hosts.get(host).position]
    }

    /// Adds a node without pods.
    pub(super) fn add_node(&mut self, node: Node, machine: Option<MachineId>) -> HostId {
        let host = self.hosts.add(&node, machine, &self.columns);
        self.snapshot.nodes.push(node);
        self.rankings.add(host);
        host
    }

    /// Removes a node, with its pods.
    pub(super) fn remove_node(&mut self, host: HostId) {
        for pod in self.hosts.get(host).pods.clone() {
            self.lose(pod);
        }
        let position = self.hosts.get(host).position;
        let node = self.snapshot.nodes.remove(position);
        self.snapshot.csi_nodes.retain(|known| known.name != node.name);
        let is_its_own = |nodes: &LabelSelector| nodes.match_labels.get(HOSTNAME).is_some_and(|name| *name == node.name);
        self.snapshot.storage_capacities.retain(|known| !known.nodes.as_ref().is_some_and(is_its_own));
        self.withdraw_devices(&node.name);
        self.hosts.remove(host, &node.name);
        self.rankings.remove(host);
        self.queue.changed.remove(&host);
    }

    /// Puts a pod on a node.
    pub(super) fn occupy(&mut self, pod: PodId, host: HostId) {
        let life = &mut self.lives[pod];
        life.place = PodPlace::On { host, since: self.now };
        let held = life.held.clone();
        let on = self.hosts.get_mut(host);
        on.pods.insert(pod);
        on.holders += u32::from(life.is_holder);
        if life.is_holder && on.holders == 1 {
            self.turnover.turn(host);
        }
        on.free.iter_mut().zip(&held.row).for_each(|(free, requested)| *free -= requested);
        on.used = on.used + held.counts_as;
        self.rankings.change(host, false);
        if let Some(machine) = on.machine.filter(|_| !life.comes_with_its_node) {
            self.machine_takes(machine, &held.row);
        }
    }

    /// Takes a pod off its node.
    pub(super) fn vacate(&mut self, pod: PodId, host: HostId) {
        let life = &self.lives[pod];
        let held = life.held.clone();
        let on = self.hosts.get_mut(host);
        on.pods.remove(&pod);
        on.holders -= u32::from(life.is_holder);
        if life.is_holder && on.holders == 0 {
            self.turnover.turn(host);
        }
        on.free.iter_mut().zip(&held.row).for_each(|(free, requested)| *free += requested);
        on.used = on.used - held.counts_as;
        self.rankings.change(host, false);
        if let Some(machine) = on.machine.filter(|_| !life.comes_with_its_node) {
            self.machine_gives_back(machine, &held.row);
        }
        self.queue.changed.insert(host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> Node {
        let node = serde_json::json!({
            "name": name, "uid": name, "allocatable": {}, "ready": {"status": "true"}, "created_at": "2026-11-22T12:00:00Z",
        });
        serde_json::from_value(node).expect("a node")
    }

    #[test]
    fn the_others_keep_their_order_when_a_node_goes() {
        let (mut hosts, columns) = (Hosts::default(), Columns::none());
        let [a, b, c] = ["a", "b", "c"].map(|name| hosts.add(&node(name), None, &columns));
        assert!(hosts.remove(b, "b").is_some());
        let d = hosts.add(&node("d"), None, &columns);
        assert_eq!(hosts.ids().collect::<Vec<_>>(), [a, c, d]);
        assert_eq!([a, c, d].map(|host| hosts.get(host).position), [0, 1, 2]);
        assert_eq!(["b", "c"].map(|name| hosts.named(name)), [None, Some(c)]);
    }
}
