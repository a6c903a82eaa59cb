//! What the nodes there are have in common, for groups that have no node to show theirs: static
//! pods, and labels that come late.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::late_labels;
use crate::plan::fleet::{Fleet, NodeEntry};
use crate::scheduler::placed_requests;
use crate::snapshot::{Labels, Name, Pod, Resources};
use crate::well_known::labels::{CONTROL_PLANE, OPERATING_SYSTEMS};

/// The static pods that most nodes of an operating system run, found once somebody asks.
pub(crate) struct StaticPods<'f, 'a> {
    fleet: &'f Fleet<'a>,
    by_system: OnceCell<BTreeMap<&'a str, Resources>>,
    late_labels: OnceCell<Labels>,
}

/// The nodes of one operating system.
#[derive(Default)]
struct NodesOfSystem<'a> {
    nodes: usize,
    /// By namespace and name: how many nodes run it, and the most that it requests.
    pods: BTreeMap<(&'a str, &'a str), (usize, Resources)>,
}

impl<'f, 'a> StaticPods<'f, 'a> {
    pub(crate) fn new(fleet: &'f Fleet<'a>) -> Self {
        Self { fleet, by_system: OnceCell::new(), late_labels: OnceCell::new() }
    }

    /// Returns the labels that every node gets after it has started.
    pub(super) fn late_labels(&self) -> &Labels {
        self.late_labels.get_or_init(|| late_labels::of_every_node(self.fleet))
    }

    /// Returns what the static pods request that most nodes with the operating system of these
    /// labels run. Those of the control plane are no example.
    pub(super) fn on(&self, labels: &Labels) -> Resources {
        let found = self.by_system.get_or_init(|| count(self.fleet));
        found.get(system(labels)).cloned().unwrap_or_default()
    }
}

fn count<'a>(fleet: &Fleet<'a>) -> BTreeMap<&'a str, Resources> {
    let mut by_system: BTreeMap<&str, NodesOfSystem<'a>> = BTreeMap::new();
    let is_worker = |entry: &&NodeEntry<'a>| !CONTROL_PLANE.iter().any(|label| entry.node.labels.contains_key(label));
    for entry in fleet.nodes.iter().filter(is_worker).filter(|entry| entry.node.is_ready() && !entry.is_lagging) {
        by_system.entry(system(&entry.node.labels)).or_default().add(fleet, entry);
    }
    by_system.into_iter().map(|(system, census)| (system, census.of_most())).collect()
}

fn system(labels: &Labels) -> &str {
    OPERATING_SYSTEMS.iter().find_map(|key| labels.get(key)).map_or("", Name::as_str)
}

impl<'a> NodesOfSystem<'a> {
    fn add(&mut self, fleet: &Fleet<'a>, entry: &NodeEntry<'a>) {
        self.nodes += 1;
        for pod in entry.pods.iter().filter(|pod| pod.mirror) {
            let requests = placed_requests(pod, fleet.spec(pod));
            let (nodes, most) = self.pods.entry((&pod.namespace, name_without_node(pod))).or_default();
            *nodes += 1;
            most.raise_to(&requests);
        }
    }

    fn of_most(self) -> Resources {
        let mut sum = Resources::default();
        let usual = self.pods.into_values().filter(|(nodes, _)| 2 * nodes > self.nodes);
        usual.for_each(|(_, requests)| sum.add(&requests));
        sum
    }
}

/// Returns the name of a static pod, to which the kubelet adds that of its node
/// (`pkg/kubelet/config/common.go`, `generatePodName`).
fn name_without_node(pod: &Pod) -> &str {
    let node = pod.node.as_deref().unwrap_or_default();
    pod.name.strip_suffix(node).and_then(|name| name.strip_suffix('-')).unwrap_or(&pod.name)
}
