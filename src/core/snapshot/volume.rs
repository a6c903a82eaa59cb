//! Claims, volumes, and what limits them to places and nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{LabelSelector, Labels, NodeSelectorTerm, ObjectName};

/// A PersistentVolumeClaim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The namespace.
    pub namespace: String,
    /// The name within it.
    pub name: String,
    /// Whether it has its volume.
    pub phase: ClaimPhase,
    /// Whether it is being deleted.
    #[serde(default)]
    pub deleting: bool,
    /// The volume to which it is bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Its storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// How it is to be mounted; a volume must offer all of these modes.
    #[serde(
        default,
        alias = "one_pod_only",
        deserialize_with = "modes_or_one_pod_only",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub access_modes: Vec<AccessMode>,
    /// How many bytes it requests.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub requested: i64,
    /// The volumes that it accepts; absent when it accepts any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// Whether it requests a raw device (`volumeMode: Block`) instead of a file system.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub block: bool,
    /// Its VolumeAttributesClass; a volume must have the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes_class: Option<String>,
    /// The node that the scheduler chose for its volume (`volume.kubernetes.io/selected-node`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_node: Option<String>,
}

impl Claim {
    /// Whether only one pod of the whole cluster may use it at a time.
    #[must_use]
    pub fn is_one_pod_only(&self) -> bool {
        self.access_modes.contains(&AccessMode::ReadWriteOncePod)
    }
}

/// How a volume can be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMode {
    /// By one node, for reading and writing.
    ReadWriteOnce,
    /// By many nodes, for reading.
    ReadOnlyMany,
    /// By many nodes, for reading and writing.
    ReadWriteMany,
    /// By one pod, for reading and writing.
    ReadWriteOncePod,
}

/// Reads the modes. Snapshots that were written before there was a list of modes hold only whether
/// it is for one pod.
fn modes_or_one_pod_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AccessMode>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Modes(Vec<AccessMode>),
        OnePodOnly(bool),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Modes(modes) => modes,
        Written::OnePodOnly(true) => vec![AccessMode::ReadWriteOncePod],
        Written::OnePodOnly(false) => Vec::new(),
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(bytes: &i64) -> bool {
    *bytes == 0
}

/// A volume that matters when a pod is placed or moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum PodVolume {
    /// It is a PersistentVolumeClaim of the pod's namespace.
    Claim {
        /// The claim's name.
        claim: String,
    },
    /// It is a claim made for this pod alone, of the name `<pod>-<volume>`.
    Ephemeral {
        /// The claim's name.
        claim: String,
        /// The storage class that it requests.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        storage_class: Option<String>,
    },
    /// It is a directory of the node.
    HostPath {
        /// The volume's name in the pod.
        volume: String,
    },
    /// It is scratch space on the node's disk.
    EmptyDir {
        /// The volume's name in the pod.
        volume: String,
    },
}

/// Whether a claim has its volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimPhase {
    /// It has no volume yet.
    Pending,
    /// It has its volume.
    Bound,
    /// Its volume is gone.
    Lost,
}

/// A PersistentVolume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The name.
    pub name: String,
    /// Whether a claim may still take it: it is in phase `Available` and not being deleted. See
    /// also `claim`.
    pub available: bool,
    /// The claim that it is bound to or kept for (`spec.claimRef`); absent when any claim may take
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ObjectName>,
    /// How many bytes it holds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub capacity: i64,
    /// How it can be mounted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_modes: Vec<AccessMode>,
    /// Whether it is a raw device (`volumeMode: Block`) instead of a file system.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub block: bool,
    /// Its VolumeAttributesClass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes_class: Option<String>,
    /// Its storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// The nodes that reach it, of which one term must match; absent when every node does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<Vec<NodeSelectorTerm>>,
    /// Its labels while it is available, since a claim may select by any of them; later only those
    /// of its zone and region.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The CSI driver that serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The driver's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// A StorageClass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageClass {
    /// The name.
    pub name: String,
    /// What makes its volumes: the name of a CSI driver.
    pub provisioner: String,
    /// When a claim gets its volume.
    pub binding_mode: BindingMode,
    /// Where volumes may be made: one of the entries must hold; empty when they may be made
    /// anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_topologies: Vec<Vec<TopologyRequirement>>,
    /// Whether claims that name no class get this one.
    #[serde(default)]
    pub is_default: bool,
}

/// When a claim gets its volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BindingMode {
    /// At once.
    Immediate,
    /// When a pod that uses the claim is placed.
    WaitForFirstConsumer,
}

/// A label and the values it may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyRequirement {
    /// The label.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// The most volumes that a node takes, by CSI driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsiNode {
    /// The node's name.
    pub name: String,
    /// The limit by driver; a driver without a limit is absent.
    #[serde(default)]
    pub limits: std::collections::BTreeMap<String, i32>,
}
