//! `InterPodAffinity`: near the pods that its affinity matches, away from those that its
//! anti-affinity matches, and away from those whose anti-affinity matches it.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};
use crate::scheduler::misfit::AffinityRule;

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let (rule, tally) = broken(cluster, demand, node)?;
    Some(Misfit::InterPodAffinity { rule, topology_key: cluster.topology_key(tally).to_owned() })
}

/// Whether no rule is broken by one more such pod.
pub(super) fn takes(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> bool {
    broken(cluster, demand, node).is_none()
}

/// Whether a rule keeps the pod out of a domain that the node shares with its like.
pub(super) fn is_shut_out(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> bool {
    all_broken(cluster, demand, node).any(|(_, tally)| cluster.is_shared(tally, node))
}

fn broken(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<(AffinityRule, usize)> {
    all_broken(cluster, demand, node).next()
}

/// Returns the rules that are broken, with their tallies, in the order of
/// `interpodaffinity/filtering.go`.
fn all_broken(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> impl Iterator<Item = (AffinityRule, usize)> {
    let topology = &cluster.demand(demand).topology;
    let crowded = move |tally: &&usize| cluster.count_at(**tally, node).is_some_and(|count| count > 0);
    let with = |rule: AffinityRule| move |tally: &usize| (rule, *tally);
    let affinity = unsatisfied_affinity(cluster, demand, node).map(|tally| (AffinityRule::Affinity, tally));
    let own = topology.anti_affinity.iter().filter(crowded).map(with(AffinityRule::AntiAffinity));
    let of_others = topology.repelled_by.iter().filter(crowded).map(with(AffinityRule::ExistingAntiAffinity));
    affinity.into_iter().chain(own).chain(of_others)
}

/// Returns the first affinity term that no pod satisfies here. Where no pod anywhere matches all
/// terms, a pod that matches them itself may start a domain; but the node must have every label
/// even so.
fn unsatisfied_affinity(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<usize> {
    let topology = &cluster.demand(demand).topology;
    let lacks_label = topology.affinity.iter().find(|tally| cluster.count_at(**tally, node).is_none());
    if let Some(tally) = lacks_label {
        return Some(*tally);
    }
    let alone = topology.affinity.iter().find(|tally| cluster.count_at(**tally, node) == Some(0))?;
    let may_start = topology.matches_itself && topology.affinity.iter().all(|tally| cluster.count_anywhere(*tally) == 0);
    (!may_start).then_some(*alone)
}

/// Returns how many fit in a row: one, if they repel each other.
pub(super) fn room(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    if broken(cluster, demand, node).is_some() {
        return 0;
    }
    let topology = &cluster.demand(demand).topology;
    let repels_itself = topology.anti_affinity.iter().chain(&topology.repelled_by).any(|tally| topology.changes(*tally));
    if repels_itself { 1 } else { u32::MAX }
}
