//! Pods that have ended, which are read only for a trace.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::owner::shared;
use super::{Labels, Name, ObjectName, Owner, PodResourceClaim, SpecId};
use crate::duration::Seconds;

/// A pod that has ended. No plan depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishedPod {
    /// The namespace.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
    /// Its labels, as the selectors of other pods see them.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Its controller.
    #[serde(default, deserialize_with = "shared", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Owner>")]
    pub owner: Option<Arc<Owner>>,
    /// Its specification.
    pub spec: SpecId,
    /// Its entries of resource claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<PodResourceClaim>,
    /// Its annotations about whether it may be moved.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub drain_annotations: Labels,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was bound to a node (`PodScheduled`); absent when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_at: Option<Timestamp>,
    /// When the last of its containers ended; absent when its node did not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a pod ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every container succeeded.
    Succeeded,
    /// A container failed for good, or the pod was removed from its node.
    Failed,
}

impl FinishedPod {
    /// Returns how long it ran: at least a second, as times are whole seconds. `None` when it is
    /// not known when it was bound or when it ended.
    #[must_use]
    pub fn ran_for(&self) -> Option<Seconds> {
        let (bound, finished) = self.bound_at.zip(self.finished_at)?;
        Some(Seconds::between(bound, finished).max(Seconds(1)))
    }

    /// Returns its namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }
}
