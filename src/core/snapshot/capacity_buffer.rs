//! Room that people want to be there before pods need it: the CapacityBuffers of
//! `autoscaling.x-k8s.io`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Name, ObjectName, Pod, Resources};

/// A CapacityBuffer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityBuffer {
    /// Its namespace.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
    /// When it was created.
    pub created_at: Timestamp,
    /// `spec.provisioningStrategy`; absent where the usual one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// `spec.replicas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// `spec.percentage` of the replicas of `spec.scalableRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<u32>,
    /// `spec.limits`; absent where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resources>,
    /// What each of its pods is like.
    pub shape: BufferShape,
}

/// What the pods of a buffer are like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "shape", deny_unknown_fields)]
pub enum BufferShape {
    /// They are like this one, which does not exist.
    Known {
        /// The pod, with the name of the buffer.
        pod: Box<Pod>,
        /// How many replicas `spec.scalableRef` has; absent where a PodTemplate is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<u32>,
        /// The PodTemplate that is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<PodTemplateRef>,
    },
    /// It names neither a PodTemplate nor an object that has one, or both.
    NoReference,
    /// The PodTemplate that it names is not there.
    TemplateMissing {
        /// Its name.
        name: Name,
    },
    /// The object that it names is not there.
    ScalableMissing {
        /// Its kind and name.
        object: String,
    },
    /// The object that it names is of a kind that is not served.
    KindNotServed {
        /// Its API group and kind.
        kind: String,
    },
    /// What it names could not be read.
    Unreadable {
        /// What could not be read, and why.
        error: String,
    },
}

/// A PodTemplate at a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodTemplateRef {
    /// Its name.
    pub name: Name,
    /// `metadata.generation`, where the API server keeps one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

impl CapacityBuffer {
    /// Returns its namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Returns the pod that its pods are like, if that is known.
    #[must_use]
    pub fn pod(&self) -> Option<&Pod> {
        match &self.shape {
            BufferShape::Known { pod, .. } => Some(pod),
            BufferShape::NoReference
            | BufferShape::TemplateMissing { .. }
            | BufferShape::ScalableMissing { .. }
            | BufferShape::KindNotServed { .. }
            | BufferShape::Unreadable { .. } => None,
        }
    }
}
