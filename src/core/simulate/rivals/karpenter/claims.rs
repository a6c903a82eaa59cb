//! Provisioning: the pods that wait go onto what is there or coming, and the others onto new nodes.
//! A new node is at first any machine type that holds its pods; the more pods it gets, the fewer
//! types are left. The cheapest of these is launched (`pkg/controllers/provisioning/scheduling`).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::offerings::{OfferId, available, by_price, holds, next_try};
use crate::duration::Seconds;
use crate::simulate::rivals::first_fit::FreeRows;
use crate::simulate::rivals::scene::{ModelCluster, ModelPod};
use crate::snapshot::{CPU, MEMORY, SpecId};

/// What the pods that wait need.
pub(super) struct Provisioned {
    /// The offers for each new node, the cheapest first.
    pub(super) launches: Vec<Vec<OfferId>>,
    /// Whether pods that wait are expected on each node of the scene.
    pub(super) nominated: Vec<bool>,
    /// When pods that nothing helps now may be helped.
    pub(super) retries_at: Option<Seconds>,
}

/// A node that is to be launched.
struct NodeClaim {
    offers: Vec<OfferId>,
    requested: Vec<i64>,
    pods: usize,
}

/// Returns what the pods that wait need. What they take of the nodes that are there is taken of
/// `free`.
pub(super) fn provision(scene: &ModelCluster<'_>, free: &mut FreeRows) -> Provisioned {
    let mut provisioned = Provisioned { launches: Vec::new(), nominated: vec![false; scene.nodes.len()], retries_at: None };
    if scene.waiting.is_empty() {
        return provisioned;
    }
    let all = available(scene);
    let mut suited: BTreeMap<SpecId, Vec<OfferId>> = BTreeMap::new();
    let mut claims: Vec<NodeClaim> = Vec::new();
    for pod in in_order(scene, &scene.waiting) {
        if let Some(place) = free.place(scene, pod, |_| true) {
            provisioned.nominated[place] = true;
            continue;
        }
        let nothing = vec![0; pod.row.len()];
        let fitting = || all.iter().copied().filter(|id| holds(scene, *id, &nothing, pod)).collect();
        let offers = suited.entry(pod.pod.spec).or_insert_with(fitting);
        // Those with the fewest pods come first.
        claims.sort_by_key(|claim| claim.pods);
        let is_taken = claims.iter_mut().any(|claim| claim.takes(scene, pod, offers));
        match is_taken {
            true => {}
            false if offers.is_empty() => provisioned.retries_at = next_try(scene),
            false => claims.push(NodeClaim { offers: offers.clone(), requested: pod.row.to_vec(), pods: 1 }),
        }
    }
    for mut claim in claims {
        by_price(scene, &mut claim.offers);
        provisioned.launches.push(claim.offers);
    }
    provisioned
}

impl NodeClaim {
    /// Takes a pod, if a machine type is left then.
    fn takes(&mut self, scene: &ModelCluster<'_>, pod: &ModelPod<'_>, suited: &[OfferId]) -> bool {
        let is_left = |id: &OfferId| suited.contains(id) && holds(scene, *id, &self.requested, pod);
        let left: Vec<OfferId> = self.offers.iter().copied().filter(is_left).collect();
        if left.is_empty() {
            return false;
        }
        self.offers = left;
        self.requested.iter_mut().zip(pod.row).for_each(|(sum, amount)| *sum += amount);
        self.pods += 1;
        true
    }
}

/// Returns pods in the order in which they are placed: the most CPU first, then the most memory,
/// then the oldest (`byCPUAndMemoryDescending`).
pub(super) fn in_order<'p, 'w>(scene: &ModelCluster<'_>, pods: &'p [ModelPod<'w>]) -> Vec<&'p ModelPod<'w>> {
    let column = |name: &str| (0..scene.columns.len()).find(|column| scene.columns.name(*column) == name);
    let [cpu, memory] = [CPU, MEMORY].map(column);
    let amount = |pod: &ModelPod<'_>, column: Option<usize>| column.map_or(0, |column| pod.row[column]);
    let mut ordered: Vec<&ModelPod<'_>> = pods.iter().collect();
    ordered.sort_by_key(|pod| (Reverse(amount(pod, cpu)), Reverse(amount(pod, memory)), pod.pod.created_at));
    ordered
}
