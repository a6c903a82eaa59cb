//! Why a pod does not fit a node, in kube-scheduler's words plus the numbers it leaves out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::devices::DeviceProblem;
use super::storage::VolumeProblem;
use crate::snapshot::{HostPort, Taint, TaintEffect, amount};

/// A filter plugin of kube-scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, VariantArray)]
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

impl Plugin {
    /// Every plugin, in the order in which the scheduler runs them.
    pub const ALL: &[Self] = Self::VARIANTS;
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The first predicate that refused the pod, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "plugin")]
pub enum Misfit {
    /// The node is cordoned.
    NodeUnschedulable,
    /// The pod names another node.
    NodeName {
        /// The node it names.
        wanted: String,
    },
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
    /// A port of the node is taken.
    NodePorts {
        /// The port the pod asks for.
        port: HostPort,
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
    /// Another pod uses a claim that only one pod may use.
    VolumeRestrictions {
        /// The claim.
        claim: String,
    },
    /// The node takes no more volumes of a driver.
    NodeVolumeLimits {
        /// The CSI driver.
        driver: String,
        /// How many volumes of it the node takes.
        limit: u32,
        /// How many it has.
        in_use: u32,
        /// How many more the pod brings.
        asked: u32,
    },
    /// A volume cannot be had on the node.
    VolumeBinding {
        /// Which, and why.
        problem: VolumeProblem,
    },
    /// A volume is in another zone or region.
    VolumeZone {
        /// The label of the volume.
        label: String,
        /// Its values.
        values: Vec<String>,
    },
    /// A spread constraint would be broken.
    PodTopologySpread {
        /// The constraint's topology key.
        topology_key: String,
        /// How; absent when the node lacks the label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skew: Option<Skew>,
    },
    /// Affinity between pods forbids it.
    InterPodAffinity {
        /// Whose rule.
        rule: AffinityRule,
        /// The term's topology key.
        topology_key: String,
    },
    /// A resource claim is allocated elsewhere, or gets no devices.
    DynamicResources {
        /// The claim.
        claim: String,
        /// Why it gets no devices; absent when it has some, elsewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<DeviceProblem>,
    },
}

/// The numbers of a spread constraint that would be broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Skew {
    /// Matching pods in the node's domain, with the pod itself if it matches.
    pub here: u32,
    /// Matching pods in the least filled domain.
    pub least: u32,
    /// The skew that is allowed.
    pub max: u32,
}

/// The rule between pods that forbids a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AffinityRule {
    /// The pod's own affinity: no pod it wants to be near is there.
    Affinity,
    /// The pod's own anti-affinity.
    AntiAffinity,
    /// The anti-affinity of an existing pod.
    ExistingAntiAffinity,
}

impl Misfit {
    /// Returns the plugin that refused the pod.
    #[must_use]
    pub fn plugin(&self) -> Plugin {
        match self {
            Self::NodeUnschedulable => Plugin::NodeUnschedulable,
            Self::NodeName { .. } => Plugin::NodeName,
            Self::TaintToleration { .. } => Plugin::TaintToleration,
            Self::NodeAffinity { .. } => Plugin::NodeAffinity,
            Self::NodePorts { .. } => Plugin::NodePorts,
            Self::NodeResourcesFit { .. } => Plugin::NodeResourcesFit,
            Self::VolumeRestrictions { .. } => Plugin::VolumeRestrictions,
            Self::NodeVolumeLimits { .. } => Plugin::NodeVolumeLimits,
            Self::VolumeBinding { .. } => Plugin::VolumeBinding,
            Self::VolumeZone { .. } => Plugin::VolumeZone,
            Self::PodTopologySpread { .. } => Plugin::PodTopologySpread,
            Self::InterPodAffinity { .. } => Plugin::InterPodAffinity,
            Self::DynamicResources { .. } => Plugin::DynamicResources,
        }
    }
}

impl fmt::Display for Misfit {
    /// Writes a sentence that begins with kube-scheduler's own message, so that people can search
    /// for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeUnschedulable => f.write_str("node(s) were unschedulable"),
            Self::NodeName { wanted } => write!(f, "node(s) didn't match the requested node name ({wanted})"),
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
            Self::NodePorts { port } => {
                write!(f, "node(s) didn't have free ports for the requested pod ports ({} {})", port.protocol, port.port)
            }
            Self::NodeResourcesFit { resource, .. } if resource == crate::snapshot::PODS => f.write_str("Too many pods"),
            Self::NodeResourcesFit { resource, asked, free } => {
                write!(f, "Insufficient {resource} ({} asked, {} free)", amount(resource, *asked), amount(resource, *free))
            }
            Self::VolumeRestrictions { claim } => write!(
                f,
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another \
                 pod ({claim})"
            ),
            Self::NodeVolumeLimits { driver, limit, in_use, asked } => {
                write!(f, "node(s) exceed max volume count ({driver}: {asked} more, {in_use} of {limit} in use)")
            }
            Self::VolumeBinding { problem } => problem.fmt(f),
            Self::VolumeZone { label, values } => {
                write!(f, "node(s) had no available volume zone ({label} in {})", values.join(", "))
            }
            Self::PodTopologySpread { topology_key, skew: None } => {
                write!(f, "node(s) didn't match pod topology spread constraints (missing required label) ({topology_key})")
            }
            Self::PodTopologySpread { topology_key, skew: Some(Skew { here, least, max }) } => write!(
                f,
                "node(s) didn't match pod topology spread constraints ({topology_key}: {here} here with it, {least} at least \
                 elsewhere, maxSkew {max})"
            ),
            Self::InterPodAffinity { rule, topology_key } => write!(f, "{rule} ({topology_key})"),
            Self::DynamicResources { claim, problem: None } => write!(f, "resourceclaim not available on the node ({claim})"),
            Self::DynamicResources { claim, problem: Some(problem) } => write!(f, "{problem} ({claim})"),
        }
    }
}

impl fmt::Display for AffinityRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Affinity => "node(s) didn't match pod affinity rules",
            Self::AntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::ExistingAntiAffinity => "node(s) didn't satisfy existing pods anti-affinity rules",
        })
    }
}
