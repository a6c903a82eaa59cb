//! The controllers of pods without a node: many pods of one controller are one name in a table. A
//! plan does not hold them, and so the tables of a saved one have the pods alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::snapshot::{ObjectName, Owner, Snapshot};

/// The controllers of the pods without a node.
#[derive(Debug, Clone, Default)]
pub struct PodOwners(BTreeMap<ObjectName, Arc<Owner>>);

impl PodOwners {
    /// Returns those of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let unbound = snapshot.pods.iter().filter(|pod| pod.node.is_none());
        Self(unbound.filter_map(|pod| Some((pod.id(), pod.owner.clone()?))).collect())
    }

    /// Returns the controller of a pod.
    pub(super) fn of_pod(&self, pod: &ObjectName) -> Option<&Owner> {
        self.0.get(pod).map(|owner| &**owner)
    }
}
