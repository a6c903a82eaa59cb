//! Nodes of the cluster.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, Resources};
use crate::well_known::provider_id;

/// A Node object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The name.
    pub name: String,
    /// The UID: it differs when a node of the same name is made again.
    pub uid: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The annotations that are marks, ours and those of other autoscalers; no others are kept.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub marks: Labels,
    /// Its taints, in the order of the object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Whether it is cordoned (`spec.unschedulable`).
    #[serde(default)]
    pub unschedulable: bool,
    /// `spec.providerID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// What pods may request of it.
    pub allocatable: Resources,
    /// Its Ready condition.
    pub ready: Readiness,
    /// When the object was created.
    pub created_at: Timestamp,
    /// Its DNS names and IP addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

impl Node {
    /// Returns the zone and the instance that the providerID names, where it is complete and of the
    /// cloud's scheme.
    #[must_use]
    pub fn place_in_cloud(&self) -> Option<(&str, &str)> {
        provider_id::place(self.provider_id.as_deref()?)
    }

    /// Returns since when the Ready condition has had its value.
    #[must_use]
    pub fn readiness_since(&self) -> Timestamp {
        self.ready.since.unwrap_or(self.created_at)
    }

    /// Whether the kubelet reports the node Ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.status == ReadyStatus::True
    }
}

/// The Ready condition of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Readiness {
    /// Its value; a node without the condition counts as unknown.
    pub status: ReadyStatus,
    /// When the value last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// The value of a Ready condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadyStatus {
    /// The kubelet reports the node Ready.
    True,
    /// The kubelet reports the node not Ready.
    False,
    /// The kubelet does not report.
    Unknown,
}

/// A taint of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taint {
    /// The key.
    pub key: String,
    /// The value, which is often empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What it does to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TaintEffect {
    /// They are not placed there.
    NoSchedule,
    /// They are placed elsewhere if possible.
    PreferNoSchedule,
    /// They are not placed there, and those that are there are evicted.
    NoExecute,
}

impl fmt::Display for Taint {
    /// Writes it as `kubectl taint` does: `key=value:Effect`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equals = if self.value.is_empty() { "" } else { "=" };
        write!(f, "{}{equals}{}:{:?}", self.key, self.value, self.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_cloud_is_a_zone_and_an_instance() {
        let mut node = Node {
            name: "n".into(),
            uid: "u".into(),
            labels: Labels::new(),
            marks: Labels::new(),
            taints: vec![],
            unschedulable: false,
            provider_id: None,
            allocatable: Resources::default(),
            ready: Readiness { status: ReadyStatus::True, since: None },
            created_at: Timestamp::UNIX_EPOCH,
            addresses: vec![],
        };
        for provider_id in [
            Some("aws:///us-west-2a/i-0abc"),
            Some("aws://us-west-2/i-0abc"),
            Some("openstack:///0c4f"),
            Some("aws:///us-west-2a/"),
            Some("i-0abc"),
            None,
        ] {
            node.provider_id = provider_id.map(str::to_owned);
            let is_whole = provider_id == Some("aws:///us-west-2a/i-0abc");
            assert_eq!(node.place_in_cloud(), is_whole.then_some(("us-west-2a", "i-0abc")), "{provider_id:?}");
        }
    }
}
