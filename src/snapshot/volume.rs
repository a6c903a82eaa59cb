//! Persistent storage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, NodeSelectorTerm};

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
    /// The volume it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Its storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Access mode `ReadWriteOncePod`.
    #[serde(default)]
    pub one_pod_only: bool,
    /// The node the scheduler chose for its volume (`volume.kubernetes.io/selected-node`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_node: Option<String>,
}

/// Whether a claim has its volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimPhase {
    /// Not yet.
    Pending,
    /// Yes.
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
    /// Whether a claim may still take it.
    pub available: bool,
    /// Its storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// The nodes that reach it: one term must match. Absent: every node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<Vec<NodeSelectorTerm>>,
    /// Its zone and region labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The CSI driver that serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The driver's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// A StorageClass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageClass {
    /// The name.
    pub name: String,
    /// What makes its volumes; a CSI driver's name.
    pub provisioner: String,
    /// When a claim gets its volume.
    pub binding_mode: BindingMode,
    /// Where volumes may be made: one of these must hold. Empty: anywhere.
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
    /// When a pod that uses it is placed.
    WaitForFirstConsumer,
}

/// A label and the values it may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyRequirement {
    /// The label.
    pub key: String,
    /// One of these.
    pub values: Vec<String>,
}

/// How many volumes of each CSI driver a node takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsiNode {
    /// The node's name.
    pub name: String,
    /// Limit by driver; a driver without a limit is absent.
    #[serde(default)]
    pub limits: std::collections::BTreeMap<String, i32>,
}
