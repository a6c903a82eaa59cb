//! `least-waste`: the share of the nodes bought for a class that would stay unused.

use std::ops::Range;

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
    /// What is free on each kind of nodes, as the place of its row, and how many nodes they are.
    kinds: Vec<(usize, u32)>,
    /// The rows, one after the other.
    rows: Vec<i64>,
    width: usize,
}

impl Bins {
    /// Returns as many nodes as the class needs, filled with it.
    pub(in crate::plan::scale_up) fn open(offer: &[i64], requests: &[i64], pods: u32) -> Self {
        let mut bins = Self { kinds: Vec::new(), rows: offer.to_vec(), width: offer.len() };
        let each = room(offer, requests).max(1);
        bins.split((0, 0..0), requests, [(each, pods / each), (pods % each, u32::from(!pods.is_multiple_of(each)))]);
        bins
    }

    /// Places so many more pods, first fit.
    pub(in crate::plan::scale_up) fn fill(&mut self, requests: &[i64], pods: u32) {
        let (mut left, mut place) = (pods, 0);
        while left > 0 && place < self.kinds.len() {
            let (row, nodes) = self.kinds[place];
            let each = room(&self.rows[row..row + self.width], requests);
            if each == 0 {
                place += 1;
                continue;
            }
            let full = (left / each).min(nodes);
            let rest = if full < nodes { left % each } else { 0 };
            let partly = u32::from(rest > 0);
            left -= full * each + rest;
            let after = self.kinds.len() - place - 1;
            self.split((row, place..place + 1), requests, [(each, full), (rest, partly), (0, nodes - full - partly)]);
            place = self.kinds.len() - after;
        }
    }

    /// Puts nodes with so many more pods each in the place of equal ones, given the row of these.
    /// The last of the parts gets the row itself.
    fn split<const PARTS: usize>(
        &mut self,
        (row, places): (usize, Range<usize>),
        requests: &[i64],
        parts: [(u32, u32); PARTS],
    ) {
        let last = parts.iter().rposition(|(_, nodes)| *nodes > 0);
        let from = places.start;
        self.kinds.drain(places);
        let parts = parts.into_iter().enumerate().filter(|(_, (_, nodes))| *nodes > 0);
        for (place, (number, (pods, nodes))) in (from..).zip(parts) {
            let own = if Some(number) == last { row } else { self.copy(row) };
            for (free, requested) in self.rows[own..own + self.width].iter_mut().zip(requests) {
                *free = free.saturating_sub(requested.saturating_mul(i64::from(pods)));
            }
            self.kinds.insert(place, (own, nodes));
        }
    }

    /// Copies a row, and returns the place of the copy.
    fn copy(&mut self, row: usize) -> usize {
        let place = self.rows.len();
        self.rows.extend_from_within(row..row + self.width);
        place
    }

    /// Returns the unused share of one column over all nodes, in millionths.
    fn unused(&self, column: usize, offer: i64) -> i64 {
        i64::try_from(self.free(column) * 1_000_000 / (i128::from(offer) * i128::from(self.nodes().max(1)))).unwrap_or(i64::MAX)
    }

    /// Returns what is free of one column on all nodes.
    pub(in crate::plan::scale_up) fn free(&self, column: usize) -> i128 {
        self.kinds.iter().map(|(row, nodes)| i128::from(self.rows[row + column].max(0)) * i128::from(*nodes)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns nodes with one resource, each kind with what is free and how many they are.
    fn bins(kinds: &[(i64, u32)]) -> Bins {
        let rows = kinds.iter().map(|(free, _)| *free).collect();
        Bins { kinds: kinds.iter().enumerate().map(|(row, (_, nodes))| (row, *nodes)).collect(), rows, width: 1 }
    }

    fn kinds(bins: &Bins) -> Vec<(i64, u32)> {
        bins.kinds.iter().map(|(row, nodes)| (bins.rows[*row], *nodes)).collect()
    }

    #[test]
    fn a_class_opens_as_many_nodes_as_it_needs() {
        assert_eq!(kinds(&Bins::open(&[10], &[4], 5)), [(2, 2), (6, 1)]);
        assert_eq!(kinds(&Bins::open(&[10], &[4], 4)), [(2, 2)]);
    }

    #[test]
    fn later_pods_fill_equal_nodes_by_count() {
        let mut bins = bins(&[(10, 4)]);
        bins.fill(&[4], 5);
        assert_eq!(kinds(&bins), [(2, 2), (6, 1), (10, 1)]);
        bins.fill(&[6], 9);
        assert_eq!(kinds(&bins), [(2, 2), (0, 1), (4, 1)]);
    }

    #[test]
    fn the_unused_share_counts_all_nodes() {
        assert_eq!(bins(&[(0, 3), (10, 1)]).unused(0, 10), 250_000);
    }
}
