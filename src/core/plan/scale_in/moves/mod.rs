//! Would the pods of these nodes fit on the nodes that stay, all of them together? Tried on one working copy whose undo log takes
//! back what does not work out; the cluster is never copied.

mod kinds;
mod newcomer;
mod repacking;
mod working_copy;

use std::collections::BTreeMap;

use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::NodeIx;
use crate::scheduler::cluster::{Checkpoint, Cluster, DemandId};
use crate::snapshot::{ObjectName, Pod};

pub(super) use working_copy::Surroundings;

/// Pods that would have to move, by their node.
pub(super) type PodsToMove<'a> = BTreeMap<NodeIx, Vec<&'a Pod>>;

/// The working copy, and who is where on it.
pub(super) struct Moves<'a> {
    cluster: Cluster<'a>,
    /// The pods of each node that would have to move, by kind.
    pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>>,
    /// How many pods of which kind would have to move if a node went: its own, and those moved to it.
    on: BTreeMap<NodeIx, BTreeMap<DemandId, u32>>,
    /// The place of each kind when the largest pods are placed first.
    rank: IndexVec<DemandId, usize>,
    /// For each kind, the nodes that may still take one, in the order in which they are filled.
    open: IndexVec<DemandId, Vec<NodeIx>>,
    /// Nodes that go: they stay as domains, and nothing is placed on them.
    gone: IndexVec<NodeIx, bool>,
    /// Where the pods of these have been placed.
    placed: Vec<Placed>,
    /// How many pods were placed anew.
    placed_anew: usize,
    /// Before any node went.
    start: Checkpoint,
    /// All nodes that pods may move to.
    receivers: Vec<NodeIx>,
}

/// So many pods of a kind on a node.
#[derive(Clone, Copy)]
struct Placed {
    demand: DemandId,
    node: NodeIx,
    pods: u32,
}

impl<'a> Moves<'a> {
    /// The cluster as it is, with the placements of this plan. `receivers` are the nodes that pods may move to, in the order in
    /// which they are filled.
    pub(super) fn new(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>, receivers: &[NodeIx]) -> Self {
        let kinds = kinds::kinds(surroundings, pods_to_move);
        let cluster = surroundings.working_copy(kinds.demands);
        let on =
            kinds.pods.iter().map(|(node, pods)| (*node, pods.iter().map(|(kind, pods)| (*kind, small(pods.len()))).collect()));
        Self {
            on: on.collect(),
            placed: Vec::new(),
            placed_anew: 0,
            start: cluster.checkpoint(),
            receivers: receivers.to_vec(),
            open: IndexVec::filled(kinds.rank.len(), receivers.to_vec()),
            gone: IndexVec::filled(cluster.len(), false),
            rank: kinds.rank,
            pods: kinds.pods,
            cluster,
        }
    }

    /// Takes a node away and moves its pods to nodes that stay. If they do not fit, nothing is changed, and pods are named that
    /// find no place.
    pub(super) fn remove(&mut self, node: NodeIx) -> Result<(), Vec<ObjectName>> {
        let (_, placed) = self.try_removing(node)?;
        self.placed.retain(|earlier| earlier.node != node);
        self.on.remove(&node);
        self.settle(placed);
        Ok(())
    }

    /// Whether nothing but requests matters to any pod that would have to move if a node went, nor to others because of it.
    pub(super) fn is_alone(&self, node: NodeIx) -> bool {
        self.on.get(&node).is_none_or(|kinds| kinds.keys().all(|kind| self.cluster.is_alone(*kind)))
    }

    fn settle(&mut self, placed: Vec<Placed>) {
        for Placed { demand, node, pods } in &placed {
            *self.on.entry(*node).or_default().entry(*demand).or_default() += pods;
        }
        self.placed.extend(placed);
    }

    /// Whether a node could be taken away; nothing is changed.
    pub(super) fn could_remove(&mut self, node: NodeIx) -> Result<(), Vec<ObjectName>> {
        let (before, _) = self.try_removing(node)?;
        self.take_back(before, node);
        Ok(())
    }

    fn try_removing(&mut self, node: NodeIx) -> Result<(Checkpoint, Vec<Placed>), Vec<ObjectName>> {
        let before = self.cluster.checkpoint();
        let leaving = self.on.get(&node).cloned().unwrap_or_default();
        for (demand, pods) in &leaving {
            self.cluster.evict(*demand, node.in_working_copy(), *pods);
        }
        self.gone[node] = true;
        let mut placed = Vec::new();
        match self.place_all(&leaving, &mut placed) {
            Ok(()) => Ok((before, placed)),
            Err(demand) => {
                self.take_back(before, node);
                Err(self.named(node, demand))
            }
        }
    }

    fn take_back(&mut self, before: Checkpoint, node: NodeIx) {
        self.cluster.roll_back(before);
        self.gone[node] = false;
    }

    /// Places the largest first; the error is the kind that finds no place.
    fn place_all(&mut self, leaving: &BTreeMap<DemandId, u32>, placed: &mut Vec<Placed>) -> Result<(), DemandId> {
        let mut order: Vec<(DemandId, u32)> = leaving.iter().map(|(demand, pods)| (*demand, *pods)).collect();
        order.sort_unstable_by_key(|(demand, _)| self.rank[*demand]);
        // A pod that follows others may find its place once they have theirs.
        loop {
            let before = placed.len();
            for (demand, left) in &mut order {
                *left -= self.place(*demand, *left, placed);
            }
            let waiting = order.iter().find(|(_, left)| *left > 0).map(|(demand, _)| *demand);
            match waiting {
                None => return Ok(()),
                Some(demand) if placed.len() == before || !self.any_follows(&order) => return Err(demand),
                Some(_) => {}
            }
        }
    }

    fn any_follows(&self, order: &[(DemandId, u32)]) -> bool {
        order.iter().any(|(demand, left)| *left > 0 && self.cluster.demand(*demand).follows_others())
    }

    /// Places up to so many pods of a kind, first fit. A node that was not touched in this trial and has no room for a kind that
    /// only asks for resources will never have any: what is free on nodes that stay only shrinks.
    fn place(&mut self, demand: DemandId, pods: u32, placed: &mut Vec<Placed>) -> u32 {
        let forgets = self.cluster.demand(demand).is_plain();
        let mut left = pods;
        let mut nodes = std::mem::take(&mut self.open[demand]);
        let (mut read, mut kept) = (0, 0);
        while read < nodes.len() && left > 0 {
            let node = nodes[read];
            let taken = if self.gone[node] { 0 } else { self.fill(demand, node, left, placed) };
            let is_full = forgets && taken == 0 && !self.gone[node] && !placed.iter().any(|one| one.node == node);
            if !is_full {
                nodes[kept] = node;
                kept += 1;
            }
            left -= taken;
            read += 1;
        }
        nodes.drain(kept..read);
        self.open[demand] = nodes;
        pods - left
    }

    fn fill(&mut self, demand: DemandId, node: NodeIx, pods: u32, placed: &mut Vec<Placed>) -> u32 {
        let taken = self.cluster.fill(demand, node.in_working_copy(), pods);
        placed.extend((taken > 0).then_some(Placed { demand, node, pods: taken }));
        taken
    }

    /// Pods of a kind, of a node if it has any, else of the first one that has.
    fn named(&self, node: NodeIx, demand: DemandId) -> Vec<ObjectName> {
        let own = self.pods.get(&node).and_then(|kinds| kinds.get(&demand));
        let pods = own.or_else(|| self.pods.values().find_map(|kinds| kinds.get(&demand)));
        pods.into_iter().flatten().map(|pod| pod.id()).collect()
    }
}
