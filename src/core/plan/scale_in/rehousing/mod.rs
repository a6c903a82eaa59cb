//! Places for the pods of nodes that go, on the nodes that stay and all of them together. They are
//! searched on one working copy whose undo log reverts failed attempts; the cluster is never
//! copied.

mod eviction_order;
mod from_scratch;
mod onto_one_node;
mod pod_classes;
mod working_copy;

use std::collections::{BTreeMap, BTreeSet};

use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::NodeIx;
use crate::scheduler::cluster::{Checkpoint, Cluster, DemandId};
use crate::scheduler::fits;
use crate::snapshot::{ObjectName, Pod};

pub(super) use eviction_order::Ordered;
pub(super) use working_copy::Surroundings;

/// Pods that would have to move, by their node.
pub(super) type PodsToMove<'a> = BTreeMap<NodeIx, Vec<&'a Pod>>;

/// The working copy, and where pods are placed on it.
pub(super) struct Rehousing<'a> {
    cluster: Cluster<'a>,
    /// The pods of each node that would have to move, by class.
    pods: BTreeMap<NodeIx, BTreeMap<DemandId, Vec<&'a Pod>>>,
    /// How many pods of each class would have to move if a node went: its own, and those placed on
    /// it.
    on: BTreeMap<NodeIx, BTreeMap<DemandId, u32>>,
    /// The position of each class when the largest pods are placed first.
    rank: IndexVec<DemandId, usize>,
    /// For each class, the nodes that may still take one, in the order in which they are filled.
    open: IndexVec<DemandId, Vec<NodeIx>>,
    /// The nodes that go. They remain as topology domains, and nothing is placed on them.
    gone: IndexVec<NodeIx, bool>,
    /// Where pods of the nodes that go are placed.
    placed: Vec<Placed>,
    /// How many pods were placed from scratch.
    placed_from_scratch: usize,
    /// The nodes on which the attempt under way has placed pods.
    touched: BTreeSet<NodeIx>,
    /// The state before any node went.
    start: Checkpoint,
    /// All nodes that pods may move to.
    receivers: Vec<NodeIx>,
}

/// A number of pods of one class on a node.
#[derive(Clone, Copy)]
struct Placed {
    demand: DemandId,
    node: NodeIx,
    pods: u32,
}

impl<'a> Rehousing<'a> {
    /// Starts from the cluster as it is, with the placements of this plan. `receivers` are the
    /// nodes that pods may move to, in the order in which they are filled.
    pub(super) fn new(surroundings: &Surroundings<'a>, pods_to_move: &PodsToMove<'a>, receivers: &[NodeIx]) -> Self {
        let classes = pod_classes::pod_classes(surroundings, pods_to_move);
        let cluster = surroundings.working_copy(classes.demands);
        let on = classes
            .pods
            .iter()
            .map(|(node, pods)| (*node, pods.iter().map(|(class, pods)| (*class, small(pods.len()))).collect()));
        Self {
            on: on.collect(),
            placed: Vec::new(),
            placed_from_scratch: 0,
            touched: BTreeSet::new(),
            start: cluster.checkpoint(),
            receivers: receivers.to_vec(),
            open: IndexVec::filled(classes.rank.len(), receivers.to_vec()),
            gone: IndexVec::filled(cluster.len(), false),
            rank: classes.rank,
            pods: classes.pods,
            cluster,
        }
    }

    /// Takes a node away and moves its pods to nodes that stay. If they do not fit, it changes
    /// nothing and returns pods that find no place.
    pub(super) fn remove(&mut self, node: NodeIx) -> Result<(), Vec<ObjectName>> {
        let (_, placed) = self.try_removing(node)?;
        self.placed.retain(|earlier| earlier.node != node);
        self.on.remove(&node);
        self.settle(placed);
        Ok(())
    }

    /// Whether only requests matter for all pods that would have to move with a node, and for
    /// others because of them.
    pub(super) fn is_alone(&self, node: NodeIx) -> bool {
        self.on.get(&node).is_none_or(|classes| classes.keys().all(|class| self.cluster.is_alone(*class)))
    }

    fn settle(&mut self, placed: Vec<Placed>) {
        for Placed { demand, node, pods } in &placed {
            *self.on.entry(*node).or_default().entry(*demand).or_default() += pods;
        }
        self.placed.extend(placed);
    }

    /// Whether a node could be taken away. Nothing is changed.
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
        self.touched.clear();
        let mut placed = Vec::new();
        match self.place_all(&leaving, &mut placed) {
            Ok(()) => Ok((before, placed)),
            Err(demand) => {
                self.take_back(before, node);
                Err(self.pods_of_class(node, demand))
            }
        }
    }

    fn take_back(&mut self, before: Checkpoint, node: NodeIx) {
        self.cluster.roll_back(before);
        self.gone[node] = false;
    }

    /// Places the largest first. The error is the class that finds no place.
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

    /// Places up to this many pods of a class, first fit, and returns how many. A node that this
    /// attempt did not touch and that has no room for a class will never have any, whatever rules
    /// its pods have, since the free capacity of nodes that stay only shrinks. Nor will one that
    /// refuses a class with nothing but requests.
    fn place(&mut self, demand: DemandId, pods: u32, placed: &mut Vec<Placed>) -> u32 {
        let is_plain = self.cluster.demand(demand).is_plain();
        let mut left = pods;
        let mut nodes = std::mem::take(&mut self.open[demand]);
        let (mut read, mut kept) = (0, 0);
        while read < nodes.len() && left > 0 {
            let node = nodes[read];
            let has_room = self.has_room(demand, node);
            let taken = if self.gone[node] || !has_room { 0 } else { self.fill(demand, node, left, placed) };
            let refuses = taken == 0 && (is_plain || !has_room);
            let is_full = refuses && !self.gone[node] && !self.touched.contains(&node);
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

    /// Whether what is free on a node is enough for one pod of a class.
    fn has_room(&self, demand: DemandId, node: NodeIx) -> bool {
        fits(self.cluster.row(node.in_working_copy()), &self.cluster.demand(demand).requests)
    }

    fn fill(&mut self, demand: DemandId, node: NodeIx, pods: u32, placed: &mut Vec<Placed>) -> u32 {
        let taken = self.cluster.fill(demand, node.in_working_copy(), pods);
        if taken > 0 {
            self.touched.insert(node);
            placed.push(Placed { demand, node, pods: taken });
        }
        taken
    }

    /// Returns the pods of a class on a node, or else on the first node that has any.
    fn pods_of_class(&self, node: NodeIx, demand: DemandId) -> Vec<ObjectName> {
        let own = self.pods.get(&node).and_then(|classes| classes.get(&demand));
        let pods = own.or_else(|| self.pods.values().find_map(|classes| classes.get(&demand)));
        pods.into_iter().flatten().map(|pod| pod.id()).collect()
    }
}
