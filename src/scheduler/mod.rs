//! kube-scheduler's questions: may this pod be placed on this node? Pure, and without an opinion on which node is best.

mod columns;
mod misfit;
pub mod predicates;
mod requests;

use crate::snapshot::{Labels, PodSpec, Taint};

pub use columns::Columns;
pub use misfit::{Misfit, Plugin};
pub use requests::{pending_requests, placed_requests};

/// A pod as the filters see it.
#[derive(Debug, Clone, Copy)]
pub struct PodView<'a> {
    /// What it asks for.
    pub spec: &'a PodSpec,
    /// Its requests, one amount a column.
    pub requests: &'a [i64],
    /// The names of the columns.
    pub resources: &'a Columns,
}

impl PodView<'_> {
    /// The columns it asks anything of, with the amount.
    fn asks(&self) -> impl Iterator<Item = (usize, i64)> {
        self.requests.iter().copied().enumerate().filter(|(_, asked)| *asked > 0)
    }
}

/// A node as the filters see it, be it there, upcoming or planned.
#[derive(Debug, Clone, Copy)]
pub struct NodeView<'a> {
    /// Its name; empty for a node that has none yet.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
    /// Its taints.
    pub taints: &'a [Taint],
    /// Whether it is cordoned.
    pub unschedulable: bool,
    /// What is free, one amount a column.
    pub free: &'a [i64],
}

/// The plugins a pod needs that this version does not ask. Such a pod is reported and never bought for: a wrong guess would
/// buy a node on which it stays pending.
#[must_use]
pub fn not_modelled(pod: &crate::snapshot::Pod, spec: &PodSpec) -> Vec<Plugin> {
    use crate::snapshot::PodVolume;
    let has_ports = spec.containers.iter().any(|container| !container.host_ports.is_empty());
    let has_claims = pod.volumes.iter().any(|volume| match volume {
        PodVolume::Claim { .. } | PodVolume::Ephemeral { .. } => true,
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => false,
    });
    let has_affinity = !spec.pod_affinity.is_empty() || !spec.pod_anti_affinity.is_empty();
    [
        (has_ports, Plugin::NodePorts),
        (has_claims, Plugin::VolumeBinding),
        (!spec.topology_spread.is_empty(), Plugin::PodTopologySpread),
        (has_affinity, Plugin::InterPodAffinity),
        (!spec.resource_claims.is_empty(), Plugin::DynamicResources),
    ]
    .into_iter()
    .filter_map(|(used, plugin)| used.then_some(plugin))
    .collect()
}

/// The first filter that keeps such a pod off an existing node whatever else runs there.
#[must_use]
pub fn first_lasting_misfit_on(spec: &PodSpec, node: &crate::snapshot::Node) -> Option<Misfit> {
    let columns = Columns::new([]);
    let pod = PodView { spec, requests: &[], resources: &columns };
    let view =
        NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable, free: &[] };
    predicates::first_lasting_misfit(&pod, &view)
}
