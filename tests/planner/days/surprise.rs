//! Events that no plan could have foreseen.

use ec2_autoscale_core::snapshot::SpecId;

/// Something that happened to the cluster from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Surprise {
    /// A pod with this specification arrived. A pod that was evicted is none: the planner knew that
    /// it would look for a place.
    Pod(SpecId),
    /// Capacity was lost or did not come.
    Failure,
}
