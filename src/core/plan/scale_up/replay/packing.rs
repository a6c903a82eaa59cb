//! Buying more nodes because the scheduler packs less densely than the plan: so many that the
//! fewest pods have to wait.

use super::allowance::{Allowance, AllowanceUse};
use super::cheapest_node::CheapestNodes;
use super::{Replayer, StillWaiting, Ways};
use crate::plan::amounts::{small, take};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::{Bookmark, Buying};
use crate::plan::scale_up::class_orders::Outlay;
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

/// What nodes are added for, and which.
#[derive(Clone, Copy)]
struct Aim<'f, 'a> {
    /// Pods that wait in one of these ways count.
    ways: Ways,
    /// Whether one more node of a group may be added.
    may_add: &'f dyn Fn(&Buying<'a, '_>, GroupIx) -> bool,
}

/// Nodes with which nobody waits any more.
struct Enough {
    before: Bookmark,
    /// How many nodes were added after that.
    added: usize,
    ways: Ways,
}

/// A node that is added, while the waiting pods are packed.
struct Bin {
    group: GroupIx,
    free: Vec<i64>,
    /// The pods there that may keep their like away.
    keeping_away: Vec<ClassIx>,
}

impl<'a> Replayer<'a, '_> {
    /// Buys nodes for the pods that wait: of the kinds that the pods were bought for, or, where
    /// prices are known and that leaves no more pods waiting for less, of the cheapest. Returns the
    /// pods that still wait.
    pub(super) fn buy_in_time(
        &mut self,
        waiting: StillWaiting,
        buying: &mut Buying<'a, '_>,
        allowance: &Allowance,
    ) -> StillWaiting {
        let start = buying.bookmark();
        let nodes = CheapestNodes::new(buying).filter(|_| waiting.count(Ways::Both) > 0);
        let of_chosen = self.buy_for(waiting.clone(), buying, allowance);
        if nodes.is_none() {
            return of_chosen;
        }
        let (bought, outlay) = (buying.bookmark(), Outlay::of(buying));
        buying.go_back(start);
        self.cheapest = nodes;
        let of_cheapest = self.buy_for(waiting, buying, allowance);
        self.cheapest = None;
        let left = of_cheapest.count(Ways::Both).cmp(&of_chosen.count(Ways::Both));
        if left.is_lt() || (left.is_eq() && Outlay::of(buying).is_less_than(&outlay)) {
            return of_cheapest;
        }
        buying.go_back(bought);
        of_chosen
    }

    /// Buys the number of nodes, within what may be spent, with which the fewest pods wait. Returns
    /// those. Pods that wait even if nodes appear one by one come first; of plain pods that wait
    /// only if all appear at once all have to be helped, or less is spent on them.
    fn buy_for(&mut self, waiting: StillWaiting, buying: &mut Buying<'a, '_>, allowance: &Allowance) -> StillWaiting {
        let waiting = self.spend(waiting, buying, allowance, (AllowanceUse::All, Ways::OneByOne));
        let before = buying.bookmark();
        let left = self.spend(waiting.clone(), buying, allowance, (AllowanceUse::All, Ways::Both));
        if !self.is_plain || left.count(Ways::Both) == 0 {
            return left;
        }
        buying.go_back(before);
        self.spend(waiting, buying, allowance, (AllowanceUse::Less, Ways::Both))
    }

    fn spend(
        &mut self,
        waiting: StillWaiting,
        buying: &mut Buying<'a, '_>,
        allowance: &Allowance,
        (usage, ways): (AllowanceUse, Ways),
    ) -> StillWaiting {
        let may_add = |buying: &Buying<'a, '_>, group| allowance.allows(usage, buying.ledger(), group);
        self.buy(waiting, buying, Aim { ways, may_add: &may_add })
    }

    /// Returns how many nodes leave no pod waiting, without buying them.
    pub(super) fn nodes_for_certain(&mut self, waiting: StillWaiting, buying: &mut Buying<'a, '_>) -> Option<u32> {
        let before = buying.bookmark();
        let left = self.buy(waiting, buying, Aim { ways: Ways::Both, may_add: &|_, _| true }).count(Ways::Both);
        let nodes = small(buying.ledger().nodes().len());
        buying.go_back(before);
        (left == 0).then_some(nodes)
    }

    /// Adds nodes for the pods that wait until none does, nothing more may be added, or too much
    /// has been tried. Stays with the number that leaves the fewest waiting.
    fn buy(&mut self, waiting: StillWaiting, buying: &mut Buying<'a, '_>, aim: Aim<'_, 'a>) -> StillWaiting {
        let Aim { ways, may_add } = aim;
        let replayed: u32 = self.queues.iter().map(super::Queue::len).sum();
        let mut rounds = MOST_ROUNDS.min(MOST_PODS_REPLAYED / (replayed as usize).max(1));
        let mut for_whom = waiting.classes(ways);
        let mut best = Attempt { waiting, state: buying.bookmark() };
        while rounds > 0 && !for_whom.is_empty() {
            rounds -= 1;
            let before = buying.bookmark();
            let added = self.add_nodes(buying, &for_whom, usize::MAX, may_add);
            if added == 0 {
                break;
            }
            let waiting = self.waiting(buying);
            let still = waiting.classes(ways);
            if waiting.count(ways) < best.waiting.count(ways) {
                best = Attempt { waiting, state: buying.bookmark() };
            }
            if still.is_empty() {
                self.try_fewer(buying, &for_whom, &Enough { before, added, ways }, rounds, &mut best);
            }
            for_whom = still;
        }
        buying.go_back(best.state);
        best.waiting
    }

    /// Halves how many nodes are added at last while that leaves no more pods waiting.
    fn try_fewer(
        &mut self,
        buying: &mut Buying<'a, '_>,
        for_whom: &[ClassIx],
        enough: &Enough,
        rounds: usize,
        best: &mut Attempt,
    ) {
        let Enough { ref before, added: mut enough, ways } = *enough;
        let mut too_few = 0;
        for _ in 0..rounds {
            let some = usize::midpoint(too_few, enough);
            if some == too_few {
                return;
            }
            buying.go_back(before.clone());
            self.add_nodes(buying, for_whom, some, &|_, _| true);
            let waiting = self.waiting(buying);
            if waiting.count(ways) > best.waiting.count(ways) {
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
        for_whom: &[ClassIx],
        most: usize,
        may_add: &dyn Fn(&Buying<'a, '_>, GroupIx) -> bool,
    ) -> usize {
        let mut bins: Vec<Bin> = Vec::new();
        for (place, &class) in for_whom.iter().enumerate() {
            let Some(&chosen) = self.bought_in.get(&class) else { continue };
            let requests = self.pods.requests(class);
            let is_alone = self.candidates.cluster.is_alone(class.demand());
            let cheapest = self.cheapest.as_ref().filter(|_| is_alone);
            let is_for = |group: GroupIx| {
                buying.are_balanced(group, chosen) || cheapest.is_some_and(|cheapest| cheapest.takes(class, group))
            };
            let takes = |bin: &Bin| is_for(bin.group) && fits(&bin.free, requests) && !bin.keeping_away.contains(&class);
            let found = bins.iter().position(takes);
            let cheapest = || {
                let may_add = |group| may_add(buying, group);
                cheapest?.group(buying, &self.pods, &for_whom[place..], &may_add)
            };
            let group = match found {
                Some(bin) => bins[bin].group,
                None => buying.smallest_balanced(cheapest().unwrap_or(chosen), class),
            };
            let bin = match found {
                Some(bin) => &mut bins[bin],
                None if bins.len() < most && may_add(buying, group) && buying.add_loose(group) => {
                    bins.push(Bin { group, free: buying.catalogue().free(group).to_vec(), keeping_away: Vec::new() });
                    bins.last_mut().expect("the bin that was just added")
                }
                None => continue,
            };
            take(&mut bin.free, requests, 1);
            if !is_alone {
                bin.keeping_away.push(class);
            }
        }
        bins.len()
    }
}
