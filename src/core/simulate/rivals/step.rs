//! What a model does in a run. The world carries each step out at once, by the same calls as the
//! steps of our plans.

/// A step of a model. Groups are named by their place in the snapshot, instances by their number in
/// the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulate) enum RivalStep {
    /// Raise the desired capacity of a group.
    Grow { group: usize, to: i64 },
    /// Lower the desired capacity of a group to what lives.
    Revert { group: usize },
    /// Launch one node: the first of these that the cloud has. Each is a group and the place of a
    /// machine type and zone in what it may launch. Neither the group's minimum nor its maximum
    /// counts.
    Launch { order: u64, offers: Vec<(usize, usize)> },
    /// Let no more pods onto a node.
    Cordon { machine: usize },
    /// Let pods onto a node again.
    Uncordon { machine: usize },
    /// Evict pods, by their UIDs, through the Eviction API.
    Evict { pods: Vec<String> },
    /// End an instance, and lower the desired capacity of its group with it.
    Terminate { machine: usize },
}

/// What became of a [`RivalStep::Launch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulate) struct Launched {
    pub(in crate::simulate) order: u64,
    /// The instance; absent where the cloud had none of what was wanted.
    pub(in crate::simulate) machine: Option<usize>,
}
