//! Names of CapacityBuffers.

/// The API group. Its preferred version is that of another kind.
pub const GROUP: &str = "autoscaling.x-k8s.io";
/// The plural name.
pub const PLURAL: &str = "capacitybuffers";
/// The kind.
pub const KIND: &str = "CapacityBuffer";
/// The strategy by which room is refilled whenever pods have taken it; a buffer that names none has
/// it.
pub const ACTIVE_CAPACITY: &str = "buffer.x-k8s.io/active-capacity";
