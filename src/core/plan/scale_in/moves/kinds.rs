//! Pods that have a node, by what the scheduler would ask if they were made again.

use std::collections::{BTreeMap, BTreeSet};

use super::{PodsToMove, Surroundings};
use crate::index_vec::IndexVec;
use crate::plan::fleet::NodeIx;
use crate::plan::pending::{Devices, demand_of_spec, shares};
use crate::scheduler::cluster::DemandId;
use crate::scheduler::{Demand, VolumeNeeds, selector_keys};
use crate::snapshot::{Pod, PodSpec, SpecId};

/// The kinds, and the pods of each node by kind.
pub(super) struct Kinds<'a> {
    pub(super) demands: IndexVec<DemandId, Demand<'a>>,
    pub(super) pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>>,
    /// The place of each kind when the largest pods are placed first.
    pub(super) rank: IndexVec<DemandId, usize>,
}

/// What makes pods alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'a> {
    spec: SpecId,
    /// Namespace and labels, as far as any selector looks at them.
    company: Option<(&'a str, Vec<Option<&'a str>>)>,
    volumes: VolumeNeeds<'a>,
    /// What it asks for, when a resize in place made it hold something else than its specification says.
    resized: Option<Vec<i64>>,
}

pub(super) fn kinds<'a>(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>) -> Kinds<'a> {
    let Surroundings { situation, storage, .. } = surroundings;
    let fleet = &situation.fleet;
    let devices = Devices::new(fleet);
    let keys = label_keys(surroundings, pods_to_move);
    let mut known: BTreeMap<Likeness<'a>, DemandId> = BTreeMap::new();
    let mut demands: IndexVec<DemandId, Demand<'a>> = IndexVec::new();
    let mut pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>> = BTreeMap::new();
    for (node, moving) in pods_to_move {
        for &pod in moving {
            let volumes = if pod.volumes.is_empty() { VolumeNeeds::default() } else { storage.needs(pod) };
            let has_company = !keys.is_empty() || !volumes.claims.is_empty();
            let values = || keys.iter().map(|key| pod.labels.get(*key).map(String::as_str)).collect();
            let company = has_company.then(|| (pod.namespace.as_str(), values()));
            let likeness = Likeness { spec: pod.spec, company, volumes, resized: resized(surroundings, pod) };
            let kind = *known.entry(likeness).or_insert_with_key(|likeness| {
                let mut demand = demand_of_spec(fleet, &devices, pod);
                demand.volumes = likeness.volumes.clone();
                demand.requests = likeness.resized.clone().unwrap_or(demand.requests);
                demands.push(demand)
            });
            pods.entry(*node).or_default().entry(kind).or_default().push(pod);
        }
    }
    let rank = rank(surroundings, &demands);
    Kinds { demands, pods, rank }
}

/// The larger of what it holds and what it asked for: what its controller makes again may have either.
fn resized(surroundings: &Surroundings<'_>, pod: &Pod) -> Option<Vec<i64>> {
    if pod.resized.is_empty() && pod.pod_resized.is_empty() {
        return None;
    }
    let fleet = &surroundings.situation.fleet;
    let held = fleet.held(pod);
    Some(fleet.requests(pod).iter().zip(held.iter()).map(|(asked, held)| *asked.max(held)).collect())
}

/// The pod labels that the rules of any pod look at that moves, is there or is expected.
fn label_keys<'a>(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>) -> BTreeSet<&'a str> {
    let fleet = &surroundings.situation.fleet;
    let moving: BTreeMap<SpecId, &'a PodSpec> =
        pods_to_move.values().flatten().map(|pod| (pod.spec, fleet.spec(pod))).collect();
    let others = surroundings.repelling().into_iter().map(|(_, spec)| spec);
    moving.into_values().chain(others).flat_map(selector_keys).collect()
}

/// Large pods placed late find no room.
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
