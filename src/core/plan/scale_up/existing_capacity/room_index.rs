//! The most that is free on any of some candidates in a row, so that those without room for a pod
//! are passed over together.

use std::ops::Range;

use crate::index_vec::Number;
use crate::scheduler::cluster::{Cluster, NodeId};
use crate::scheduler::fits;

/// So many candidates are passed over together.
const TOGETHER: usize = 32;

/// What is free at most on candidates, by their numbers.
#[derive(Debug, Default)]
pub(super) struct RoomIndex {
    /// For each block of candidates, one amount per column. Pods that were placed since may have
    /// left less.
    most_free: Vec<Vec<i64>>,
    /// The node of each candidate.
    nodes: Vec<NodeId>,
    /// The number of the candidate that each node is, if it is one.
    candidates: Vec<Option<usize>>,
}

impl RoomIndex {
    /// Adds a candidate, which has the next number.
    pub(super) fn add(&mut self, cluster: &Cluster<'_>, node: NodeId) {
        let number = self.nodes.len();
        self.nodes.push(node);
        if self.candidates.len() <= node.index() {
            self.candidates.resize(node.index() + 1, None);
        }
        self.candidates[node.index()] = Some(number);
        if number.is_multiple_of(TOGETHER) {
            self.most_free.push(cluster.row(node).to_vec());
        } else {
            self.raise(number, cluster.row(node));
        }
    }

    /// Takes note of what came free again since the last time.
    pub(super) fn catch_up(&mut self, cluster: &mut Cluster<'_>) {
        for node in cluster.take_raised() {
            if let Some(Some(number)) = self.candidates.get(node.index()) {
                self.raise(*number, cluster.row(node));
            }
        }
    }

    /// Returns the next block of a range in which some candidate may have room for these requests.
    pub(super) fn next(&self, range: &mut Range<usize>, requests: &[i64]) -> Option<Range<usize>> {
        while range.start < range.end {
            let block = range.start / TOGETHER;
            let found = range.start..range.end.min((block + 1) * TOGETHER);
            range.start = found.end;
            if fits(&self.most_free[block], requests) {
                return Some(found);
            }
        }
        None
    }

    /// Looks again at a block in which nobody had room.
    pub(super) fn look_again(&mut self, cluster: &Cluster<'_>, one_of_it: usize) {
        let block = one_of_it / TOGETHER;
        let rows = self.nodes.iter().skip(block * TOGETHER).take(TOGETHER).map(|node| cluster.row(*node));
        self.most_free[block].fill(i64::MIN);
        rows.for_each(|row| keep_most(&mut self.most_free[block], row));
    }

    fn raise(&mut self, number: usize, row: &[i64]) {
        keep_most(&mut self.most_free[number / TOGETHER], row);
    }
}

fn keep_most(most_free: &mut [i64], row: &[i64]) {
    for (most, free) in most_free.iter_mut().zip(row) {
        *most = (*most).max(*free);
    }
}
