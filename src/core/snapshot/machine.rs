//! The amounts that a machine type offers before the kubelet takes its share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Resources;

/// A machine type in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineType {
    /// The region.
    pub region: String,
    /// The name, such as `p3.16xlarge`.
    pub name: String,
    /// How many virtual processors it has.
    pub cpus: i64,
    /// Memory in MiB, as the cloud states it.
    pub memory_mib: i64,
    /// The architecture of its processors.
    pub architecture: Architecture,
    /// How many pods its network interfaces can address, by `n × (addresses − 1) + 2`; 0 when it
    /// has none.
    pub network_pods: i64,
    /// Its devices, such as `nvidia.com/gpu`.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub devices: Resources,
    /// The most EFA interfaces it can have.
    #[serde(default)]
    pub max_efa_interfaces: i64,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "MachineDetails::is_empty")]
    pub details: MachineDetails,
}

/// Facts about a machine type that older documents do not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MachineDetails {
    /// The threads of each core; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_per_core: Option<i64>,
    /// How many pods one network interface can address; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods_per_interface: Option<i64>,
    /// How much can be attached to it; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Attachments>,
    /// The kinds of placement groups that take it, in the words of its cloud; empty when they are
    /// not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placements: Vec<String>,
}

/// How much can be attached to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// The most attachments, without what every machine of the type has: its first network
    /// interface and the disks that are part of it.
    pub most: i64,
    /// Whether network interfaces count among them, beside volumes.
    pub with_interfaces: bool,
}

impl MachineDetails {
    /// Whether none of them is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A processor architecture, in the words of the label `kubernetes.io/arch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// `x86_64`.
    Amd64,
    /// `arm64`.
    Arm64,
}

impl Architecture {
    /// Returns the value of the label `kubernetes.io/arch`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}
