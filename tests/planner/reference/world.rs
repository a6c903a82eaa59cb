//! A cluster as kube-scheduler sees it at one moment: nodes, pods and their places, and the storage
//! objects that they name.
//!
//! Nothing has an index: every search goes through all of it.

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{
    Claim, Labels, Namespace, Node, Pod, PodSpec, PodVolume, ResourceClaim, Resources, Snapshot, StorageCapacity, StorageClass,
    Taint, Volume,
};

/// Everything that the predicates may read.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) nodes: Vec<WorldNode>,
    pub(crate) pods: Vec<WorldPod>,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) storage_classes: Vec<StorageClass>,
    /// CSI drivers whose storage is compared with claims.
    pub(crate) capacity_drivers: Vec<String>,
    pub(crate) storage_capacities: Vec<StorageCapacity>,
    pub(crate) resource_claims: Vec<ResourceClaim>,
    /// Whether tolerations may compare numbers (alpha in Kubernetes).
    pub(crate) numeric_tolerations: bool,
}

/// A node, existing or planned.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorldNode {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) taints: Vec<Taint>,
    pub(crate) unschedulable: bool,
    pub(crate) allocatable: Resources,
    /// Most volumes by CSI driver.
    pub(crate) csi_limits: Vec<(String, i64)>,
}

/// A pod, on a node or not.
#[derive(Debug, Clone)]
pub(crate) struct WorldPod {
    pub(crate) pod: Pod,
    pub(crate) spec: PodSpec,
    /// Position of its node in [`World::nodes`].
    pub(crate) node: Option<usize>,
}

impl World {
    /// Returns the cluster of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot, policy: &Policy) -> Self {
        let nodes: Vec<WorldNode> = snapshot.nodes.iter().map(|node| WorldNode::of(node, snapshot)).collect();
        let position = |name: &str| nodes.iter().position(|node| node.name == name);
        let pod = |pod: &Pod| WorldPod {
            node: pod.node.as_deref().and_then(position),
            spec: snapshot.pod_specs[&pod.spec].clone(),
            pod: pod.clone(),
        };
        Self {
            pods: snapshot.pods.iter().map(pod).collect(),
            namespaces: snapshot.namespaces.clone(),
            claims: snapshot.claims.clone(),
            volumes: snapshot.volumes.clone(),
            storage_classes: snapshot.storage_classes.clone(),
            capacity_drivers: snapshot.capacity_drivers.clone(),
            storage_capacities: snapshot.storage_capacities.clone(),
            resource_claims: snapshot.resource_claims.clone(),
            numeric_tolerations: serde_json::to_value(policy).expect("a policy is JSON")["numeric_tolerations"] == true,
            nodes,
        }
    }

    /// Returns the same with the pods for which preemption makes room on the nodes where it does,
    /// as long as the planner would count on it: see [`super::nominated`].
    pub(crate) fn with_nominated(&self) -> Self {
        let mut world = self.clone();
        for (pod, node) in super::nominated::nominations(self) {
            world.pods[pod].node = Some(node);
        }
        world
    }

    /// Returns the same without one pod.
    pub(crate) fn without(&self, pod: &Pod) -> Self {
        let mut world = self.clone();
        world.pods.retain(|other| other.pod.uid != pod.uid);
        world
    }

    /// Returns the pods that have a node and have not ended.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (&WorldPod, &WorldNode)> {
        self.pods.iter().filter(|pod| !pod.pod.is_finished()).filter_map(|pod| Some((pod, &self.nodes[pod.node?])))
    }

    /// Returns those of them on one node.
    pub(crate) fn pods_on(&self, node: usize) -> impl Iterator<Item = &WorldPod> {
        self.pods.iter().filter(move |pod| pod.node == Some(node) && !pod.pod.is_finished())
    }

    pub(crate) fn node_named(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    pub(crate) fn claim(&self, namespace: &str, name: &str) -> Option<&Claim> {
        self.claims.iter().find(|claim| claim.namespace == namespace && claim.name == name)
    }

    pub(crate) fn volume(&self, name: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.name == name)
    }

    pub(crate) fn storage_class(&self, name: &str) -> Option<&StorageClass> {
        self.storage_classes.iter().find(|class| class.name == name)
    }

    /// Returns the labels of a namespace; a namespace that does not exist has none.
    pub(crate) fn namespace_labels(&self, name: &str) -> Labels {
        self.namespaces.iter().find(|namespace| namespace.name == name).map(|found| found.labels.clone()).unwrap_or_default()
    }
}

impl WorldNode {
    fn of(node: &Node, snapshot: &Snapshot) -> Self {
        let limits = snapshot.csi_nodes.iter().filter(|csi| csi.name == node.name).flat_map(|csi| &csi.limits);
        Self {
            name: node.name.clone(),
            labels: node.labels.clone(),
            taints: node.taints.clone(),
            unschedulable: node.unschedulable,
            allocatable: node.allocatable.clone(),
            csi_limits: limits.map(|(driver, most)| (driver.clone(), i64::from(*most))).collect(),
        }
    }
}

impl WorldPod {
    /// Returns the claims of its volumes: the name, and whether the claim is made for this pod
    /// alone.
    pub(crate) fn claims(&self) -> impl Iterator<Item = (&str, bool)> {
        self.pod.volumes.iter().filter_map(|volume| match volume {
            PodVolume::Claim { claim } => Some((claim.as_str(), false)),
            PodVolume::Ephemeral { claim, .. } => Some((claim.as_str(), true)),
            PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
        })
    }
}

/// Returns the name of a claim's class; empty when it has none.
pub(crate) fn class_of(claim: &Claim) -> &str {
    claim.storage_class.as_deref().unwrap_or_default()
}
