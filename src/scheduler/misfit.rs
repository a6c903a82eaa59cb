//! Why a pod does not fit a node, in kube-scheduler's words plus the numbers it leaves out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Taint, TaintEffect, amount};

/// A filter plugin of kube-scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Plugin {
    /// `spec.unschedulable`.
    NodeUnschedulable,
    /// `spec.nodeName`.
    NodeName,
    /// Taints and tolerations.
    TaintToleration,
    /// Node selector and required node affinity.
    NodeAffinity,
    /// Ports of the node.
    NodePorts,
    /// Requests.
    NodeResourcesFit,
    /// Claims only one pod may use.
    VolumeRestrictions,
    /// Volumes a node takes.
    NodeVolumeLimits,
    /// Volumes and the nodes that reach them.
    VolumeBinding,
    /// Volumes and their zones.
    VolumeZone,
    /// Topology spread constraints.
    PodTopologySpread,
    /// Affinity to other pods.
    InterPodAffinity,
    /// Resource claims.
    DynamicResources,
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The first predicate that said no, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "plugin")]
pub enum Misfit {
    /// The node is cordoned.
    NodeUnschedulable,
    /// A taint that the pod does not tolerate.
    TaintToleration {
        /// The first such taint.
        taint: Taint,
    },
    /// Neither selector nor affinity of the pod match.
    NodeAffinity {
        /// The first requirement that failed, as `key=value` or `key In (a, b)`.
        requirement: String,
    },
    /// Too little of a resource is free.
    NodeResourcesFit {
        /// The resource.
        resource: String,
        /// How much the pod asks for, in the unit of `Resources`.
        asked: i64,
        /// How much is free.
        free: i64,
    },
}

impl Misfit {
    /// The plugin that said no.
    #[must_use]
    pub fn plugin(&self) -> Plugin {
        match self {
            Self::NodeUnschedulable => Plugin::NodeUnschedulable,
            Self::TaintToleration { .. } => Plugin::TaintToleration,
            Self::NodeAffinity { .. } => Plugin::NodeAffinity,
            Self::NodeResourcesFit { .. } => Plugin::NodeResourcesFit,
        }
    }
}

impl fmt::Display for Misfit {
    /// The prefix is kube-scheduler's own message, so that people can search for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeUnschedulable => f.write_str("node(s) were unschedulable"),
            Self::TaintToleration { taint } => {
                write!(f, "node(s) had untolerated taint(s) {{{}: {}}}", taint.key, taint.value)?;
                match taint.effect {
                    TaintEffect::NoSchedule => Ok(()),
                    TaintEffect::NoExecute | TaintEffect::PreferNoSchedule => write!(f, ":{:?}", taint.effect),
                }
            }
            Self::NodeAffinity { requirement } => {
                write!(f, "node(s) didn't match Pod's node affinity/selector ({requirement})")
            }
            Self::NodeResourcesFit { resource, .. } if resource == crate::snapshot::PODS => f.write_str("Too many pods"),
            Self::NodeResourcesFit { resource, asked, free } => {
                write!(f, "Insufficient {resource} ({} asked, {} free)", amount(resource, *asked), amount(resource, *free))
            }
        }
    }
}
