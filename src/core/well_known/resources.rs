//! Resources that rules know by name, beside those of Kubernetes itself.

/// The name under which the device plugin offers EFA interfaces.
pub const EFA: &str = "vpc.amazonaws.com/efa";

/// An address of a Windows node, which a webhook adds to the requests of every pod for Windows
/// (`aws/amazon-vpc-resource-controller-k8s`).
pub const PRIVATE_ADDRESS: &str = "vpc.amazonaws.com/PrivateIPv4Address";
