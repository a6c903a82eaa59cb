//! Names of CapacityBuffers.

/// The strategy by which room is refilled whenever pods have taken it; a buffer that names none has
/// it.
pub const ACTIVE_CAPACITY: &str = "buffer.x-k8s.io/active-capacity";
