//! Where the pods of a snapshot are, for a plan whose caller has kept count of it.

use std::iter;

use crate::snapshot::{Pod, Snapshot};

/// What a caller knows of the pods of a snapshot, so that a plan need not look at each of them and
/// at its owner: most of that lies scattered over the memory.
#[derive(Debug, Default)]
pub(crate) struct KnownPods(Vec<Option<KnownPod>>);

/// What is known of an unfinished pod that is bound to a node of the snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownPod {
    /// The place of its node in [`Snapshot::nodes`].
    pub(crate) node: u32,
    /// Whether it keeps its node from being idle.
    pub(crate) is_holder: bool,
    /// Whether it comes and goes with its node.
    pub(crate) comes_with_its_node: bool,
}

impl KnownPods {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the pods of a snapshot that have not finished, each with what is known of it.
    pub(super) fn unfinished<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = (&'s Pod, Option<KnownPod>)> {
        let known = self.0.iter().copied().chain(iter::repeat(None));
        snapshot.pods.iter().zip(known).filter(|(pod, place)| place.is_some() || !pod.is_finished())
    }
}

/// One entry for each of [`Snapshot::pods`], in their order.
impl FromIterator<Option<KnownPod>> for KnownPods {
    fn from_iter<T: IntoIterator<Item = Option<KnownPod>>>(known: T) -> Self {
        Self(known.into_iter().collect())
    }
}
