//! Names of CapacityQuotas.

/// The API group.
pub const GROUP: &str = "autoscaling.x-k8s.io";
/// The plural name.
pub const PLURAL: &str = "capacityquotas";
/// The kind.
pub const KIND: &str = "CapacityQuota";
/// What limits the number of nodes, among the resources.
pub const NODES: &str = "nodes";
