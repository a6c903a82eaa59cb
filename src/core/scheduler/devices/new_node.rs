//! The devices of a node that is not there yet.

use crate::snapshot::{AllocatedDevice, ResourceSlice};

/// The devices of a node that is not there yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DevicesOfNewNode {
    /// The slices that its drivers will publish; a pool that is named as the node has no name.
    pub slices: Vec<ResourceSlice>,
    /// What the pods have of them that come with the node.
    pub taken: Vec<AllocatedDevice>,
}
