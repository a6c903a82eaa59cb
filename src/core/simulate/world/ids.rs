//! Numbers of the pods, instances and nodes of the world.

/// A pod; the number of one that is gone is not used again.
pub(super) type PodId = usize;
/// An instance; the number of one that is gone is not used again.
pub(super) type MachineId = usize;
/// A gang, by its place among all of the world.
pub(super) type GangId = usize;
/// A node; the number of one that is gone is not used again.
pub(super) type HostId = usize;
