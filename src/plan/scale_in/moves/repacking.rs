//! First fit one node after the other may leave gaps that all the pods together, the largest first, would fill.

use std::collections::BTreeMap;

use super::{Moves, Placed, small};
use crate::scheduler::cluster::DemandId;

/// So many pods are placed anew in one plan at most: in a large cluster one node more or less is not worth the time.
const MOST_PODS: usize = 20_000;

impl Moves<'_> {
    /// How many nodes may be tried by placing every pod anew.
    pub(in crate::plan::scale_in) fn repacking_tries(&self) -> usize {
        let moved: usize = self.placed.iter().map(|placed| placed.pods as usize).sum();
        MOST_PODS / moved.max(1)
    }

    /// Takes a node away by placing the pods of all nodes that go anew, the largest first. If they do not fit, nothing is changed.
    pub(in crate::plan::scale_in) fn remove_by_repacking(&mut self, node: usize) -> bool {
        self.cluster.roll_back(self.start);
        self.gone[node] = true;
        let leaving = self.evict_all();
        let mut placed = Vec::new();
        let fits = self.place_all(&leaving, &mut placed).is_ok();
        if fits {
            self.placed.clear();
            self.on = self.own();
            self.settle(placed);
        } else {
            self.cluster.roll_back(self.start);
            self.gone[node] = false;
            self.evict_all();
            for Placed { demand, node, pods } in &self.placed {
                self.cluster.place(*demand, *node, *pods);
            }
        }
        // What was full before may have room now, and the other way round.
        self.open = vec![self.receivers.clone(); self.open.len()];
        fits
    }

    /// Takes the pods off every node that goes.
    fn evict_all(&mut self) -> BTreeMap<DemandId, u32> {
        self.open = vec![self.receivers.clone(); self.open.len()];
        let mut leaving = BTreeMap::new();
        for (node, kinds) in self.pods.iter().filter(|(node, _)| self.gone[**node]) {
            for (demand, pods) in kinds {
                self.cluster.evict(*demand, *node, small(pods.len()));
                *leaving.entry(*demand).or_default() += small(pods.len());
            }
        }
        leaving
    }

    /// The pods of the nodes that stay, where they are.
    fn own(&self) -> BTreeMap<usize, BTreeMap<DemandId, u32>> {
        let staying = self.pods.iter().filter(|(node, _)| !self.gone[**node]);
        staying.map(|(node, kinds)| (*node, kinds.iter().map(|(kind, pods)| (*kind, small(pods.len()))).collect())).collect()
    }
}
