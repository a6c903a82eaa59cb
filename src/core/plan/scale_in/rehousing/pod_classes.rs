//! Classes of the pods that would move: pods are alike when the scheduler would treat new copies of
//! them alike.

use std::collections::{BTreeMap, BTreeSet};

use super::{PodsToMove, Surroundings};
use crate::index_vec::IndexVec;
use crate::plan::fleet::NodeIx;
use crate::plan::pending::{demand_of_spec, shares};
use crate::plan::pod_claims::Devices;
use crate::scheduler::cluster::DemandId;
use crate::scheduler::{Demand, VolumeNeeds, read_labels, selector_keys};
use crate::snapshot::{Pod, PodSpec, SpecId};

/// The classes, and the pods of each node by class.
pub(super) struct PodClasses<'a> {
    pub(super) demands: IndexVec<DemandId, Demand<'a>>,
    pub(super) pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>>,
    /// The position of each class when the largest pods are placed first.
    pub(super) rank: IndexVec<DemandId, usize>,
}

/// What makes pods alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ClassKey<'a> {
    spec: SpecId,
    /// Namespace and labels, as far as any selector matches on them.
    namespace_and_labels: Option<(&'a str, Vec<(&'a str, &'a str)>)>,
    volumes: VolumeNeeds<'a>,
    /// Where its gang stays together: the label, and its value on the node of the pod. The others
    /// are there while it moves.
    domain: Option<(&'a str, &'a str)>,
    /// Its requests, where a resize in place made them differ from its specification.
    resized: Option<Vec<i64>>,
}

pub(super) fn pod_classes<'a>(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>) -> PodClasses<'a> {
    let Surroundings { situation, storage, .. } = surroundings;
    let fleet = &situation.fleet;
    let devices = Devices::new(fleet);
    let keys = label_keys(surroundings, pods_to_move);
    let mut known: BTreeMap<ClassKey<'a>, DemandId> = BTreeMap::new();
    let mut demands: IndexVec<DemandId, Demand<'a>> = IndexVec::new();
    let mut pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>> = BTreeMap::new();
    for (node, moving) in pods_to_move {
        for &pod in moving {
            let volumes = if pod.volumes.is_empty() { VolumeNeeds::default() } else { storage.needs(pod) };
            let has_selectors = !keys.is_empty() || !volumes.claims.is_empty();
            let read = || read_labels(&pod.labels, |key| keys.contains(key));
            let namespace_and_labels = has_selectors.then(|| (pod.namespace.as_str(), read()));
            let (domain, resized) = (domain(surroundings, *node, pod), resized(surroundings, pod));
            let key = ClassKey { spec: pod.spec, namespace_and_labels, volumes, domain, resized };
            let class = *known.entry(key).or_insert_with_key(|key| {
                let mut demand = demand_of_spec(fleet, &devices, pod);
                demand.volumes = key.volumes.clone();
                if let Some((_, value)) = key.domain {
                    demand.stay_in_domain(value);
                }
                demand.requests = key.resized.clone().unwrap_or(demand.requests);
                demands.push(demand)
            });
            pods.entry(*node).or_default().entry(class).or_default().push(pod);
        }
    }
    let rank = rank(surroundings, &demands);
    PodClasses { demands, pods, rank }
}

/// Returns the label by which the gang of a pod stays together, with its value where the pod is.
fn domain<'a>(surroundings: &Surroundings<'a>, node: NodeIx, pod: &Pod) -> Option<(&'a str, &'a str)> {
    let fleet = &surroundings.situation.fleet;
    let label = fleet.gangs.entry(fleet.gangs.of(pod)?).gang.same.as_deref()?;
    Some((label, fleet.nodes[node].node.labels.get(label)?.as_str()))
}

/// Returns the larger of what a resized pod holds and what it requests: the pod that its controller
/// creates instead may have either.
fn resized(surroundings: &Surroundings<'_>, pod: &Pod) -> Option<Vec<i64>> {
    if pod.resized.is_empty() && pod.pod_resized.is_empty() {
        return None;
    }
    let fleet = &surroundings.situation.fleet;
    let held = fleet.held(pod);
    Some(fleet.requests(pod).iter().zip(held.iter()).map(|(requested, held)| *requested.max(held)).collect())
}

/// Returns the pod labels on which the rules of any pod depend that moves, is there or is expected.
fn label_keys<'a>(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>) -> BTreeSet<&'a str> {
    let fleet = &surroundings.situation.fleet;
    let moving: BTreeMap<SpecId, &'a PodSpec> =
        pods_to_move.values().flatten().map(|pod| (pod.spec, fleet.spec(pod))).collect();
    let others = surroundings.repelling().into_iter().map(|(_, spec)| spec);
    moving.into_values().chain(others).flat_map(selector_keys).collect()
}

/// Returns the position of each class. The largest come first, since large pods that are placed
/// late find no room.
fn rank(surroundings: &Surroundings<'_>, demands: &IndexVec<DemandId, Demand<'_>>) -> IndexVec<DemandId, usize> {
    let fleet = &surroundings.situation.fleet;
    let mut whole = vec![0; fleet.columns.len()];
    for entry in &fleet.nodes {
        for (largest, offered) in whole.iter_mut().zip(fleet.columns.row(&entry.node.allocatable)) {
            *largest = offered.max(*largest);
        }
    }
    let mut order: Vec<DemandId> = demands.numbers().collect();
    order.sort_by_cached_key(|&demand| (std::cmp::Reverse(shares(&demands[demand].requests, &whole)), demand));
    let mut rank = IndexVec::filled(order.len(), 0);
    for (place, demand) in order.into_iter().enumerate() {
        rank[demand] = place;
    }
    rank
}
