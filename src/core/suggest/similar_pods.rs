//! Pods that need the same of a group.

use std::collections::BTreeMap;

use super::needs::NodeNeeds;
use super::no_help::NoHelp;
use super::pod_needs::needs_of;
use crate::policy::Policy;
use crate::scheduler::pending_requests;
use crate::snapshot::{ObjectName, Pod, PodSpec, Resources, Snapshot, SpecId};
use crate::well_known::labels::HOSTNAME;

/// Pods that need the same of a group, by their specification.
pub(super) struct SimilarPods {
    pub(super) needs: NodeNeeds,
    pub(super) kinds: Vec<PodKind>,
}

/// Pods of one specification.
#[derive(Clone)]
pub(super) struct PodKind {
    /// What one of them requests.
    pub(super) requests: Resources,
    /// Whether a node takes only one of them.
    pub(super) is_alone: bool,
    pub(super) pods: Vec<ObjectName>,
}

impl SimilarPods {
    /// Returns the names of all of them.
    pub(super) fn pods(&self) -> impl Iterator<Item = &ObjectName> {
        self.kinds.iter().flat_map(|kind| &kind.pods)
    }
}

/// Groups pods by what they need. Those for which that cannot be met come with the reason.
pub(super) fn similar_pods<'a>(
    pods: impl Iterator<Item = &'a Pod>,
    snapshot: &Snapshot,
    policy: &Policy,
) -> (Vec<SimilarPods>, Vec<(ObjectName, NoHelp)>) {
    let mut by_needs: BTreeMap<NodeNeeds, BTreeMap<SpecId, PodKind>> = BTreeMap::new();
    let mut of_specs: BTreeMap<SpecId, Result<NodeNeeds, NoHelp>> = BTreeMap::new();
    let mut left = Vec::new();
    for pod in pods {
        let spec = &snapshot.pod_specs[&pod.spec];
        let read = || needs_of(pod, spec, snapshot, policy);
        // Volumes are each pod's own.
        let needs = if pod.volumes.is_empty() { of_specs.entry(pod.spec).or_insert_with(read).clone() } else { read() };
        match needs {
            Ok(needs) => {
                let kind = || PodKind { requests: pending_requests(spec), is_alone: is_alone(spec), pods: Vec::new() };
                by_needs.entry(needs).or_default().entry(pod.spec).or_insert_with(kind).pods.push(pod.id());
            }
            Err(why) => left.push((pod.id(), why)),
        }
    }
    let similar = by_needs.into_iter().map(|(needs, kinds)| SimilarPods { needs, kinds: kinds.into_values().collect() });
    (similar.collect(), left)
}

/// Whether a port of the host, or affinity against other pods of the node, most likely leaves a
/// node to one such pod.
fn is_alone(spec: &PodSpec) -> bool {
    spec.containers.iter().any(|container| !container.host_ports.is_empty())
        || spec.pod_anti_affinity.iter().any(|term| term.topology_key == HOSTNAME)
}
