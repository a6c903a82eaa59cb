//! The object that stands for pods which do not exist, and for which there is room.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::ObjectName;

/// An object that stands for pods which are not in the API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RoomFor {
    /// Its kind.
    pub kind: RoomKind,
    /// Its namespace and name.
    pub object: ObjectName,
}

/// The kind of an object that stands for pods which are not in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoomKind {
    /// A CapacityBuffer of `autoscaling.x-k8s.io`.
    CapacityBuffer,
    /// A ProvisioningRequest of `autoscaling.x-k8s.io`.
    ProvisioningRequest,
    /// A Job whose controller makes fewer pods than it may run.
    Job,
    /// A gang of which fewer pods exist than start together.
    Gang,
}

impl fmt::Display for RoomFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.object)
    }
}

impl fmt::Display for RoomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CapacityBuffer => "CapacityBuffer",
            Self::ProvisioningRequest => "ProvisioningRequest",
            Self::Job => "Job",
            Self::Gang => "gang",
        })
    }
}
