//! The status of a CapacityBuffer, in the form that the API has it: runs compare what they would
//! write with what is there.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The object of a buffer as the API server has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BufferObject {
    /// The version of the API in which it was read.
    pub version: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// `metadata.generation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// `status`.
    #[serde(default)]
    pub status: BufferStatus,
}

/// `status` of a CapacityBuffer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BufferStatus {
    /// The PodTemplate of its pods.
    #[serde(default)]
    pub pod_template_ref: Option<StatusTemplateRef>,
    /// The generation of that.
    #[serde(default)]
    pub pod_template_generation: Option<i64>,
    /// For how many pods there should be room.
    #[serde(default)]
    pub replicas: Option<i64>,
    /// The strategy in force.
    #[serde(default)]
    pub provisioning_strategy: Option<String>,
    /// What holds of it.
    #[serde(default)]
    pub conditions: Vec<BufferCondition>,
}

/// The PodTemplate in a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusTemplateRef {
    /// Its name.
    pub name: String,
}

/// One condition of a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BufferCondition {
    /// What it is about.
    #[serde(rename = "type")]
    pub about: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The generation of the buffer that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When its status changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Timestamp>,
    /// One word on why.
    #[serde(default)]
    pub reason: String,
    /// A sentence on it.
    #[serde(default)]
    pub message: String,
}

impl BufferStatus {
    /// Returns the condition about something.
    #[must_use]
    pub fn condition(&self, about: &str) -> Option<&BufferCondition> {
        self.conditions.iter().find(|condition| condition.about == about)
    }
}
