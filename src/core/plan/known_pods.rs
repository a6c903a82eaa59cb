//! Where the pods of a snapshot are and what they request, for a plan whose caller has kept count
//! of it.

use std::collections::BTreeMap;
use std::iter;
use std::rc::Rc;

use crate::snapshot::{Pod, Resources, Snapshot, SpecId};

/// What a caller knows of the pods of a snapshot, so that a plan need not look at each of them and
/// at its owner: most of that lies scattered over the memory.
#[derive(Debug, Default)]
pub(crate) struct KnownPods {
    /// One entry for each of [`Snapshot::pods`], in their order.
    pods: Vec<Option<KnownPod>>,
    requests: Option<Rc<RequestsBySpec>>,
}

/// What a pod without a node requests, by its specification.
pub(crate) type RequestsBySpec = BTreeMap<SpecId, Resources>;

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
    /// Returns what is known of each of [`Snapshot::pods`], in their order, and of every
    /// specification.
    pub(crate) fn new(pods: Vec<Option<KnownPod>>, requests: Rc<RequestsBySpec>) -> Self {
        Self { pods, requests: Some(requests) }
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// Returns what pods of a specification request, if that is known.
    pub(super) fn requests(&self, spec: SpecId) -> Option<&Resources> {
        self.requests.as_ref()?.get(&spec)
    }

    /// Returns the pods of a snapshot that have not finished, each with what is known of it.
    pub(super) fn unfinished<'s>(&self, snapshot: &'s Snapshot) -> impl Iterator<Item = (&'s Pod, Option<KnownPod>)> {
        let known = self.pods.iter().copied().chain(iter::repeat(None));
        snapshot.pods.iter().zip(known).filter(|(pod, place)| place.is_some() || !pod.is_finished())
    }
}
