//! `price`: the cheapest mix of nodes for all pods together. The lowest price of a pod, group by
//! group, is a good guess and no more: nodes are paid for as a whole, and the last ones are seldom
//! full.
//!
//! Only pods of which nothing but labels, taints and requests matters are counted together, in the
//! groups that are equal before `price` decides. Parts of the problem that share no group are
//! solved each on its own ([`parts`]). Of nodes beyond the limits of the run those remain whose
//! pods come first and are worth most ([`trim`]); the pods that are served then get the cheapest
//! nodes within the limits. Where the groups of a part cannot take all its
//! pods, groups are tried one after the other as with every other expander. So they are where that
//! is cheaper.

mod chance;
mod compact;
mod dive;
mod greedy;
mod improve;
mod parts;
mod problem;
mod rebuild;
mod solve;
mod trim;

use std::collections::BTreeMap;

use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::bill::{Load, Offered};
use crate::plan::class_turn::ClassTurn;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::{Bookmark, Buying, count};
use crate::plan::scale_up::class_orders::Outlay;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, CandidatesBefore, Origin, Placement};
use crate::plan::scale_up::ranking::wanted::Wanted;
use crate::policy::Expander;
use problem::{ClassLoad, FilledNode, LoadIx, Mix, Problem};
use solve::{solve, solve_within};
use trim::trim;

/// What came of one way to buy.
struct Purchases {
    /// How many pods of each class have no node.
    left: BTreeMap<ClassIx, u32>,
    placed: BTreeMap<ClassIx, Vec<Placement>>,
    outlay: Outlay,
}

impl Purchases {
    /// Whether no class gets fewer nodes than in another way, and more pods get one or all of it
    /// costs less.
    fn is_better_than(&self, other: &Self) -> bool {
        let is_no_worse = self.left.iter().all(|(class, left)| other.left.get(class).is_none_or(|others| left <= others));
        is_no_worse && (self.left != other.left || self.outlay.is_less_than(&other.outlay))
    }
}

/// The pods to buy for, and the state before anything is bought for them.
struct PodsToServe<'o> {
    /// The classes in the order in which they are bought for.
    order: &'o [ClassIx],
    left_of: &'o dyn Fn(ClassIx) -> u32,
    start: (Bookmark, CandidatesBefore),
}

/// Nodes that are opened before what is left is bought for class by class.
struct MixedNodes {
    problem: Problem,
    mix: Mix,
}

impl<'a> Buying<'a, '_> {
    /// Buys the cheapest mix of nodes that is found for the pods without a place. Returns by class
    /// where they are placed. What the mix leaves is bought for in the order of the classes.
    pub(super) fn buy_mix(
        &mut self,
        candidates: &mut Candidates<'a>,
        order: &[ClassIx],
        left_of: &dyn Fn(ClassIx) -> u32,
    ) -> BTreeMap<ClassIx, Vec<Placement>> {
        let Some(before_price) = self.before_price() else { return BTreeMap::new() };
        let mut placed = self.fill_reserved(candidates, order, left_of);
        let filled: BTreeMap<ClassIx, u32> = placed.iter().map(|(class, of_class)| (*class, count(of_class))).collect();
        let left_of = &|class: ClassIx| left_of(class) - filled.get(&class).copied().unwrap_or(0);
        let problem = self.problem(candidates, &before_price, left_of);
        if problem.loads.is_empty() {
            return placed;
        }
        let pods = PodsToServe { order, left_of, start: (self.bookmark(), candidates.bookmark()) };
        let best = self.best_mix(candidates, problem, &pods);
        self.go_back(pods.start.0.clone());
        candidates.go_back(pods.start.1);
        for (class, of_class) in self.open_mix(candidates, &best, &pods) {
            placed.entry(class).or_default().extend(of_class);
        }
        placed
    }

    /// Returns the nodes with which the pods are served for the least money, as far as that is
    /// found; none where that is class by class. They are found without the limit of the run at
    /// first: it changes nothing where they are no more than that, and then only as much as it has
    /// to.
    fn best_mix(&mut self, candidates: &mut Candidates<'a>, problem: Problem, pods: &PodsToServe<'_>) -> MixedNodes {
        let mix = solve(&problem, self.catalogue().fleet.policy.seed);
        let most = self.ledger().nodes_left_of_run() as usize + self.ledger().nodes().len();
        self.lift_limit_of_run(true);
        let (best, came_of_it) = self.best_with(candidates, MixedNodes { problem, mix }, pods);
        self.lift_limit_of_run(false);
        if came_of_it.outlay.nodes() <= most {
            return best;
        }
        self.best_with(candidates, best, pods).0
    }

    /// Returns the best of a mix, as far as the limits allow it, class by class, and what is
    /// cheaper for the same pods.
    fn best_with(
        &mut self,
        candidates: &mut Candidates<'a>,
        MixedNodes { problem, mix }: MixedNodes,
        pods: &PodsToServe<'_>,
    ) -> (MixedNodes, Purchases) {
        self.go_back(pods.start.0.clone());
        candidates.go_back(pods.start.1);
        // The limits of each group are part of the problem; those of the run and of the whole
        // cluster are not.
        let turn_of = |node: &FilledNode| -> Vec<ClassTurn> {
            let of_load = |(load, _): &(LoadIx, u32)| self.catalogue().classes[problem.loads[*load].class].turn;
            node.pods.iter().map(of_load).collect()
        };
        let are_allowed = |nodes: &[FilledNode]| self.ledger().allows(nodes.iter().map(|node| (node.group, node.copies)));
        let mix = trim(&problem, mix, turn_of, are_allowed);
        let mixed = MixedNodes { problem, mix };
        let by_class = self.try_class_by_class(candidates, pods.order, pods.left_of);
        let by_mix = (!mixed.mix.is_empty()).then(|| self.try_mix(candidates, &mixed, pods));
        let (best, came_of_it) = match by_mix.filter(|by_mix| !by_class.is_better_than(by_mix)) {
            Some(by_mix) => (mixed, by_mix),
            None => (MixedNodes { mix: Mix::new(), ..mixed }, by_class),
        };
        let cheaper = self.cheaper_within_limits(candidates, (&best, &came_of_it), pods);
        cheaper.unwrap_or((best, came_of_it))
    }

    /// Returns cheaper nodes for the pods that are served, where limits leave others without: which
    /// pods are served is decided, and what for them is not.
    fn cheaper_within_limits(
        &mut self,
        candidates: &mut Candidates<'a>,
        (best, came_of_it): (&MixedNodes, &Purchases),
        pods: &PodsToServe<'_>,
    ) -> Option<(MixedNodes, Purchases)> {
        let is_left = |load: &ClassLoad| came_of_it.left.get(&load.class).is_some_and(|left| *left > 0);
        if !best.problem.loads.iter().any(is_left) {
            return None;
        }
        self.go_back(pods.start.0.clone());
        candidates.go_back(pods.start.1);
        let is_new = |placed: &&Placement| matches!(placed.origin, Origin::Planned { group, ordinal } if ordinal > self.ledger().bought(group));
        let served = |class: ClassIx| -> u32 {
            let placed = came_of_it.placed.get(&class).into_iter().flatten();
            placed.filter(is_new).map(|placed| placed.pods).sum()
        };
        let problem = best.problem.with_pods(served);
        let mut nodes: BTreeMap<(GroupIx, u32), Vec<(LoadIx, u32)>> = BTreeMap::new();
        for (load, entry) in problem.loads.iter_numbered() {
            for placed in came_of_it.placed.get(&entry.class).into_iter().flatten().filter(is_new) {
                if let Origin::Planned { group, ordinal } = placed.origin {
                    nodes.entry((group, ordinal)).or_default().push((load, placed.pods));
                }
            }
        }
        let known: Mix = nodes.into_iter().map(|((group, _), pods)| FilledNode { group, pods, copies: 1 }).collect();
        // Nodes that have none of these pods remain.
        let others = came_of_it.outlay.nodes() - self.ledger().nodes().len() - known.len();
        let most = self.ledger().nodes_left_of_run().saturating_sub(small(others));
        let seed = self.catalogue().fleet.policy.seed;
        let mix = solve_within(&problem, seed, (most, &known))?;
        let is_allowed = self.ledger().allows(mix.iter().map(|node| (node.group, node.copies)));
        let mixed = MixedNodes { problem, mix };
        let by_mix = is_allowed.then(|| self.try_mix(candidates, &mixed, pods))?;
        by_mix.is_better_than(came_of_it).then_some((mixed, by_mix))
    }

    /// Opens the nodes of a mix and buys for one class after the other what it leaves, to see what
    /// comes of it.
    fn try_mix(&mut self, candidates: &mut Candidates<'a>, mixed: &MixedNodes, pods: &PodsToServe<'_>) -> Purchases {
        self.go_back(pods.start.0.clone());
        candidates.go_back(pods.start.1);
        let by_mix = self.open_mix(candidates, mixed, pods);
        let rest = |class: ClassIx| (pods.left_of)(class) - by_mix.get(&class).map_or(0, |placed| count(placed));
        let mut purchases = self.try_class_by_class(candidates, pods.order, &rest);
        for (class, placed) in by_mix {
            purchases.placed.entry(class).or_default().extend(placed);
        }
        purchases
    }

    /// Opens the nodes of a mix. Returns by class where its pods are placed.
    fn open_mix(
        &mut self,
        candidates: &mut Candidates<'a>,
        MixedNodes { problem, mix }: &MixedNodes,
        PodsToServe { order, left_of, .. }: &PodsToServe<'_>,
    ) -> BTreeMap<ClassIx, Vec<Placement>> {
        if mix.is_empty() {
            return BTreeMap::new();
        }
        for class in problem.loads.iter().map(|load| load.class) {
            let later = order.iter().position(|one| *one == class).map_or(&[][..], |turn| &order[turn + 1..]);
            self.note_ranking(candidates, Wanted { class, later, pods: left_of(class), left_of });
        }
        self.note_together(problem.loads.iter().map(|load| load.class));
        let mut by_mix: BTreeMap<ClassIx, Vec<Placement>> = BTreeMap::new();
        // The nodes of the mix still to be opened, by group: their places are not for others to
        // take.
        let mut to_come = IndexVec::filled(self.catalogue().fleet.groups.len(), 0);
        for node in mix {
            to_come[node.group] += node.copies;
        }
        for node in mix {
            for _ in 0..node.copies {
                to_come[node.group] -= 1;
                let group = self.smallest_alike(problem, node, &to_come);
                self.open_for(candidates, problem, (node, group), &mut by_mix);
            }
        }
        for of_class in by_mix.values() {
            self.count_placed(of_class);
        }
        by_mix
    }

    /// Buys for one class after the other, to see what comes of it.
    fn try_class_by_class(
        &mut self,
        candidates: &mut Candidates<'a>,
        order: &[ClassIx],
        left_of: &dyn Fn(ClassIx) -> u32,
    ) -> Purchases {
        let mut left: BTreeMap<ClassIx, u32> = order.iter().map(|class| (*class, left_of(*class))).collect();
        let mut all = BTreeMap::new();
        for (turn, &class) in order.iter().enumerate() {
            let placed = self.buy_for(candidates, class, &order[turn + 1..], &|class| left.get(&class).copied().unwrap_or(0));
            left.entry(class).and_modify(|left| *left -= count(&placed));
            all.insert(class, placed);
        }
        Purchases { left, placed: all, outlay: Outlay::of(self) }
    }

    /// Fills the reserved places that rank first, class by class: they cost nothing, whatever the
    /// mix is.
    fn fill_reserved(
        &mut self,
        candidates: &mut Candidates<'a>,
        order: &[ClassIx],
        left_of: &dyn Fn(ClassIx) -> u32,
    ) -> BTreeMap<ClassIx, Vec<Placement>> {
        let mut placed = BTreeMap::new();
        if self.catalogue().fleet.reserved.is_empty() {
            return placed;
        }
        for (turn, &class) in order.iter().enumerate() {
            let of_class = self.buy_reserved_for(candidates, class, &order[turn + 1..], left_of);
            if !of_class.is_empty() {
                placed.insert(class, of_class);
            }
        }
        placed
    }

    /// Returns the expanders before `price`; `None` where it is not the one that decides.
    fn before_price(&self) -> Option<Vec<Expander>> {
        let (before, decides) = self.catalogue().fleet.policy.expander.parts();
        (decides == Some(Expander::Price) && !self.is_by_others()).then(|| before.to_vec())
    }

    fn problem(&self, candidates: &Candidates<'a>, before_price: &[Expander], left_of: &dyn Fn(ClassIx) -> u32) -> Problem {
        let groups = self.catalogue().fleet.groups.numbers();
        let offer = |group: GroupIx| {
            Some(Offered {
                free: self.catalogue().offers.of(group)?.free.clone(),
                price: self.catalogue().situation.paid_price(group)?,
            })
        };
        let offers: IndexVec<GroupIx, Option<Offered>> = groups.clone().map(offer).collect();
        let is_plain = |class: &ClassIx| candidates.cluster.demand(class.demand()).is_plain() && left_of(*class) > 0;
        let loads = self.catalogue().classes.numbers().filter(is_plain).filter_map(|class| {
            let groups = self.first_in_rank(class, before_price, |group| offers[group].is_some());
            let requests = candidates.cluster.demand(class.demand()).requests.clone();
            let load = Load { requests, pods: left_of(class), groups };
            (!load.groups.is_empty()).then(|| problem::ClassLoad::new(class, load, offers.numbers()))
        });
        let loads = loads.collect();
        Problem::new(loads, offers, groups.map(|group| self.nodes_left_of_group(group)).collect())
    }

    /// Opens a node of the mix in a group and places its pods there.
    fn open_for(
        &mut self,
        candidates: &mut Candidates<'a>,
        problem: &Problem,
        (node, group): (&FilledNode, GroupIx),
        placed: &mut BTreeMap<ClassIx, Vec<Placement>>,
    ) {
        let id = self.open_next(candidates, group);
        let origin = Origin::Planned { group, ordinal: self.ledger().bought(group) };
        for (load, pods) in &node.pods {
            let class = problem.loads[*load].class;
            let taken = candidates.cluster.fill(class.demand(), id, *pods);
            placed.entry(class).or_default().extend((taken > 0).then_some(Placement { origin, pods: taken }));
        }
    }

    /// Returns where a node of the mix is opened: in its group, or in the smallest of those
    /// balanced with it that have more room than the nodes still to be opened there need.
    fn smallest_alike(&self, problem: &Problem, node: &FilledNode, to_come: &IndexVec<GroupIx, u32>) -> GroupIx {
        let all: Vec<GroupIx> = self.catalogue().fleet.groups.numbers().collect();
        let takes_all = |group: GroupIx| node.pods.iter().all(|(load, _)| problem.takes(group, *load));
        let has_room = |group: GroupIx| self.nodes_left(group) > to_come[group];
        let alike = self.alike(node.group, &all).filter(|group| {
            self.catalogue().situation.paid_price(*group) == self.catalogue().situation.paid_price(node.group)
                && takes_all(*group)
                && has_room(*group)
        });
        alike.min_by_key(|group| (self.size_of(*group), *group != node.group, *group)).unwrap_or(node.group)
    }
}
