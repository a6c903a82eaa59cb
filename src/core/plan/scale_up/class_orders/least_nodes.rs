//! How many nodes it takes at least, so that nothing more is tried once so many are bought.

use crate::plan::amounts::small;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::Buying;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, Origin};

use super::attempt::BuyingAttempt;

/// Whether fewer nodes cannot do: so many pods keep each other away, or, where all nodes offer the
/// same, the pods on them request that much together.
pub(super) fn are_bought(buying: &Buying<'_, '_>, candidates: &Candidates<'_>, attempt: &BuyingAttempt) -> bool {
    let pods = on_new_nodes(attempt).map(|(class, pods)| (class.demand(), pods));
    let apart = candidates.cluster.most_kept_apart(pods);
    let least = apart.max(u64::from(least_by_resources(buying, candidates, attempt)));
    least >= buying.ledger().nodes().len() as u64
}

/// Returns how many nodes the pods on them fill if nothing stays free; 0 where the nodes differ.
fn least_by_resources(buying: &Buying<'_, '_>, candidates: &Candidates<'_>, attempt: &BuyingAttempt) -> u32 {
    let (catalogue, nodes) = (buying.catalogue(), buying.ledger().nodes());
    let Some(&(first, _)) = nodes.first() else { return 0 };
    let is_alike = |group: GroupIx| catalogue.shape(group) == catalogue.shape(first);
    if !nodes.iter().all(|(group, _)| is_alike(*group)) {
        return 0;
    }
    let cluster = &candidates.cluster;
    let mut requested = vec![0_u128; cluster.columns().len()];
    for (class, pods) in on_new_nodes(attempt) {
        for (sum, amount) in requested.iter_mut().zip(&cluster.demand(class.demand()).requests) {
            *sum += u128::from(amount.max(&0).unsigned_abs()) * u128::from(pods);
        }
    }
    let nodes_for = |(sum, offered): (u128, &i64)| sum.div_ceil(u128::from(offered.max(&1).unsigned_abs()));
    let most = requested.into_iter().zip(catalogue.free(first)).map(nodes_for).max();
    small(usize::try_from(most.unwrap_or(0)).unwrap_or(usize::MAX))
}

/// Returns how many pods of each class got a place on a new node.
fn on_new_nodes(attempt: &BuyingAttempt) -> impl Iterator<Item = (ClassIx, u32)> {
    attempt.placed.iter().map(|(class, placed)| {
        let is_new = |origin: Origin| matches!(origin, Origin::Planned { .. });
        (*class, placed.iter().filter(|placed| is_new(placed.origin)).map(|placed| placed.pods).sum())
    })
}
