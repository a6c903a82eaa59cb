//! `least-waste`: the share of the nodes bought for a class that would stay unused.

use crate::scheduler::{Columns, fits};
use crate::snapshot::{CPU, MEMORY};

/// Unused shares in millionths. Devices such as `nvidia.com/gpu` come before all else: an idle GPU
/// costs more than an idle core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan::scale_up) struct Waste {
    pub(in crate::plan::scale_up) devices: i64,
    pub(in crate::plan::scale_up) others: i64,
}

/// At most so many later classes are tried in what is left: the largest come first and matter most,
/// and the time stays in proportion to the classes.
pub(in crate::plan::scale_up) const LOOKAHEAD: usize = 64;

/// Returns the waste of serving `pods` pods that request so much with new nodes that offer `offer`
/// each, once the later classes that fit there have filled what is left. `others` are those classes
/// with the pods that each still has.
pub(in crate::plan::scale_up) fn waste<'a>(
    columns: &Columns,
    offer: &[i64],
    (requests, pods): (&[i64], u32),
    others: impl Iterator<Item = (&'a [i64], u32)>,
) -> Waste {
    let mut bins = Bins::open(offer, requests, pods);
    for (other, count) in others {
        bins.fill(other, count);
    }
    let unused = |counts: &dyn Fn(&str) -> bool| {
        let shares: Vec<i64> = (0..columns.len())
            .filter(|column| offer[*column] > 0 && counts(columns.name(*column)))
            .map(|column| bins.unused(column, offer[column]))
            .collect();
        let count = i64::try_from(shares.len()).unwrap_or(1).max(1);
        shares.iter().sum::<i64>() / count
    };
    let is_ranked_by = |name: &str| name == CPU || name == MEMORY;
    Waste { devices: unused(&|name| name.contains('/')), others: unused(&is_ranked_by) }
}

/// Equal nodes, kept as one with a count so that a thousand of them cost as much as one.
pub(in crate::plan::scale_up) struct Bins {
    kinds: Vec<(Vec<i64>, u32)>,
}

impl Bins {
    /// Returns as many nodes as the class needs, filled with it.
    pub(in crate::plan::scale_up) fn open(offer: &[i64], requests: &[i64], pods: u32) -> Self {
        let each = room(offer, requests).max(1);
        let full = pods / each;
        let rest = pods % each;
        let with = |count: u32| remaining(offer, requests, count);
        let kinds = [(with(each), full), (with(rest), u32::from(rest > 0))];
        Self { kinds: kinds.into_iter().filter(|(_, nodes)| *nodes > 0).collect() }
    }

    /// Places so many more pods, first fit.
    pub(in crate::plan::scale_up) fn fill(&mut self, requests: &[i64], pods: u32) {
        let (mut left, mut place) = (pods, 0);
        while left > 0 && place < self.kinds.len() {
            let each = room(&self.kinds[place].0, requests);
            if each == 0 {
                place += 1;
                continue;
            }
            let (free, nodes) = std::mem::take(&mut self.kinds[place]);
            let full = (left / each).min(nodes);
            let rest = if full < nodes { left % each } else { 0 };
            let parts = [(each, full), (rest, u32::from(rest > 0)), (0, nodes - full - u32::from(rest > 0))];
            let parts = parts.into_iter().filter(|(_, nodes)| *nodes > 0);
            left -= full * each + rest;
            let after = self.kinds.len() - place - 1;
            self.kinds.splice(place..=place, parts.map(|(count, nodes)| (remaining(&free, requests, count), nodes)));
            place = self.kinds.len() - after;
        }
    }

    /// Returns the unused share of one column over all nodes, in millionths.
    fn unused(&self, column: usize, offer: i64) -> i64 {
        i64::try_from(self.free(column) * 1_000_000 / (i128::from(offer) * i128::from(self.nodes().max(1)))).unwrap_or(i64::MAX)
    }

    /// Returns what is free of one column on all nodes.
    pub(in crate::plan::scale_up) fn free(&self, column: usize) -> i128 {
        self.kinds.iter().map(|(free, nodes)| i128::from(free[column].max(0)) * i128::from(*nodes)).sum()
    }

    /// Returns how many nodes there are.
    pub(in crate::plan::scale_up) fn nodes(&self) -> u64 {
        self.kinds.iter().map(|(_, nodes)| u64::from(*nodes)).sum()
    }
}

/// Returns how many pods that request so much fit in what is free.
pub(in crate::plan::scale_up) fn room(free: &[i64], requests: &[i64]) -> u32 {
    // Most nodes have none, and a comparison is far quicker than a division.
    if !fits(free, requests) {
        return 0;
    }
    let fitting = free
        .iter()
        .zip(requests)
        .filter(|(_, requested)| **requested > 0)
        .map(|(free, requested)| (free / requested).max(0))
        .min();
    u32::try_from(fitting.unwrap_or(0)).unwrap_or(u32::MAX)
}

fn remaining(free: &[i64], requests: &[i64], pods: u32) -> Vec<i64> {
    free.iter().zip(requests).map(|(free, requested)| free.saturating_sub(requested.saturating_mul(i64::from(pods)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_pods_fill_equal_nodes_by_count() {
        let mut bins = Bins { kinds: vec![(vec![10], 4)] };
        bins.fill(&[4], 5);
        assert_eq!(bins.kinds, vec![(vec![2], 2), (vec![6], 1), (vec![10], 1)]);
        bins.fill(&[6], 9);
        assert_eq!(bins.kinds, vec![(vec![2], 2), (vec![0], 1), (vec![4], 1)]);
    }

    #[test]
    fn the_unused_share_counts_all_nodes() {
        let bins = Bins { kinds: vec![(vec![0], 3), (vec![10], 1)] };
        assert_eq!(bins.unused(0, 10), 250_000);
    }
}
