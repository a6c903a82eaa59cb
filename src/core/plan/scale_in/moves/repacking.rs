//! All pods that move placed anew, together and the largest first: it fills gaps that one node after the other leaves, and where
//! rules between pods matter it is the proof that they fit once all of them have been evicted.

use std::collections::BTreeMap;

use super::{Moves, Placed};
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::NodeIx;
use crate::scheduler::cluster::DemandId;
use crate::snapshot::ObjectName;

/// So many pods are placed anew in one plan at most: in a large cluster one node more or less is not worth the time.
const MOST_PODS: usize = 20_000;

impl Moves<'_> {
    /// Takes a node away by placing the pods of all nodes that go anew. If they do not fit, or too many were placed anew already,
    /// nothing is changed.
    pub(in crate::plan::scale_in) fn remove_by_repacking(&mut self, node: NodeIx) -> Result<(), Vec<ObjectName>> {
        self.placed_anew += self.placed.iter().map(|placed| placed.pods as usize).sum::<usize>() + 1;
        if self.placed_anew > MOST_PODS {
            return Err(self
                .on
                .get(&node)
                .and_then(|kinds| kinds.keys().next())
                .map_or_else(Vec::new, |kind| self.named(node, *kind)));
        }
        self.gone[node] = true;
        let outcome = self.place_anew();
        if let Err(demand) = outcome {
            self.cluster.roll_back(self.start);
            self.gone[node] = false;
            self.evict_all();
            for Placed { demand, node, pods } in &self.placed {
                self.cluster.place(*demand, node.in_working_copy(), *pods);
            }
            // What was full before may have room now, and the other way round.
            self.open_all();
            return Err(self.named(node, demand));
        }
        Ok(())
    }

    /// Whether the pods of all nodes that go fit once all of them have been evicted. Where only requests matter the places found
    /// one after the other prove it. After a no nothing holds any more.
    pub(in crate::plan::scale_in) fn is_proven(&mut self) -> bool {
        self.placed.iter().all(|placed| self.cluster.demand(placed.demand).is_plain()) || self.place_anew().is_ok()
    }

    /// Where each pod of the nodes that go is expected, by UID.
    pub(in crate::plan::scale_in) fn places(&self) -> BTreeMap<&str, NodeIx> {
        let mut pods: BTreeMap<DemandId, Vec<&str>> = BTreeMap::new();
        for (_, kinds) in self.pods.iter().filter(|(node, _)| self.gone[**node]) {
            for (kind, of_kind) in kinds {
                pods.entry(*kind).or_default().extend(of_kind.iter().rev().map(|pod| pod.uid.as_str()));
            }
        }
        let mut places = BTreeMap::new();
        for Placed { demand, node, pods: count } in &self.placed {
            let of_kind = pods.entry(*demand).or_default();
            let rest = of_kind.len().saturating_sub(*count as usize);
            places.extend(of_kind.drain(rest..).map(|uid| (uid, *node)));
        }
        places
    }

    fn place_anew(&mut self) -> Result<(), DemandId> {
        self.cluster.roll_back(self.start);
        let leaving = self.evict_all();
        self.open_all();
        let mut placed = Vec::new();
        self.place_all(&leaving, &mut placed)?;
        self.open_all();
        self.placed.clear();
        self.on = self.own();
        self.settle(placed);
        Ok(())
    }

    /// Takes the pods off every node that goes.
    fn evict_all(&mut self) -> BTreeMap<DemandId, u32> {
        let mut leaving = BTreeMap::new();
        for (node, kinds) in self.pods.iter().filter(|(node, _)| self.gone[**node]) {
            for (demand, pods) in kinds {
                self.cluster.evict(*demand, node.in_working_copy(), small(pods.len()));
                *leaving.entry(*demand).or_default() += small(pods.len());
            }
        }
        leaving
    }

    fn open_all(&mut self) {
        self.open = IndexVec::filled(self.open.len(), self.receivers.clone());
    }

    /// The pods of the nodes that stay, where they are.
    fn own(&self) -> BTreeMap<NodeIx, BTreeMap<DemandId, u32>> {
        let staying = self.pods.iter().filter(|(node, _)| !self.gone[**node]);
        staying.map(|(node, kinds)| (*node, kinds.iter().map(|(kind, pods)| (*kind, small(pods.len()))).collect())).collect()
    }
}
