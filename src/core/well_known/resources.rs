//! Resources that rules know by name, beside those of Kubernetes itself.

/// The name under which the device plugin offers EFA interfaces.
pub const EFA: &str = "vpc.amazonaws.com/efa";
