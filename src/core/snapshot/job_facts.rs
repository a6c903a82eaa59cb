//! Jobs whose controllers may be about to make pods.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Name, ObjectName};

/// A Job, as far as it states how many pods it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobFacts {
    /// The namespace.
    pub namespace: Name,
    /// The name.
    pub name: Name,
    /// The UID, which its pods name.
    pub uid: Name,
    /// When it was created.
    pub created_at: Timestamp,
    /// At most how many of its pods run at the same time.
    pub parallelism: u32,
    /// How many pods have to succeed; absent for a queue, which is over once one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completions: Option<u32>,
    /// How many of its pods have succeeded.
    #[serde(default)]
    pub succeeded: u32,
    /// How many of its pods have failed.
    #[serde(default)]
    pub failed: u32,
    /// Whether a pod that is being deleted is replaced only once it has ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_the_ended: bool,
    /// Why it makes no pods; absent where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes_none: Option<MakesNoPods>,
}

/// Why a Job makes no pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MakesNoPods {
    /// It is suspended: by a person, or by Kueue until it is admitted.
    Suspended,
    /// It is being deleted.
    Deleted,
    /// It has succeeded or failed, or is about to.
    Over,
    /// Another controller than that of Kubernetes makes its pods.
    ManagedElsewhere,
}

impl JobFacts {
    /// Returns its namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Returns how many pods of it should run at the same time now.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        match self.completions {
            Some(completions) => self.parallelism.min(completions.saturating_sub(self.succeeded)),
            None if self.succeeded > 0 => 0,
            None => self.parallelism,
        }
    }
}
