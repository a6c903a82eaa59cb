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
    blocks: Vec<RoomBlock>,
    /// The node of each candidate.
    nodes: Vec<NodeId>,
    /// The number of the candidate that each node is, if it is one.
    candidates: Vec<Option<usize>>,
}

/// Candidates in a row.
#[derive(Debug)]
struct RoomBlock {
    /// The most that is free on any of them, one amount per column. Pods that were placed since may
    /// have left less.
    most_free: Vec<i64>,
    /// Whether no pods were placed since.
    is_exact: bool,
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
            self.blocks.push(RoomBlock { most_free: cluster.row(node).to_vec(), is_exact: true });
        } else {
            self.raise(number, cluster.row(node));
        }
    }

    /// Forgets all candidates but the first ones.
    pub(super) fn truncate(&mut self, candidates: usize) {
        for gone in self.nodes.drain(candidates..) {
            self.candidates[gone.index()] = None;
        }
        self.blocks.truncate(candidates.div_ceil(TOGETHER));
        if let Some(last) = self.blocks.last_mut() {
            last.is_exact = false;
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
            if fits(&self.blocks[block].most_free, requests) {
                return Some(found);
            }
        }
        None
    }

    /// Takes note that pods were placed in the block of a candidate.
    pub(super) fn has_less(&mut self, candidate: usize) {
        self.blocks[candidate / TOGETHER].is_exact = false;
    }

    /// Looks again at a block in which nobody had room, given one of its candidates.
    pub(super) fn look_again(&mut self, cluster: &Cluster<'_>, candidate: usize) {
        let number = candidate / TOGETHER;
        let block = &mut self.blocks[number];
        if block.is_exact {
            return;
        }
        block.is_exact = true;
        block.most_free.fill(i64::MIN);
        for node in self.nodes.iter().skip(number * TOGETHER).take(TOGETHER) {
            block.raise(cluster.row(*node));
        }
    }

    fn raise(&mut self, candidate: usize, row: &[i64]) {
        self.blocks[candidate / TOGETHER].raise(row);
    }
}

impl RoomBlock {
    fn raise(&mut self, row: &[i64]) {
        for (most, free) in self.most_free.iter_mut().zip(row) {
            *most = (*most).max(*free);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::NodeView;
    use crate::snapshot::{ClusterIdentity, Labels, Snapshot};

    #[test]
    fn blocks_without_room_are_passed_over_until_room_comes_back() {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let labels = Labels::default();
        let spec = serde_json::from_value(serde_json::json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [] }))
        .expect("a specification");
        let (mut cluster, demand) = Cluster::of_one_kind(&snapshot, &spec, &labels);
        let mut index = RoomIndex::default();
        let view = NodeView { name: "", labels: &labels, taints: &[], unschedulable: false };
        let nodes: Vec<NodeId> = (0..3 * TOGETHER).map(|number| cluster.add_known(view, &[i64::from(number == 40)])).collect();
        for node in &nodes {
            index.add(&cluster, *node);
        }
        let blocks = |index: &RoomIndex| {
            let mut range = 3..nodes.len();
            std::iter::from_fn(|| index.next(&mut range, &[1])).map(|block| block.start).collect::<Vec<_>>()
        };
        assert_eq!(blocks(&index), [TOGETHER]);
        let before = cluster.checkpoint();
        cluster.place(demand, nodes[40], 1);
        index.has_less(40);
        index.look_again(&cluster, TOGETHER);
        assert_eq!(blocks(&index), [0; 0]);
        cluster.roll_back(before);
        index.catch_up(&mut cluster);
        assert_eq!(blocks(&index), [TOGETHER]);
    }
}
