//! Pods that start together or not at all.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Name, ObjectName};

/// Pods of which a minimum starts together, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gang {
    /// The namespace, which is that of its pods.
    pub namespace: Name,
    /// What its pods name as [`Pod::gang`](super::Pod::gang).
    pub id: GangName,
    /// How many pods start together at least.
    pub min: u32,
    /// The label that has the same value on the nodes of all its pods; absent where any nodes will
    /// do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<String>,
    /// How many pods it has once its first one runs, where the others are made only then and stay
    /// together with it: absent where more than there are is not known of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// The priority that counts for all its pods; absent where that of the pods counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Gang {
    /// Returns its namespace and name, which gangs of several kinds may share.
    #[must_use]
    pub fn object(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.id.name.clone() }
    }
}

/// The name of a gang, unique within its namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GangName {
    /// Who makes its pods start together.
    pub kind: GangKind,
    /// The name of the object that states it, or what its pods carry in common.
    pub name: Name,
}

/// Who makes pods start together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GangKind {
    /// kube-scheduler, by a PodGroup of `scheduling.k8s.io`.
    PodGroup,
    /// The coscheduling plugin, by a PodGroup of `scheduling.x-k8s.io`.
    Coscheduling,
    /// Volcano, by a PodGroup of `scheduling.volcano.sh`.
    Volcano,
    /// Kueue, by the total on its pods; it holds them back until all exist.
    Kueue,
    /// A JobSet, or one of its Jobs where each has a domain of its own. Nobody holds its pods back.
    JobSet,
    /// One replica of a LeaderWorkerSet. Nobody holds its pods back.
    LeaderWorkerSet,
    /// An Indexed Job all of whose pods run at the same time. Nobody holds its pods back.
    IndexedJob,
    /// An MPIJob. Nobody holds its pods back.
    MpiJob,
    /// A RayCluster. Nobody holds its pods back.
    RayCluster,
    /// A ProvisioningRequest of which the pods do not exist yet.
    ProvisioningRequest,
}

impl GangKind {
    /// Whether it is the wish of a person that these pods start together, which no scheduler and no
    /// queue enforces.
    #[must_use]
    pub fn is_wish(self) -> bool {
        match self {
            Self::PodGroup | Self::Coscheduling | Self::Volcano | Self::Kueue | Self::ProvisioningRequest => false,
            Self::JobSet | Self::LeaderWorkerSet | Self::IndexedJob | Self::MpiJob | Self::RayCluster => true,
        }
    }

    /// Whether a scheduler binds its pods together or not at all. Kueue only opens the gates of all
    /// of them; then they are bound one by one. The pods of a ProvisioningRequest do not exist.
    #[must_use]
    pub fn is_bound_whole(self) -> bool {
        match self {
            Self::PodGroup | Self::Coscheduling | Self::Volcano => true,
            Self::Kueue
            | Self::ProvisioningRequest
            | Self::JobSet
            | Self::LeaderWorkerSet
            | Self::IndexedJob
            | Self::MpiJob
            | Self::RayCluster => false,
        }
    }
}

impl fmt::Display for GangName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl fmt::Display for GangKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PodGroup => "PodGroup",
            Self::Coscheduling => "coscheduling PodGroup",
            Self::Volcano => "Volcano PodGroup",
            Self::Kueue => "Kueue pod group",
            Self::JobSet => "JobSet",
            Self::LeaderWorkerSet => "LeaderWorkerSet",
            Self::IndexedJob => "Job",
            Self::MpiJob => "MPIJob",
            Self::RayCluster => "RayCluster",
            Self::ProvisioningRequest => "ProvisioningRequest",
        })
    }
}
