//! `PodTopologySpread`: a domain may exceed the least filled one by only so many matching pods.

use crate::scheduler::Misfit;
use crate::scheduler::cluster::{Cluster, DemandId, Doubt, NodeId};
use crate::scheduler::misfit::Skew;
use crate::scheduler::topology_needs::SpreadNeed;

pub(super) fn refuses(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<Misfit> {
    let (tally, skew) = broken(cluster, demand, node)?;
    Some(Misfit::PodTopologySpread { topology_key: cluster.topology_key(tally).to_owned(), skew })
}

/// Whether no constraint is broken by one more such pod.
pub(super) fn takes(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> bool {
    broken(cluster, demand, node).is_none()
}

/// Whether a constraint keeps the pod out of a domain that the node shares with its like.
pub(super) fn is_shut_out(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> bool {
    all_broken(cluster, demand, node).any(|(tally, _)| cluster.is_shared(tally, node))
}

fn broken(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> Option<(usize, Option<Skew>)> {
    all_broken(cluster, demand, node).next()
}

/// Returns the constraints that one more pod would break, by their tallies; without numbers when
/// the node lacks the label.
fn all_broken(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> impl Iterator<Item = (usize, Option<Skew>)> {
    cluster.demand(demand).topology.spread.iter().filter_map(move |need| {
        let Some(SpreadStanding { count, least, .. }) = standing(cluster, need, node) else { return Some((need.tally, None)) };
        let here = count + u32::from(need.counts_itself);
        let skew = Skew { here, least, max: need.max_skew };
        (here > least.saturating_add(need.max_skew)).then_some((need.tally, Some(skew)))
    })
}

/// Returns how many more fit in a row. The least filled domain may be this very one and rise with
/// it; then the number has to be computed again.
pub(super) fn room(cluster: &Cluster<'_>, demand: DemandId, node: NodeId) -> u32 {
    if broken(cluster, demand, node).is_some() {
        return 0;
    }
    let counted = cluster.demand(demand).topology.spread.iter().filter(|need| need.counts_itself);
    let rooms = counted.map(|need| {
        let Some(SpreadStanding { count, least, is_certain }) = standing(cluster, need, node) else { return 0 };
        // Each pod whose domain is not certain makes the next one less so.
        if is_certain { least.saturating_add(need.max_skew).saturating_sub(count) } else { 1 }
    });
    rooms.min().unwrap_or(u32::MAX)
}

/// The pods of a domain and of the least filled one, where they are most apart.
struct SpreadStanding {
    count: u32,
    least: u32,
    is_certain: bool,
}

fn standing(cluster: &Cluster<'_>, need: &SpreadNeed, node: NodeId) -> Option<SpreadStanding> {
    let count = cluster.count_at(need.tally, node)?;
    let least = cluster.least(need.tally, need.min_domains);
    Some(match cluster.doubt(need.tally, node) {
        None => SpreadStanding { count, least, is_certain: true },
        Some(Doubt { most, unsure, may_be_empty }) => {
            let least = if may_be_empty { 0 } else { least.saturating_sub(unsure) };
            // What is expected must hold as well: that is the node which is named.
            SpreadStanding { count: most.saturating_add(unsure).max(count), least, is_certain: false }
        }
    })
}
