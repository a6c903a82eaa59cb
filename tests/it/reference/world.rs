//! A cluster as kube-scheduler sees it at one moment: nodes, pods and where they are, and the storage objects they name.
//!
//! Nothing is looked up by an index: every question goes through all of it.

use ec2_autoscale::snapshot::{
    LabelSelector, Labels, Namespace, NodeSelectorTerm, ObjectName, Pod, PodSpec, PodVolume, Resources, StorageClass, Taint,
};

/// Everything the predicates may ask about.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) nodes: Vec<WorldNode>,
    pub(crate) pods: Vec<WorldPod>,
    pub(crate) namespaces: Vec<Namespace>,
    pub(crate) claims: Vec<WorldClaim>,
    pub(crate) volumes: Vec<WorldVolume>,
    pub(crate) storage_classes: Vec<StorageClass>,
    pub(crate) resource_claims: Vec<WorldResourceClaim>,
    /// Whether tolerations may compare numbers (alpha in Kubernetes).
    pub(crate) numeric_tolerations: bool,
}

/// A node, be it there or planned.
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
    /// The claim object behind each of its dynamic resource claims; none while it has not been made.
    pub(crate) resource_claims: Vec<Option<String>>,
}

/// A PersistentVolumeClaim.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorldClaim {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) is_lost: bool,
    pub(crate) is_bound: bool,
    pub(crate) is_deleting: bool,
    /// The volume it names, bound or not.
    pub(crate) volume: Option<String>,
    pub(crate) storage_class: Option<String>,
    /// As Kubernetes writes them (`ReadWriteOnce`).
    pub(crate) access_modes: Vec<String>,
    /// Bytes.
    pub(crate) requested: i64,
    pub(crate) selector: Option<LabelSelector>,
    pub(crate) is_block: bool,
    pub(crate) selected_node: Option<String>,
}

/// A PersistentVolume.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorldVolume {
    pub(crate) name: String,
    /// Phase `Available`.
    pub(crate) is_available: bool,
    /// The one claim it is for.
    pub(crate) claim: Option<ObjectName>,
    pub(crate) storage_class: Option<String>,
    pub(crate) node_affinity: Option<Vec<NodeSelectorTerm>>,
    pub(crate) labels: Labels,
    pub(crate) driver: Option<String>,
    pub(crate) handle: Option<String>,
    /// As Kubernetes writes them (`ReadWriteOnce`).
    pub(crate) access_modes: Vec<String>,
    /// Bytes.
    pub(crate) capacity: i64,
    pub(crate) is_block: bool,
}

/// A ResourceClaim.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorldResourceClaim {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) is_deleting: bool,
    pub(crate) is_allocated: bool,
    /// The nodes where an allocated claim can be used; absent: all.
    pub(crate) node_selector: Option<Vec<NodeSelectorTerm>>,
}

impl World {
    /// The pods that have a node and have not ended.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (&WorldPod, &WorldNode)> {
        self.pods.iter().filter(|pod| !pod.pod.is_finished()).filter_map(|pod| Some((pod, &self.nodes[pod.node?])))
    }

    /// Those of them on one node.
    pub(crate) fn pods_on(&self, node: usize) -> impl Iterator<Item = &WorldPod> {
        self.pods.iter().filter(move |pod| pod.node == Some(node) && !pod.pod.is_finished())
    }

    pub(crate) fn node_named(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    pub(crate) fn claim(&self, namespace: &str, name: &str) -> Option<&WorldClaim> {
        self.claims.iter().find(|claim| claim.namespace == namespace && claim.name == name)
    }

    pub(crate) fn volume(&self, name: &str) -> Option<&WorldVolume> {
        self.volumes.iter().find(|volume| volume.name == name)
    }

    pub(crate) fn storage_class(&self, name: &str) -> Option<&StorageClass> {
        self.storage_classes.iter().find(|class| class.name == name)
    }

    /// The labels of a namespace; one that is not there has none.
    pub(crate) fn namespace_labels(&self, name: &str) -> Labels {
        self.namespaces.iter().find(|namespace| namespace.name == name).map(|found| found.labels.clone()).unwrap_or_default()
    }
}

impl WorldPod {
    /// The claims of its volumes: the name, and whether the claim is made for this pod alone.
    pub(crate) fn claims(&self) -> impl Iterator<Item = (&str, bool)> {
        self.pod.volumes.iter().filter_map(|volume| match volume {
            PodVolume::Claim { claim } => Some((claim.as_str(), false)),
            PodVolume::Ephemeral { claim, .. } => Some((claim.as_str(), true)),
            PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
        })
    }
}

impl WorldClaim {
    /// The name of its class; empty when it has none.
    pub(crate) fn class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or_default()
    }
}
