//! How much storage is left, as CSI drivers report it for kube-scheduler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LabelSelector;

/// A CSIStorageCapacity: what is left for the volumes of one class on some nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageCapacity {
    /// The storage class.
    pub storage_class: String,
    /// The nodes that reach it; absent when none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<LabelSelector>,
    /// How many bytes are left; absent when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// The most bytes that one volume may have, where the driver states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_volume: Option<i64>,
}

impl StorageCapacity {
    /// Returns the most bytes that one more volume may have, as kube-scheduler has it
    /// (`capacitySufficient`).
    #[must_use]
    pub fn most_of_a_volume(&self) -> Option<i64> {
        self.largest_volume.or(self.capacity)
    }
}
