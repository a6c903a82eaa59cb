//! The pods that a replay places, in the order of the scheduler's queue.

use std::borrow::Cow;
use std::sync::Arc;

use super::Served;
use super::order::Order;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::Fleet;
use crate::plan::pending::{Class, ClassIx, Waiting};
use crate::scheduler::binding::in_turn;

/// At most so many pods are tried in more than one order, all orders together.
const MOST_PODS: usize = 3_000;

/// Pods that wait, first come first served, as runs of the same class.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// Indices into [`Fleet::unbound`]; copies of the queue share them.
    pods: Arc<[usize]>,
    pub(super) runs: Vec<Run>,
}

/// Consecutive pods of one class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) class: ClassIx,
    /// The first of them.
    start: usize,
    /// How many have no node yet: the last ones.
    pub(super) left: u32,
    length: usize,
}

impl Queue {
    /// Returns the queues in which the pods may be: in several orders, where that makes a
    /// difference and the pods are not too many.
    pub(super) fn all(fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, served: &[Served]) -> Vec<Self> {
        let first = Self::new(fleet, classes, served, Order::Names);
        let affordable = MOST_PODS / first.pods.len().max(1);
        let orders = if affordable > 1 && first.has_ties(fleet) { affordable } else { 1 };
        let others = Order::ALL.into_iter().take(orders).skip(1).map(|order| Self::new(fleet, classes, served, order));
        std::iter::once(first).chain(others.collect::<Vec<_>>()).collect()
    }

    /// Merges the pods of the classes, each of which are in the order of their age already.
    fn new(fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, served: &[Served], order: Order) -> Self {
        let lines: Vec<(ClassIx, i32, Cow<'_, [Waiting]>)> = served
            .iter()
            .map(|one| {
                let pods = &classes[one.class].pods[one.pods.clone()];
                let priority = fleet.spec(fleet.unbound[pods[0].pod]).priority;
                (one.class, priority, in_order(pods, priority, order))
            })
            .collect();
        let turn = |priority: i32, waiting: &Waiting| order.turn(priority, waiting);
        let lines = lines.iter().map(|(class, priority, pods)| (turn(*priority, &pods[0]), (*class, *priority, pods.as_ref())));
        let mut pods = Vec::with_capacity(served.iter().map(|one| one.pods.len()).sum());
        let mut runs = Vec::new();
        in_turn(lines, |(class, priority, coming), of_others| {
            let is_next = |waiting: &&Waiting| of_others.is_none_or(|other| turn(*priority, waiting) < other);
            let length = coming.iter().take_while(is_next).count();
            let (run, rest) = coming.split_at(length);
            runs.push(Run { class: *class, start: pods.len(), left: small(length), length });
            pods.extend(run.iter().map(|waiting| waiting.pod));
            *coming = rest;
            rest.first().map(|following| turn(*priority, following))
        });
        Self { pods: pods.into(), runs }
    }

    /// Whether pods of different classes have the same priority and were created in the same
    /// second.
    fn has_ties(&self, fleet: &Fleet<'_>) -> bool {
        let age = |pod: usize| (fleet.spec(fleet.unbound[pod]).priority, fleet.unbound[pod].created_at);
        let mut first_pods = self.runs.iter().skip(1).map(|run| run.start);
        first_pods.any(|pod| age(self.pods[pod - 1]) == age(self.pods[pod]))
    }

    /// Returns how many pods have no node.
    pub(super) fn left(&self) -> u32 {
        self.runs.iter().map(|run| run.left).sum()
    }

    /// Returns how many pods there are.
    pub(super) fn len(&self) -> u32 {
        small(self.pods.len())
    }

    /// Returns the pods without a node, in the order of the queue.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (ClassIx, usize)> {
        self.runs.iter().flat_map(|run| {
            let first = run.start + run.length - run.left as usize;
            self.pods[first..run.start + run.length].iter().map(|pod| (run.class, *pod))
        })
    }
}

/// Returns pods of one class, which are in the order of names, in another order.
fn in_order(pods: &[Waiting], priority: i32, order: Order) -> Cow<'_, [Waiting]> {
    if order == Order::Names {
        return Cow::Borrowed(pods);
    }
    let mut pods = pods.to_vec();
    pods.sort_by_cached_key(|waiting| order.turn(priority, waiting));
    Cow::Owned(pods)
}
