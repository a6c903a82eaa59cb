//! The cluster as a model sees it: the pods that wait, the nodes with what is free on them, and
//! what the groups could launch.
//!
//! A model goes by requests, labels and taints. Rules between pods, ports and volumes it leaves to
//! the scheduler of the world.

use crate::duration::Seconds;
use crate::plan::ExpectedNode;
use crate::scheduler::{Columns, Gates, NodeView, PodView, predicates};
use crate::snapshot::{Group, Labels, Pod, PodSpec, Snapshot, Taint, UsdPerHour};

/// The cluster at one moment.
pub(in crate::simulate) struct ModelCluster<'w> {
    /// The time since the start.
    pub(in crate::simulate) now: Seconds,
    /// What a run would see.
    pub(in crate::simulate) snapshot: &'w Snapshot,
    /// Every resource, in the order of all rows.
    pub(in crate::simulate) columns: &'w Columns,
    pub(in crate::simulate) gates: Gates,
    /// A number drawn for this run.
    pub(in crate::simulate) lot: u64,
    /// Pods that the scheduler could not place, the oldest first.
    pub(in crate::simulate) waiting: Vec<ModelPod<'w>>,
    /// All nodes, and the instances that become nodes, in the order in which they came.
    pub(in crate::simulate) nodes: Vec<ModelNode<'w>>,
    /// The groups, in the order of the snapshot.
    pub(in crate::simulate) groups: Vec<ModelGroup<'w>>,
}

/// A pod.
#[derive(Clone, Copy)]
pub(in crate::simulate) struct ModelPod<'w> {
    pub(in crate::simulate) pod: &'w Pod,
    pub(in crate::simulate) spec: &'w PodSpec,
    /// What it requests, one amount per column.
    pub(in crate::simulate) row: &'w [i64],
}

/// A node, or an instance that becomes one.
pub(in crate::simulate) struct ModelNode<'w> {
    /// Its instance and the group of that; absent where it belongs to no group.
    pub(in crate::simulate) member: Option<ModelMember<'w>>,
    pub(in crate::simulate) labels: &'w Labels,
    pub(in crate::simulate) taints: &'w [Taint],
    pub(in crate::simulate) unschedulable: bool,
    pub(in crate::simulate) is_ready: bool,
    /// What it offers to pods, those of DaemonSets among them.
    pub(in crate::simulate) total: Vec<i64>,
    /// What no pod has requested.
    pub(in crate::simulate) free: Vec<i64>,
    /// Its pods but those that come with the node.
    pub(in crate::simulate) pods: Vec<ModelPod<'w>>,
}

/// The instance behind a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulate) struct ModelMember<'w> {
    /// Its number, which no other instance ever has.
    pub(in crate::simulate) machine: usize,
    pub(in crate::simulate) group: usize,
    pub(in crate::simulate) machine_type: &'w str,
    pub(in crate::simulate) launched_at: Seconds,
    pub(in crate::simulate) price: Option<UsdPerHour>,
    pub(in crate::simulate) spot: bool,
}

/// A group.
pub(in crate::simulate) struct ModelGroup<'w> {
    pub(in crate::simulate) group: &'w Group,
    /// Whether the group may launch at all.
    pub(in crate::simulate) is_open: bool,
    /// What it may launch.
    pub(in crate::simulate) offers: Vec<LaunchOffer<'w>>,
}

/// A node of one machine type in one zone that a group may launch.
pub(in crate::simulate) struct LaunchOffer<'w> {
    pub(in crate::simulate) node: &'w ExpectedNode,
    pub(in crate::simulate) price: Option<UsdPerHour>,
    pub(in crate::simulate) spot: bool,
    /// What it offers to pods beside those of its DaemonSets.
    pub(in crate::simulate) free: Vec<i64>,
}

impl ModelCluster<'_> {
    /// Whether the labels and taints of a node let a pod onto it, however full it is.
    pub(super) fn admits(&self, pod: &ModelPod<'_>, node: &ModelNode<'_>) -> bool {
        self.accepts(pod, node.labels, node.taints, node.unschedulable)
    }

    /// Whether a group could launch a node that the pod may run on.
    pub(super) fn suits(&self, pod: &ModelPod<'_>, offer: &LaunchOffer<'_>) -> bool {
        self.accepts(pod, &offer.node.labels, &offer.node.taints, false)
    }

    fn accepts(&self, pod: &ModelPod<'_>, labels: &Labels, taints: &[Taint], unschedulable: bool) -> bool {
        let node = NodeView { name: "", labels, taints, unschedulable };
        predicates::first_lasting_misfit(&PodView::of_spec(pod.spec, self.gates), &node).is_none()
    }
}
