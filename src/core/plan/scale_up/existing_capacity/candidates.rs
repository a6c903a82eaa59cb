//! The candidate nodes: every node on which a pending pod could be placed, in the order in which
//! they are tried.

use std::collections::BTreeSet;
use std::ops::Range;

use super::room_index::RoomIndex;
use crate::plan::fleet::{GroupIx, NodeIx};
use crate::plan::pending::ClassIx;
use crate::scheduler::cluster::{Checkpoint, Cluster, FormsId, NodeId};
use crate::scheduler::fits;

/// The origin of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An existing schedulable node.
    Existing { node: NodeIx },
    /// An upcoming node.
    Upcoming {
        group: GroupIx,
        /// Which of the group's upcoming nodes, from 1.
        ordinal: u32,
        overdue_at: jiff::Timestamp,
    },
    /// A node that we cordoned: to uncordon it is cheaper than to buy one.
    Cordoned { node: NodeIx },
    /// A node this plan adds.
    Planned {
        group: GroupIx,
        /// Which of the group's new nodes, from 1.
        ordinal: u32,
    },
}

/// The working copy with the candidates among its nodes.
pub(crate) struct Candidates<'a> {
    pub(crate) cluster: Cluster<'a>,
    all: Vec<Candidate>,
    room: RoomIndex,
    /// Existing nodes that a class is kept from though its pods would fit.
    refusing: BTreeSet<(ClassIx, NodeIx)>,
    /// Groups whose upcoming nodes end before pods of a class would.
    ending: BTreeSet<(ClassIx, GroupIx)>,
}

/// A node on which pending pods are tried.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    origin: Origin,
    node: NodeId,
}

/// Some pods of a class on one candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    pub(crate) origin: Origin,
    pub(crate) pods: u32,
}

/// A state to which the candidates can be taken back.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan::scale_up) struct CandidatesBefore {
    cluster: Checkpoint,
    count: usize,
}

impl<'a> Candidates<'a> {
    pub(in crate::plan::scale_up) fn new(cluster: Cluster<'a>) -> Self {
        Self { cluster, all: Vec::new(), room: RoomIndex::default(), refusing: BTreeSet::new(), ending: BTreeSet::new() }
    }

    /// Adds a candidate, which is tried after all others.
    pub(in crate::plan::scale_up) fn add(&mut self, origin: Origin, node: NodeId) {
        self.room.add(&self.cluster, node);
        self.all.push(Candidate { origin, node });
    }

    /// Remembers this state.
    pub(in crate::plan::scale_up) fn bookmark(&self) -> CandidatesBefore {
        CandidatesBefore { cluster: self.cluster.checkpoint(), count: self.all.len() }
    }

    /// Takes back what was placed and added since.
    pub(in crate::plan::scale_up) fn go_back(&mut self, to: CandidatesBefore) {
        self.cluster.roll_back(to.cluster);
        self.all.truncate(to.count);
        self.room.truncate(to.count);
    }

    /// Returns how many candidates there are, which is the number of the next one.
    pub(in crate::plan::scale_up) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the forms that each candidate may take.
    pub(in crate::plan::scale_up) fn forms(&self) -> impl Iterator<Item = FormsId> {
        self.all.iter().map(|candidate| self.cluster.forms_of(candidate.node))
    }

    /// Keeps pods of a class from an existing node, which may be cordoned.
    pub(in crate::plan::scale_up) fn keep_from(&mut self, class: ClassIx, node: NodeIx) {
        self.refusing.insert((class, node));
    }

    fn is_refusing(&self, class: ClassIx, origin: Origin) -> bool {
        match origin {
            Origin::Existing { node } | Origin::Cordoned { node } => {
                !self.refusing.is_empty() && self.refusing.contains(&(class, node))
            }
            Origin::Upcoming { group, .. } => !self.ending.is_empty() && self.ending.contains(&(class, group)),
            Origin::Planned { .. } => false,
        }
    }

    /// Keeps pods of a class from the upcoming nodes of a group.
    pub(in crate::plan::scale_up) fn keep_from_upcoming(&mut self, class: ClassIx, group: GroupIx) {
        self.ending.insert((class, group));
    }

    /// Returns where up to `pods` pods of a class would go on the existing nodes that are asked,
    /// as these are now.
    pub(in crate::plan::scale_up) fn would_take(
        &mut self,
        class: ClassIx,
        pods: u32,
        range: Range<usize>,
        is_asked: impl Fn(NodeIx) -> bool,
    ) -> Vec<Placement> {
        let before = self.cluster.checkpoint();
        let mut left = pods;
        let mut placed = Vec::new();
        for candidate in &self.all[range] {
            let is_asked = matches!(candidate.origin, Origin::Existing { node } if is_asked(node));
            if left > 0 && is_asked {
                let taken = self.cluster.fill(class.demand(), candidate.node, left);
                placed.extend((taken > 0).then_some(Placement { origin: candidate.origin, pods: taken }));
                left -= taken;
            }
        }
        self.cluster.roll_back(before);
        placed
    }

    /// Places up to `pods` pods of a class like [`Self::place`], for a class that comes again and
    /// again: `onward` keeps the candidates that may still have room for it.
    pub(in crate::plan::scale_up) fn place_onward(
        &mut self,
        class: ClassIx,
        pods: u32,
        onward: &mut Range<usize>,
        range: &Range<usize>,
    ) -> Vec<Placement> {
        if self.cluster.demand(class.demand()).follows_others() {
            return self.place(class, pods, range.clone());
        }
        let mut left = pods;
        let mut placed = Vec::new();
        self.room.catch_up(&mut self.cluster);
        while left > 0
            && let Some(block) = self.room.next(onward, &self.cluster.demand(class.demand()).requests)
        {
            let (taken, last) = self.place_in_block(class, left, block, &mut placed);
            left -= taken;
            if left == 0 {
                onward.start = last;
            }
        }
        placed
    }

    /// Places up to `pods` pods of a class on the candidates of a range, first fit, and returns
    /// where.
    ///
    /// What is free only shrinks: a candidate without room for one pod of the class has none for
    /// the next, so that each is tried once, for all of them. Only where pods follow others may a
    /// candidate that refused some accept them later.
    pub(in crate::plan::scale_up) fn place(&mut self, class: ClassIx, pods: u32, range: Range<usize>) -> Vec<Placement> {
        let demand = class.demand();
        let follows_others = self.cluster.demand(demand).follows_others();
        let mut left = pods;
        let mut placed = Vec::new();
        loop {
            let before = left;
            self.room.catch_up(&mut self.cluster);
            let mut rest = range.clone();
            while left > 0
                && let Some(block) = self.room.next(&mut rest, &self.cluster.demand(demand).requests)
            {
                left -= self.place_in_block(class, left, block, &mut placed).0;
            }
            if left == 0 || left == before || !follows_others {
                return placed;
            }
        }
    }

    /// Places pods of a class on the candidates of a block. Returns how many, and the candidate
    /// that was tried last.
    fn place_in_block(&mut self, class: ClassIx, pods: u32, block: Range<usize>, placed: &mut Vec<Placement>) -> (u32, usize) {
        let demand = class.demand();
        let (mut left, mut has_room, mut last) = (pods, false, block.start);
        for number in block.clone() {
            if left == 0 {
                break;
            }
            last = number;
            let candidate = self.all[number];
            if !fits(self.cluster.row(candidate.node), &self.cluster.demand(demand).requests) {
                continue;
            }
            has_room = true;
            if self.is_refusing(class, candidate.origin) {
                continue;
            }
            let taken = self.cluster.fill(demand, candidate.node, left);
            placed.extend((taken > 0).then_some(Placement { origin: candidate.origin, pods: taken }));
            left -= taken;
        }
        if left < pods {
            self.room.has_less(block.start);
        } else if !has_room {
            self.room.look_again(&self.cluster, block.start);
        }
        (pods - left, last)
    }
}
