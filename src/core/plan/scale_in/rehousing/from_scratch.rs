//! All pods that move are placed again together, the largest first. This fills gaps that one node
//! after the other leaves. Where rules between pods matter, it also proves that they fit once all
//! of them have been evicted.

use std::collections::BTreeMap;

use super::{Placed, Rehousing};
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::NodeIx;
use crate::scheduler::cluster::DemandId;
use crate::snapshot::ObjectName;

/// The most pods that are placed from scratch in one plan: in a large cluster, one node more or
/// less is not worth the time.
const MOST_PODS: usize = 20_000;

impl Rehousing<'_> {
    /// Takes a node away by placing the pods of all nodes that go again. If they do not fit, or too
    /// many were placed already, nothing is changed.
    pub(in crate::plan::scale_in) fn remove_from_scratch(&mut self, node: NodeIx) -> Result<(), Vec<ObjectName>> {
        self.placed_from_scratch += self.placed.iter().map(|placed| placed.pods as usize).sum::<usize>() + 1;
        if self.placed_from_scratch > MOST_PODS {
            return Err(self
                .on
                .get(&node)
                .and_then(|classes| classes.keys().next())
                .map_or_else(Vec::new, |class| self.pods_of_class(node, *class)));
        }
        self.gone[node] = true;
        let outcome = self.place_from_scratch();
        if let Err(demand) = outcome {
            self.cluster.roll_back(self.start);
            self.gone[node] = false;
            self.evict_all();
            for Placed { demand, node, pods } in &self.placed {
                self.cluster.place(*demand, node.in_working_copy(), *pods);
            }
            // A node that was full before may have room now, and the other way round.
            self.open_all();
            return Err(self.pods_of_class(node, demand));
        }
        Ok(())
    }

    /// Whether the pods of all nodes that go fit once all of them have been evicted. Where only
    /// requests matter, the places found one after the other prove it. After a no, the working copy
    /// is of no use.
    pub(in crate::plan::scale_in) fn is_proven(&mut self) -> bool {
        let are_plain = self.placed.iter().all(|placed| self.cluster.demand(placed.demand).is_plain());
        are_plain || self.place_as_found().is_ok() || self.place_from_scratch().is_ok()
    }

    /// Evicts the pods of all nodes that go, and places them where they were placed one after the
    /// other. Those that are refused there, since they relied on pods that have moved, go where
    /// there is room.
    fn place_as_found(&mut self) -> Result<(), DemandId> {
        self.cluster.roll_back(self.start);
        self.evict_all();
        self.open_all();
        self.touched.clear();
        let mut waiting = std::mem::take(&mut self.placed);
        let mut placed = Vec::new();
        loop {
            let before = placed.len();
            for one in &mut waiting {
                one.pods -= self.fill(one.demand, one.node, one.pods, &mut placed);
            }
            waiting.retain(|one| one.pods > 0);
            if waiting.is_empty() || placed.len() == before {
                break;
            }
        }
        let mut leaving = BTreeMap::new();
        for one in waiting {
            *leaving.entry(one.demand).or_default() += one.pods;
        }
        self.place_all(&leaving, &mut placed)?;
        self.count_anew(placed);
        Ok(())
    }

    /// Returns where each pod of the nodes that go is expected, by UID.
    pub(in crate::plan::scale_in) fn places(&self) -> BTreeMap<&str, NodeIx> {
        let mut pods: BTreeMap<DemandId, Vec<&str>> = BTreeMap::new();
        for (_, classes) in self.pods.iter().filter(|(node, _)| self.gone[**node]) {
            for (class, of_class) in classes {
                pods.entry(*class).or_default().extend(of_class.iter().rev().map(|pod| pod.uid.as_str()));
            }
        }
        let mut places = BTreeMap::new();
        for Placed { demand, node, pods: count } in &self.placed {
            let of_class = pods.entry(*demand).or_default();
            let rest = of_class.len().saturating_sub(*count as usize);
            places.extend(of_class.drain(rest..).map(|uid| (uid, *node)));
        }
        places
    }

    fn place_from_scratch(&mut self) -> Result<(), DemandId> {
        self.cluster.roll_back(self.start);
        let leaving = self.evict_all();
        self.open_all();
        self.touched.clear();
        let mut placed = Vec::new();
        self.place_all(&leaving, &mut placed)?;
        self.count_anew(placed);
        Ok(())
    }

    /// Takes these places for those of all pods that move.
    fn count_anew(&mut self, placed: Vec<Placed>) {
        self.open_all();
        self.placed.clear();
        self.on = self.pods_that_stay();
        self.settle(placed);
    }

    /// Takes the pods off every node that goes.
    pub(super) fn evict_all(&mut self) -> BTreeMap<DemandId, u32> {
        let mut leaving = BTreeMap::new();
        for (node, classes) in self.pods.iter().filter(|(node, _)| self.gone[**node]) {
            for (demand, pods) in classes {
                self.cluster.evict(*demand, node.in_working_copy(), small(pods.len()));
                *leaving.entry(*demand).or_default() += small(pods.len());
            }
        }
        leaving
    }

    fn open_all(&mut self) {
        self.open = IndexVec::filled(self.open.len(), self.receivers.clone());
    }

    /// Returns the number of pods of each class on the nodes that stay.
    fn pods_that_stay(&self) -> BTreeMap<NodeIx, BTreeMap<DemandId, u32>> {
        let staying = self.pods.iter().filter(|(node, _)| !self.gone[**node]);
        staying
            .map(|(node, classes)| (*node, classes.iter().map(|(class, pods)| (*class, small(pods.len()))).collect()))
            .collect()
    }
}
