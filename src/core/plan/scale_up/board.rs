//! The seats: every node a pending pod could be placed on, in the order in which they are tried.

use std::ops::Range;

use crate::plan::fleet::{GroupIx, NodeIx};
use crate::scheduler::cluster::{Cluster, DemandId, NodeId};

/// What a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A schedulable node that is there.
    Existing { node: NodeIx },
    /// Capacity already asked for.
    Upcoming {
        group: GroupIx,
        /// Which of the group's upcoming nodes, from 1.
        ordinal: u32,
        overdue_at: jiff::Timestamp,
    },
    /// A node we cordoned: cheaper to take back than to buy.
    Cordoned { node: NodeIx },
    /// A node this plan adds.
    Planned {
        group: GroupIx,
        /// Which of the group's new nodes, from 1.
        ordinal: u32,
    },
}

/// The working copy with its seats.
pub(crate) struct Board<'a> {
    pub(crate) cluster: Cluster<'a>,
    seats: Vec<(Origin, NodeId)>,
}

/// So many pods of a class on one seat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) origin: Origin,
    pub(crate) pods: u32,
}

impl<'a> Board<'a> {
    pub(super) fn new(cluster: Cluster<'a>) -> Self {
        Self { cluster, seats: Vec::new() }
    }

    /// Adds a seat at the end.
    pub(super) fn add_seat(&mut self, origin: Origin, node: NodeId) {
        self.seats.push((origin, node));
    }

    /// How many seats there are: the number of the next one.
    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Places up to `pods` pods of a kind on the seats of a range, first fit, and says where.
    ///
    /// What is free only shrinks, so that a seat that has no room for one pod of the kind has none for the next: each seat is
    /// asked once, for all of them. Only where pods follow others may a seat that refused accept later.
    pub(super) fn place(&mut self, demand: DemandId, pods: u32, seats: Range<usize>) -> Vec<Placed> {
        let follows_others = self.cluster.demand(demand).follows_others();
        let mut left = pods;
        let mut placed = Vec::new();
        loop {
            let before = left;
            for seat in seats.clone() {
                if left == 0 {
                    break;
                }
                left -= self.fill(demand, left, seat, &mut placed);
            }
            if left == 0 || left == before || !follows_others {
                return placed;
            }
        }
    }

    /// Places as many pods as one seat takes.
    fn fill(&mut self, demand: DemandId, pods: u32, seat: usize, placed: &mut Vec<Placed>) -> u32 {
        let (origin, node) = self.seats[seat];
        let taken = self.cluster.fill(demand, node, pods);
        placed.extend((taken > 0).then_some(Placed { origin, pods: taken }));
        taken
    }
}
