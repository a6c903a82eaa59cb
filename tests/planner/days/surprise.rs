//! What no plan could have foreseen.

use ec2_autoscale_core::snapshot::SpecId;

/// Something that happened to the cluster from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Surprise {
    /// A pod came that asks for this. One that an eviction sent away is none: the planner knew that it would look for a place.
    Pod(SpecId),
    /// Capacity was lost or did not come.
    Failure,
}
