//! ProvisioningRequests: room for pods that do not exist yet, found or bought as a whole and then
//! held for a while, so that a queue admits a job only when its pods can run.
//!
//! What happened to a request stands in its conditions and nowhere else. Here is decided what is to
//! be done about each: how many of its pods need a place ([`stage`]), and which conditions it gets
//! once it is known where these go ([`due`]).

mod consumers;
mod due;
mod failure;
mod stage;
#[cfg(test)]
mod test_request;

use std::collections::BTreeMap;

use crate::policy::Policy;
use crate::snapshot::{ForeignAutoscaler, ForeignLease, ObjectName, Pod, ProvisioningRequest, RequestClass, Snapshot};
use consumers::Consumers;

pub(crate) use consumers::{pods_on_nodes, used_request};
pub(crate) use due::{FoundRoom, due};
pub(crate) use stage::RequestStage;

/// The requests that are served here, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct ServedRequests<'a> {
    all: Vec<ServedRequest<'a>>,
}

/// A request that is served here.
#[derive(Debug)]
pub(crate) struct ServedRequest<'a> {
    pub(crate) request: &'a ProvisioningRequest,
    pub(crate) class: RequestClass,
    pub(crate) stage: RequestStage,
    /// How many pods that use its room are bound to nodes.
    pub(crate) bound: u32,
    /// For each of its pod sets, how many pods are still to come.
    pub(crate) to_come: Vec<u32>,
}

impl<'a> ServedRequests<'a> {
    /// Finds out what is to be done about the requests of a snapshot.
    pub(crate) fn new(snapshot: &'a Snapshot, policy: &Policy) -> Self {
        let served: Vec<(&ProvisioningRequest, RequestClass)> = snapshot
            .provisioning_requests
            .iter()
            .filter(|request| {
                policy.pod_namespaces.is_empty() || policy.pod_namespaces.iter().any(|it| request.namespace == *it)
            })
            .filter_map(|request| Some((request, request.served_class()?)))
            .collect();
        if served.is_empty() {
            return Self::default();
        }
        let consumers = Consumers::bound(snapshot);
        let other = other_autoscaler(snapshot);
        let serve = |(request, class)| ServedRequest::new(snapshot, request, class, &consumers).left_to(other);
        let mut all: Vec<ServedRequest<'a>> = served.into_iter().map(serve).collect();
        all.sort_by_key(|served| (served.request.created_at, served.request.id()));
        Self { all }
    }

    /// Returns them, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ServedRequest<'a>> {
        self.all.iter()
    }

    /// Returns the request for whose room a pod without a node waits: while that is looked for or
    /// held, nothing is bought for the pod itself.
    pub(crate) fn awaited_by(&self, pod: &Pod) -> Option<&ServedRequest<'a>> {
        if self.all.is_empty() || pod.node.is_some() {
            return None;
        }
        let name = used_request(pod)?;
        let mut own = self.all.iter().filter(|served| served.request.namespace == pod.namespace);
        own.find(|served| *served.request.name == *name && served.stage.serves_pods())
    }
}

impl<'a> ServedRequest<'a> {
    fn new(snapshot: &Snapshot, request: &'a ProvisioningRequest, class: RequestClass, consumers: &Consumers<'_>) -> Self {
        let bound = consumers.of(request);
        let to_come = consumers::to_come(snapshot, request, bound);
        let has_all = to_come.iter().all(|count| *count == 0);
        let stage = RequestStage::of(request, class, has_all, snapshot.taken_at);
        let bound = u32::try_from(bound.len()).unwrap_or(u32::MAX);
        Self { request, class, stage, bound, to_come }
    }

    /// Leaves the request to another autoscaler, unless it names us.
    fn left_to(self, other: Option<ForeignAutoscaler>) -> Self {
        match other.filter(|_| !self.request.names_us()) {
            Some(other) => Self { stage: RequestStage::LeftToAnother(other), ..self },
            None => self,
        }
    }
}

/// Returns the other autoscaler that serves requests and is active. Two of them would buy twice,
/// and write over each other.
fn other_autoscaler(snapshot: &Snapshot) -> Option<ForeignAutoscaler> {
    let serves = |lease: &&ForeignLease| match lease.autoscaler {
        ForeignAutoscaler::ClusterAutoscaler => true,
        ForeignAutoscaler::Karpenter => false,
    };
    let mut fresh = snapshot.foreign_leases.iter().filter(|lease| lease.is_fresh(snapshot.taken_at));
    fresh.find(serves).map(|lease| lease.autoscaler)
}

/// The pods that use the room of requests, by these.
type ByRequest<'p> = BTreeMap<ObjectName, Vec<&'p Pod>>;
