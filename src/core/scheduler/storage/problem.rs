//! Why a volume cannot be had, in kube-scheduler's words
//! (`pkg/scheduler/framework/plugins/volumebinding`).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a pod's volumes keep it from a node, or from all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum VolumeProblem {
    /// There is no such claim.
    ClaimMissing {
        /// The claim.
        claim: String,
    },
    /// The claim is being deleted.
    ClaimDeleted {
        /// The claim.
        claim: String,
    },
    /// The claim has lost its volume.
    ClaimLost {
        /// The claim.
        claim: String,
    },
    /// The claim is not bound, and no pod has to be placed first.
    UnboundImmediate {
        /// The claim.
        claim: String,
    },
    /// The claim's volume does not exist.
    VolumeMissing {
        /// The claim.
        claim: String,
        /// The volume.
        volume: String,
    },
    /// There is no such storage class.
    ClassMissing {
        /// The claim.
        claim: String,
        /// The class.
        class: String,
    },
    /// The node does not reach the volume.
    OutOfReach {
        /// The claim.
        claim: String,
    },
    /// No volume of the class is left that the node reaches, and none is made on demand.
    NoneAvailable {
        /// The claim.
        claim: String,
    },
    /// The class makes no volumes for this node (`allowedTopologies`).
    OutsideAllowedTopologies {
        /// The claim.
        claim: String,
        /// The class.
        class: String,
    },
    /// The driver reports too little storage for it on this node (`CSIStorageCapacity`).
    NotEnoughStorage {
        /// The claim.
        claim: String,
        /// The class.
        class: String,
    },
    /// The driver reports what each node has, and nothing tells what this one will have.
    StorageNotKnown {
        /// The claim.
        claim: String,
        /// The class.
        class: String,
    },
    /// The volume is being made for another node.
    MadeElsewhere {
        /// The claim.
        claim: String,
        /// The node; absent while it is not there yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
    },
}

impl VolumeProblem {
    /// Returns the name of the claim, to be changed.
    pub(crate) fn claim_mut(&mut self) -> &mut String {
        match self {
            Self::ClaimMissing { claim }
            | Self::ClaimDeleted { claim }
            | Self::ClaimLost { claim }
            | Self::UnboundImmediate { claim }
            | Self::VolumeMissing { claim, .. }
            | Self::ClassMissing { claim, .. }
            | Self::OutOfReach { claim }
            | Self::NoneAvailable { claim }
            | Self::OutsideAllowedTopologies { claim, .. }
            | Self::NotEnoughStorage { claim, .. }
            | Self::StorageNotKnown { claim, .. }
            | Self::MadeElsewhere { claim, .. } => claim,
        }
    }

    /// Whether it keeps the pod from every node.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        match self {
            Self::ClaimMissing { .. }
            | Self::ClaimDeleted { .. }
            | Self::ClaimLost { .. }
            | Self::UnboundImmediate { .. }
            | Self::VolumeMissing { .. }
            | Self::ClassMissing { .. } => true,
            Self::OutOfReach { .. }
            | Self::NoneAvailable { .. }
            | Self::OutsideAllowedTopologies { .. }
            | Self::NotEnoughStorage { .. }
            | Self::StorageNotKnown { .. }
            | Self::MadeElsewhere { .. } => false,
        }
    }
}

impl fmt::Display for VolumeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClaimMissing { claim } => write!(f, "persistentvolumeclaim \"{claim}\" not found"),
            Self::ClaimDeleted { claim } => write!(f, "persistentvolumeclaim \"{claim}\" is being deleted"),
            Self::ClaimLost { claim } => {
                write!(f, "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume (claim is Lost)")
            }
            Self::UnboundImmediate { claim } => write!(f, "pod has unbound immediate PersistentVolumeClaims ({claim})"),
            Self::VolumeMissing { claim, volume } => {
                write!(f, "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume \"{volume}\"")
            }
            Self::ClassMissing { claim, class } => {
                write!(f, "storageclass.storage.k8s.io \"{class}\" not found (of claim {claim})")
            }
            Self::OutOfReach { claim } => write!(f, "node(s) didn't match PersistentVolume's node affinity ({claim})"),
            Self::NoneAvailable { claim } => {
                write!(f, "node(s) didn't find available persistent volumes to bind ({claim})")
            }
            Self::OutsideAllowedTopologies { claim, class } => {
                write!(f, "node(s) didn't find available persistent volumes to bind ({claim}: allowedTopologies of {class})")
            }
            Self::NotEnoughStorage { claim, class } => {
                write!(f, "node(s) did not have enough free storage ({claim}: CSIStorageCapacity of {class})")
            }
            Self::StorageNotKnown { claim, class } => {
                write!(f, "no node shows how much storage a new one has ({claim}: CSIStorageCapacity of {class})")
            }
            Self::MadeElsewhere { claim, node } => write!(
                f,
                "node(s) didn't match PersistentVolume's node affinity ({claim}: being made for {})",
                node.as_deref().unwrap_or("the node of another pod that uses it")
            ),
        }
    }
}
