//! Room that people want before its pods exist: the ProvisioningRequests of
//! `autoscaling.x-k8s.io`, by which Kueue admits jobs.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Gang, GangKind, GangName, Name, ObjectName, Pod};
use crate::well_known::requests::{BEST_EFFORT_ATOMIC, CHECK_CAPACITY, OWN_INSTANCE, PROCESSOR_INSTANCE};

/// A ProvisioningRequest that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningRequest {
    /// Its namespace.
    pub namespace: Name,
    /// The name within it.
    pub name: Name,
    /// The API version in which it was read, such as `v1`.
    pub api_version: String,
    /// The version of the object that was read; its status is written over no other.
    pub resource_version: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// `spec.provisioningClassName`.
    pub class: String,
    /// Its parameters that rules read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The pods for which there is to be room.
    pub pod_sets: Vec<RequestedPods>,
    /// Its conditions that rules read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<RequestCondition>,
}

/// Pods of a request that are all alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedPods {
    /// The PodTemplate that they are made of.
    pub template: Name,
    /// How many there will be.
    pub count: u32,
    /// What each of them is like.
    pub shape: RequestedShape,
}

/// What the pods of a request are like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "shape", deny_unknown_fields)]
pub enum RequestedShape {
    /// They are like this one, which does not exist.
    Known {
        /// The pod, with the name of the request.
        pod: Box<Pod>,
    },
    /// The PodTemplate is not there.
    TemplateMissing,
    /// The PodTemplate holds something that this version does not understand.
    NotUnderstood {
        /// What that is.
        problem: String,
    },
    /// The PodTemplate was not read: others serve the request, or it could not be.
    NotRead,
}

/// A class of ProvisioningRequests that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestClass {
    /// Whether there is room now. Nothing is bought.
    CheckCapacity,
    /// Room for all pods, bought where it is not there, or none.
    BestEffortAtomicScaleUp,
}

/// A condition of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCondition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: RequestConditionKind,
    /// Whether it holds.
    pub holds: bool,
    /// Its reason, one word.
    pub reason: String,
    /// Its sentence.
    pub message: String,
    /// Since when that is so.
    pub since: Timestamp,
}

/// What a condition of a request is about, by its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RequestConditionKind {
    /// An autoscaler has taken it up.
    Accepted,
    /// There is room for all its pods.
    Provisioned,
    /// There never will be.
    Failed,
    /// Its room is not held any more.
    BookingExpired,
    /// Its room was taken away.
    CapacityRevoked,
}

impl ProvisioningRequest {
    /// Returns its namespace and name.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Returns the condition of a kind, if it holds.
    #[must_use]
    pub fn holds(&self, kind: RequestConditionKind) -> Option<&RequestCondition> {
        self.condition(kind).filter(|condition| condition.holds)
    }

    /// Returns the condition of a kind, whether it holds or not.
    #[must_use]
    pub fn condition(&self, kind: RequestConditionKind) -> Option<&RequestCondition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether it names this autoscaler among several.
    #[must_use]
    pub fn names_us(&self) -> bool {
        self.parameters.get(PROCESSOR_INSTANCE).is_some_and(|instance| instance == OWN_INSTANCE)
    }

    /// Returns its class, if it is served. One of a class that is not known is somebody else's, and
    /// so is one that names another autoscaler.
    #[must_use]
    pub fn served_class(&self) -> Option<RequestClass> {
        let is_for_us = !self.parameters.contains_key(PROCESSOR_INSTANCE) || self.names_us();
        let class = match self.class.as_str() {
            CHECK_CAPACITY => RequestClass::CheckCapacity,
            BEST_EFFORT_ATOMIC => RequestClass::BestEffortAtomicScaleUp,
            _ => return None,
        };
        (is_for_us && !self.is_over()).then_some(class)
    }

    /// Returns the gang of its pods, where they get their places together: while room is looked for
    /// and may be bought.
    fn gang(&self) -> Option<Gang> {
        let is_bought_for = self.served_class() == Some(RequestClass::BestEffortAtomicScaleUp);
        let waits = is_bought_for && self.holds(RequestConditionKind::Provisioned).is_none();
        waits.then(|| Gang {
            namespace: self.namespace.clone(),
            id: GangName { kind: GangKind::ProvisioningRequest, name: self.name.clone() },
            min: self.pods(),
            same: None,
            total: None,
            priority: None,
            created_at: self.created_at,
        })
    }

    /// Makes its pods members of that gang, and returns the gang.
    pub fn join_gang(&mut self) -> Option<Gang> {
        let gang = self.gang()?;
        for set in &mut self.pod_sets {
            if let RequestedShape::Known { pod } = &mut set.shape {
                pod.gang = Some(Box::new(gang.id.clone()));
            }
        }
        Some(gang)
    }

    /// Whether nothing happens to it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        use RequestConditionKind::{BookingExpired, CapacityRevoked, Failed};
        [Failed, BookingExpired, CapacityRevoked].into_iter().any(|kind| self.holds(kind).is_some())
    }

    /// Returns how many pods it is for.
    #[must_use]
    pub fn pods(&self) -> u32 {
        self.pod_sets.iter().map(|set| set.count).fold(0, u32::saturating_add)
    }
}

impl RequestedPods {
    /// Returns the pod that they are like, if that is known.
    #[must_use]
    pub fn pod(&self) -> Option<&Pod> {
        match &self.shape {
            RequestedShape::Known { pod } => Some(pod),
            RequestedShape::TemplateMissing | RequestedShape::NotUnderstood { .. } | RequestedShape::NotRead => None,
        }
    }
}

impl RequestConditionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Accepted, Self::Provisioned, Self::Failed, Self::BookingExpired, Self::CapacityRevoked];

    /// Returns the `type` of such conditions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Provisioned => "Provisioned",
            Self::Failed => "Failed",
            Self::BookingExpired => "BookingExpired",
            Self::CapacityRevoked => "CapacityRevoked",
        }
    }
}

impl fmt::Display for RequestClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckCapacity => "check-capacity",
            Self::BestEffortAtomicScaleUp => "best-effort-atomic-scale-up",
        })
    }
}

impl fmt::Display for RequestConditionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
