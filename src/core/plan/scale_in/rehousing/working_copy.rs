//! The cluster as it will be once the pending pods of this plan are where they are expected.

use crate::index_vec::IndexVec;
use crate::plan::fleet::NodeIx;
use crate::plan::pending::repelling;
use crate::plan::report::PodVerdict;
use crate::plan::scale_up::{Presentations, ScaleUp, settled_cluster};
use crate::plan::situation::Situation;
use crate::scheduler::cluster::{Cluster, DemandId};
use crate::scheduler::{Demand, Storage};
use crate::snapshot::{Pod, PodSpec};

/// What a working copy is made of.
pub(crate) struct Surroundings<'a> {
    pub(crate) situation: &'a Situation<'a>,
    pub(crate) presentations: &'a Presentations,
    pub(crate) storage: Storage<'a>,
    /// Pods that this plan expects on existing nodes, each with the node's number: pending ones,
    /// and those that are not in the API.
    pub(crate) expected: Vec<(NodeIx, &'a Pod)>,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(situation: &'a Situation<'a>, presentations: &'a Presentations, scale_up: &ScaleUp) -> Self {
        let fleet = &situation.fleet;
        let place = |(pod, ruling): (&&'a Pod, &crate::plan::scale_up::PodRuling)| match &ruling.ruling.verdict {
            PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } => Some((fleet.node_number(node)?, *pod)),
            // Room for nominated pods is kept where the nodes are made. Other pods are not expected
            // on existing nodes.
            _ => None,
        };
        let expected = fleet.unbound.iter().zip(scale_up.rulings_on_all()).filter_map(place).collect();
        Self { situation, presentations, storage: Storage::new(fleet.snapshot), expected }
    }

    /// Returns the specifications with anti-affinity of pods that are there or expected, with the
    /// namespace of each.
    pub(super) fn repelling(&self) -> Vec<(&'a str, &'a PodSpec)> {
        let expected = self.expected.iter().map(|(_, pod)| (pod.namespace.as_str(), self.situation.fleet.spec(pod)));
        let repels = expected.filter(|(_, spec)| !spec.pod_anti_affinity.is_empty());
        repelling(&self.situation.fleet).into_iter().chain(repels).collect()
    }

    /// Returns the cluster, with the nodes in the order of `Fleet::nodes`, for pods of these
    /// classes.
    pub(super) fn working_copy(&self, demands: IndexVec<DemandId, Demand<'a>>) -> Cluster<'a> {
        let Self { situation, presentations, storage, .. } = self;
        let fleet = &situation.fleet;
        let repelling = self.repelling().into_iter();
        let mut cluster = settled_cluster(situation, presentations, (storage.clone(), demands), repelling);
        for (node, pod) in &self.expected {
            cluster.occupy(node.in_working_copy(), fleet.requests(pod), &fleet.resident(pod), &pod.volumes);
        }
        cluster
    }
}
