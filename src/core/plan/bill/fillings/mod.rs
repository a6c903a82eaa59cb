//! Fillings: sets of pods that share a node, and which of them are worth their price.
//!
//! To buy the cheapest nodes for some pods is a cutting-stock problem with several resources and
//! sizes of nodes. Its linear program has a column for each way to fill a node; only those are made
//! that can lower the price (Gilmore and Gomory, "A Linear Programming Approach to the
//! Cutting-Stock Problem", 1961). Each column is found by a knapsack search with what pods are
//! worth by the program's dual.

mod basis;
mod columns;
mod counts;
mod exact;
mod grid;
mod knapsack;
mod node_program;

use crate::index_vec::{IndexVec, numbers};
use crate::plan::amounts::greatest_common_divisor;

pub(crate) use columns::{Effort, Relaxation, relax};
pub(crate) use counts::bound_by_counts;
pub(crate) use exact::{ExactTask, cheaper, is_small};
pub(crate) use knapsack::Knapsack;

numbers! {
    /// Pods that are alike.
    pub(crate) struct PodKindIx;
    /// Nodes that are alike.
    pub(crate) struct NodeKindIx;
}

/// Pods to be packed, and the nodes that can be bought for them.
#[derive(Debug, Clone)]
pub(crate) struct Assortment {
    /// The requests of one pod of each shape, one amount a resource.
    pub(crate) shapes: IndexVec<PodKindIx, Vec<i64>>,
    pub(crate) machines: IndexVec<NodeKindIx, NodeKind>,
}

/// A node that can be bought.
#[derive(Debug, Clone)]
pub(crate) struct NodeKind {
    /// What is free for pods on it, one amount a resource.
    pub(crate) free: Vec<i64>,
    /// An hour of it, in millionths of a dollar.
    pub(crate) price: u64,
    /// How many may be bought.
    pub(crate) limit: u32,
    /// Whether it takes pods of each shape.
    pub(crate) takes: IndexVec<PodKindIx, bool>,
}

/// How many nodes may be bought.
#[derive(Debug, Clone)]
pub(crate) struct NodeLimits {
    pub(crate) of_kind: IndexVec<NodeKindIx, u32>,
    /// Of all kinds together.
    pub(crate) in_all: u32,
}

/// The pods of each shape on a node; none with 0.
pub(crate) type Filling = Vec<(PodKindIx, u32)>;

/// One node and what is on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bundle {
    pub(crate) machine: NodeKindIx,
    pub(crate) pods: Filling,
}

impl NodeLimits {
    /// Whether one more node of a kind may be bought.
    pub(crate) fn allow(&self, machine: NodeKindIx) -> bool {
        self.in_all > 0 && self.of_kind[machine] > 0
    }

    /// Counts a node of a kind as bought.
    pub(crate) fn take(&mut self, machine: NodeKindIx) {
        self.of_kind[machine] = self.of_kind[machine].saturating_sub(1);
        self.in_all = self.in_all.saturating_sub(1);
    }

    /// Counts a node of a kind as not bought after all.
    pub(crate) fn give_back(&mut self, machine: NodeKindIx) {
        self.of_kind[machine] += 1;
        self.in_all += 1;
    }
}

impl Assortment {
    /// Returns how many pods of a shape fit in what is free.
    pub(crate) fn room(&self, free: &[i64], shape: PodKindIx) -> u32 {
        let requests = &self.shapes[shape];
        let rooms = free.iter().zip(requests).filter(|(_, requested)| **requested > 0);
        let least = rooms.map(|(free, requested)| (free / requested).max(0)).min();
        u32::try_from(least.unwrap_or(i64::MAX)).unwrap_or(u32::MAX)
    }

    /// Returns how many pods of a shape a node takes that has no others.
    pub(crate) fn alone(&self, machine: NodeKindIx, shape: PodKindIx) -> u32 {
        let NodeKind { free, takes, .. } = &self.machines[machine];
        if takes[shape] { self.room(free, shape) } else { 0 }
    }

    /// Whether a node takes these pods together.
    pub(crate) fn holds(&self, machine: NodeKindIx, pods: &[(PodKindIx, u32)]) -> bool {
        let NodeKind { free, takes, .. } = &self.machines[machine];
        pods.iter().all(|(shape, _)| takes[*shape])
            && free.iter().enumerate().all(|(resource, free)| {
                let requested =
                    |(shape, pods): &(PodKindIx, u32)| self.shapes[*shape][resource].saturating_mul(i64::from(*pods));
                let sum = pods.iter().map(requested).fold(0, i64::saturating_add);
                sum == 0 || sum <= *free
            })
    }

    /// Returns the greatest amount of which the price of every mix is a multiple, in millionths of
    /// a dollar.
    pub(crate) fn step(&self) -> u64 {
        self.machines.iter().map(|machine| machine.price).fold(0, greatest_common_divisor).max(1)
    }

    /// Returns the price of several nodes.
    pub(crate) fn price_of_all(&self, mix: &[Bundle]) -> u64 {
        mix.iter().map(|bundle| self.machines[bundle.machine].price).fold(0, u64::saturating_add)
    }

    /// Returns the limits of all kinds, with no more than so many nodes in all.
    pub(crate) fn limits(&self, in_all: u32) -> NodeLimits {
        NodeLimits { of_kind: self.machines.iter().map(|machine| machine.limit).collect(), in_all }
    }

    /// Returns the price of a node.
    pub(crate) fn price(&self, machine: NodeKindIx) -> f64 {
        float(self.machines[machine].price)
    }
}

/// Converts an amount for the searches, which go by floating-point numbers.
#[expect(clippy::cast_precision_loss, reason = "a guide for the search")]
pub(crate) fn float(amount: u64) -> f64 {
    amount as f64
}
