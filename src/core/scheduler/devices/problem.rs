//! Why a pod gets no devices.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a pod gets no devices on a node, or on any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DeviceProblem {
    /// The free devices of the node do not meet what the claims request.
    NotEnough,
    /// Nothing shows which devices a new node has.
    NotKnown,
    /// Nothing shows what the pod of a DaemonSet claims of a new node.
    DaemonClaimsNotKnown {
        /// The namespace and name of the DaemonSet.
        daemon_set: String,
    },
    /// A DeviceClass does not exist: no node helps.
    ClassMissing {
        /// The request that names it.
        request: String,
        /// The class.
        class: String,
    },
    /// A selector fails on a device, which keeps the pod from every node.
    SelectorFails {
        /// The node; empty for a new one.
        node: String,
        /// The driver and the device.
        device: String,
        /// The error of the expression.
        error: String,
    },
    /// A request for all devices waits until a driver has published all of a pool, which keeps the
    /// pod from every node.
    PoolIncomplete {
        /// The request.
        request: String,
        /// The driver and the pool.
        pool: String,
    },
    /// A claim requests more devices than a claim can have.
    TooMany {
        /// How many it requests at least.
        devices: u64,
    },
    /// A request for all devices can't have them because of a constraint, which keeps the pod from
    /// every node.
    ConstraintOnAll {
        /// The request.
        request: String,
        /// The driver and the device.
        device: String,
    },
    /// So many combinations of devices were tried without success that the search was given up.
    TooComplex,
    /// Another pod that shares the claim gets its devices on another node.
    SharedElsewhere,
}

impl DeviceProblem {
    /// Whether it keeps the pod from every node, as kube-scheduler gives up a pod whose filter
    /// fails on one.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        match self {
            Self::ClassMissing { .. }
            | Self::SelectorFails { .. }
            | Self::PoolIncomplete { .. }
            | Self::TooMany { .. }
            | Self::ConstraintOnAll { .. } => true,
            Self::NotEnough | Self::NotKnown | Self::DaemonClaimsNotKnown { .. } | Self::TooComplex | Self::SharedElsewhere => {
                false
            }
        }
    }
}

impl fmt::Display for DeviceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnough => f.write_str("cannot allocate all claims"),
            Self::NotKnown => f.write_str("cannot allocate all claims: nothing shows the devices of a new node"),
            Self::DaemonClaimsNotKnown { daemon_set } => {
                write!(
                    f,
                    "cannot allocate all claims: nothing shows which devices the DaemonSet {daemon_set} claims of a new node"
                )
            }
            Self::ClassMissing { request, class } => write!(f, "request {request}: device class {class} does not exist"),
            Self::SelectorFails { node, device, error } if node.is_empty() => {
                write!(f, "CEL runtime error: {error}, on device {device} of a new node")
            }
            Self::SelectorFails { node, device, error } => {
                write!(f, "CEL runtime error: {error}, on device {device} of node {node}")
            }
            Self::PoolIncomplete { request, pool } => {
                write!(f, "request {request}: asks for all devices, but resource pool {pool} is currently being updated")
            }
            Self::TooMany { devices } => {
                write!(f, "number of requested devices {devices} exceeds the claim limit of 32")
            }
            Self::ConstraintOnAll { request, device } => {
                write!(f, "request {request}: cannot add device {device} because a claim constraint would not be satisfied")
            }
            Self::TooComplex => f.write_str("cannot allocate all claims: too many combinations of devices were tried"),
            Self::SharedElsewhere => f.write_str("resourceclaim not available on the node"),
        }
    }
}
