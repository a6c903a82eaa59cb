//! Objects that explain pods and nodes: DaemonSets, namespaces, and the Leases of autoscalers.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GroupId, Labels, PodResourceClaim, SpecId};
use crate::duration::Seconds;

/// A DaemonSet: its pods run on every node that its template accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DaemonSet {
    /// The namespace.
    pub namespace: String,
    /// The name within it.
    pub name: String,
    /// The specification of its pods.
    pub spec: SpecId,
    /// The labels of its pods.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The entries of `spec.resourceClaims` of its pods; absent in snapshots of versions that did
    /// not read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<PodResourceClaim>,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    /// The name.
    pub name: String,
    /// Its labels, for namespace selectors.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

/// The growth that `apply` requested of a group, so that the next run counts it before the cloud
/// shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthNote {
    /// The group.
    pub group: GroupId,
    /// The desired capacity that was requested.
    pub desired: i64,
    /// When it was requested.
    pub at: Timestamp,
}

/// Nodes of a group that came and helped none of the pods that waited, as `apply` noted when it saw
/// that and when they went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FruitlessNote {
    /// The group.
    pub group: GroupId,
    /// When the first of them was launched.
    pub launched_at: Timestamp,
    /// When that was seen, or the last of them went.
    pub gone_at: Timestamp,
    /// How often in a row that has happened.
    pub times: u32,
    /// The pods, each by a hash of its specification: their like is not bought for at once again.
    #[serde(default)]
    pub pods: Vec<String>,
}

/// When a run first saw an instance without a node, starting or in service. The cloud's launch time
/// is no measure: an instance that leaves a warm pool is days old when it joins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceNote {
    /// Its group.
    pub group: GroupId,
    /// The instance.
    pub instance: String,
    /// When a run first saw it without a node.
    pub first_seen: Timestamp,
}

/// The Lease of another autoscaler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignLease {
    /// The autoscaler that it belongs to.
    pub autoscaler: ForeignAutoscaler,
    /// Namespace of the Lease.
    pub namespace: String,
    /// The name of its holder.
    pub holder: String,
    /// When it was last renewed.
    pub renewed_at: Timestamp,
}

/// A Lease that was renewed within this time has a living holder. It is twice the 15 s of
/// client-go's leader election, with some margin.
const FRESH_LEASE: Seconds = Seconds(60);

impl ForeignLease {
    /// Whether its holder is alive.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        Seconds::between(self.renewed_at, now) <= FRESH_LEASE
    }
}

/// Another autoscaler that people run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForeignAutoscaler {
    /// Cluster Autoscaler, which manages such groups too.
    ClusterAutoscaler,
    /// Karpenter, which launches its own instances.
    Karpenter,
}

impl fmt::Display for ForeignAutoscaler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClusterAutoscaler => "Cluster Autoscaler",
            Self::Karpenter => "Karpenter",
        })
    }
}
