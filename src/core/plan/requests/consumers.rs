//! The pods that use the room of a request, and how many are still to come.

use std::collections::BTreeMap;

use super::ByRequest;
use crate::snapshot::{Name, ObjectName, Pod, PodSpec, ProvisioningRequest, Snapshot};
use crate::well_known::annotations::{USES_REQUEST, USES_REQUEST_FORMERLY};

/// Returns the name of the request in whose room a pod goes, if it names one.
pub(crate) fn used_request(pod: &Pod) -> Option<&str> {
    let named = [USES_REQUEST, USES_REQUEST_FORMERLY].into_iter().find_map(|key| pod.drain_annotations.get(key))?;
    Some(named.as_str()).filter(|name| !name.is_empty())
}

/// The pods that use the room of requests and are bound to nodes.
pub(super) struct Consumers<'p>(ByRequest<'p>);

impl<'p> Consumers<'p> {
    /// Finds them among the pods of a snapshot.
    pub(super) fn bound(snapshot: &'p Snapshot) -> Self {
        let mut by_request = ByRequest::new();
        for pod in snapshot.pods.iter().filter(|pod| pod.node.is_some()) {
            if let Some(name) = used_request(pod) {
                by_request.entry(ObjectName::new(pod.namespace.clone(), name)).or_default().push(pod);
            }
        }
        Self(by_request)
    }

    /// Returns those of a request.
    pub(super) fn of(&self, request: &ProvisioningRequest) -> &[&'p Pod] {
        self.0.get(&request.id()).map_or(&[], Vec::as_slice)
    }
}

/// Returns the nodes on which pods use the room of a request, each with how many.
pub(crate) fn pods_on_nodes(snapshot: &Snapshot, request: &ProvisioningRequest) -> BTreeMap<Name, u32> {
    let mut nodes = BTreeMap::new();
    for node in Consumers::bound(snapshot).of(request).iter().filter_map(|pod| pod.node.as_ref()) {
        *nodes.entry(node.clone()).or_default() += 1;
    }
    nodes
}

/// Returns how many pods of each set of a request are still to come, beside those that are bound.
///
/// A pod names only its request. It counts for a set whose pods request the same, and where there
/// is none, or has come whole, for the first that is not whole: what it took is no longer to be
/// held, whatever it is like.
pub(super) fn to_come(snapshot: &Snapshot, request: &ProvisioningRequest, bound: &[&Pod]) -> Vec<u32> {
    let mut to_come: Vec<u32> = request.pod_sets.iter().map(|set| set.count).collect();
    let is_of = |set: usize, pod: &Pod| {
        let template = request.pod_sets[set].pod();
        template.is_some_and(|template| requests_the_same(snapshot.spec(template), snapshot.spec(pod)))
    };
    let mut others = 0_u32;
    for pod in bound {
        match (0..to_come.len()).find(|set| to_come[*set] > 0 && is_of(*set, pod)) {
            Some(set) => to_come[set] -= 1,
            None => others += 1,
        }
    }
    for left in &mut to_come {
        let taken = others.min(*left);
        *left -= taken;
        others -= taken;
    }
    to_come
}

fn requests_the_same(one: &PodSpec, other: &PodSpec) -> bool {
    let requests = |spec: &PodSpec| {
        let containers = spec.containers.iter().map(|container| (container.role, container.requests.clone()));
        (containers.collect::<Vec<_>>(), spec.pod_requests.clone())
    };
    requests(one) == requests(other)
}

#[cfg(test)]
mod tests {
    use super::super::test_request::{bound, pod, request, snapshot};
    use super::*;

    fn left(pod_sets: &[(u32, u32)], bound: &[Pod]) -> Vec<u32> {
        let bound: Vec<&Pod> = bound.iter().collect();
        to_come(&snapshot(), &request(pod_sets), &bound)
    }

    #[test]
    fn a_bound_pod_counts_for_the_set_that_requests_the_same() {
        assert_eq!(left(&[(100, 3), (200, 2)], &[]), [3, 2]);
        assert_eq!(left(&[(100, 3), (200, 2)], &[bound(200), bound(100), bound(200)]), [2, 0]);
    }

    #[test]
    fn a_bound_pod_of_no_set_counts_for_the_first_that_is_not_whole() {
        assert_eq!(left(&[(100, 1), (200, 2)], &[bound(300), bound(300)]), [0, 1]);
        assert_eq!(left(&[(100, 1), (200, 2)], &[bound(100), bound(100)]), [0, 1]);
        assert_eq!(left(&[(100, 1)], &[bound(100), bound(100), bound(100)]), [0]);
    }

    #[test]
    fn the_former_annotation_names_a_request_as_well() {
        let mut old = pod(100);
        assert_eq!(used_request(&old), None);
        old.drain_annotations.insert(USES_REQUEST_FORMERLY.into(), "train".into());
        assert_eq!(used_request(&old), Some("train"));
    }

    #[test]
    fn only_pods_on_nodes_of_the_namespace_have_come() {
        let mut seen = snapshot();
        let elsewhere = Pod { namespace: "other".into(), ..bound(100) };
        let waiting = Pod { node: None, ..bound(100) };
        seen.pods = vec![bound(100), elsewhere, waiting];
        assert_eq!(Consumers::bound(&seen).of(&request(&[(100, 3)])).len(), 1);
    }
}
