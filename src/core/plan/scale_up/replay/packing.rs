//! Buying more nodes because the scheduler packs less densely than the plan: so many that the
//! fewest pods have to wait.

use super::allowance::Allowance;
use super::{Replayer, StillWaiting};
use crate::plan::amounts::{small, take};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::{Bookmark, Buying};
use crate::scheduler::fits;

/// Nodes are added in at most so many rounds; each leaves a small part of the pods that waited
/// before.
const MOST_ROUNDS: usize = 12;
/// At most so many pods are replayed in all rounds together, in all orders.
const MOST_PODS_REPLAYED: usize = 12_000;

/// A number of nodes that was tried.
struct Attempt {
    waiting: StillWaiting,
    state: Bookmark,
}

/// A node that is added, while the waiting pods are packed.
struct Bin {
    group: GroupIx,
    free: Vec<i64>,
    /// The pods there that may keep their like away.
    keeping_away: Vec<ClassIx>,
}

impl<'a> Replayer<'a, '_> {
    /// Buys the number of nodes, within what may be spent, with which the fewest pods wait. Returns
    /// those.
    pub(super) fn buy_for(
        &mut self,
        waiting: StillWaiting,
        buying: &mut Buying<'a, '_>,
        allowance: &Allowance,
    ) -> StillWaiting {
        self.buy(waiting, buying, &|buying, group| allowance.allows(buying.ledger(), group))
    }

    /// Returns how many nodes leave no pod waiting, without buying them.
    pub(super) fn nodes_for_certain(&mut self, waiting: StillWaiting, buying: &mut Buying<'a, '_>) -> Option<u32> {
        let before = buying.bookmark();
        let left = self.buy(waiting, buying, &|_, _| true).count();
        let nodes = small(buying.ledger().nodes().len());
        buying.go_back(before);
        (left == 0).then_some(nodes)
    }

    /// Adds nodes for the pods that wait until none does, nothing more may be added, or too much
    /// has been tried. Stays with the number that leaves the fewest waiting.
    fn buy(
        &mut self,
        waiting: StillWaiting,
        buying: &mut Buying<'a, '_>,
        may_add: &dyn Fn(&Buying<'a, '_>, GroupIx) -> bool,
    ) -> StillWaiting {
        let replayed: u32 = self.queues.iter().map(super::Queue::len).sum();
        let mut rounds = MOST_ROUNDS.min(MOST_PODS_REPLAYED / (replayed as usize).max(1));
        let mut for_whom: Vec<(ClassIx, usize)> = waiting.pods().collect();
        let mut best = Attempt { waiting, state: buying.bookmark() };
        while rounds > 0 && !for_whom.is_empty() {
            rounds -= 1;
            let before = buying.bookmark();
            let added = self.add_nodes(buying, &for_whom, usize::MAX, may_add);
            if added == 0 {
                break;
            }
            let waiting = self.waiting(buying);
            let pods: Vec<(ClassIx, usize)> = waiting.pods().collect();
            if waiting.count() < best.waiting.count() {
                best = Attempt { waiting, state: buying.bookmark() };
            }
            if pods.is_empty() {
                self.try_fewer(buying, &for_whom, &before, added, rounds, &mut best);
            }
            for_whom = pods;
        }
        buying.go_back(best.state);
        best.waiting
    }

    /// Halves how many nodes are added at last while that leaves no more pods waiting.
    fn try_fewer(
        &mut self,
        buying: &mut Buying<'a, '_>,
        for_whom: &[(ClassIx, usize)],
        before: &Bookmark,
        enough: usize,
        rounds: usize,
        best: &mut Attempt,
    ) {
        let (mut too_few, mut enough) = (0, enough);
        for _ in 0..rounds {
            let some = usize::midpoint(too_few, enough);
            if some == too_few {
                return;
            }
            buying.go_back(before.clone());
            self.add_nodes(buying, for_whom, some, &|_, _| true);
            let waiting = self.waiting(buying);
            if waiting.count() > best.waiting.count() {
                too_few = some;
            } else {
                enough = some;
                *best = Attempt { waiting, state: buying.bookmark() };
            }
        }
    }

    /// Adds as many nodes, up to `most`, as the waiting pods fill when packed one after the other.
    /// Returns how many.
    fn add_nodes(
        &self,
        buying: &mut Buying<'a, '_>,
        waiting: &[(ClassIx, usize)],
        most: usize,
        may_add: &dyn Fn(&Buying<'a, '_>, GroupIx) -> bool,
    ) -> usize {
        let mut bins: Vec<Bin> = Vec::new();
        for &(class, _) in waiting {
            let Some(&group) = self.bought_in.get(&class) else { continue };
            let requests = self.pods.requests(class);
            let takes = |bin: &Bin| {
                buying.are_balanced(bin.group, group) && fits(&bin.free, requests) && !bin.keeping_away.contains(&class)
            };
            let found = bins.iter().position(takes);
            let group = buying.smallest_balanced(group, class);
            let bin = match found {
                Some(bin) => &mut bins[bin],
                None if bins.len() < most && may_add(buying, group) && buying.add_loose(group) => {
                    bins.push(Bin { group, free: buying.catalogue().free(group).to_vec(), keeping_away: Vec::new() });
                    bins.last_mut().expect("the bin that was just added")
                }
                None => continue,
            };
            take(&mut bin.free, requests, 1);
            if !self.candidates.cluster.is_alone(class.demand()) {
                bin.keeping_away.push(class);
            }
        }
        bins.len()
    }
}
