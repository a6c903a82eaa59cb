//! `price`: the cheapest mix of nodes for all pods together. The lowest price of a pod, group by
//! group, is a good guess and no more: nodes are paid for as a whole, and the last ones are seldom
//! full.
//!
//! Only pods of which nothing but labels, taints and requests matters are counted together, in the
//! groups that are equal before `price` decides. Parts of the problem that share no group are
//! solved each on its own ([`parts`]). Of nodes beyond the limits of the run those remain whose
//! pods come first and are worth most ([`trim`]). Where the groups of a part cannot take all its
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
use crate::plan::bill::{Load, Offered};
use crate::plan::class_turn::ClassTurn;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::buying::{Buying, count};
use crate::plan::scale_up::class_orders::Outlay;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, Origin, Placement};
use crate::plan::scale_up::ranking::wanted::Wanted;
use crate::policy::Expander;
use problem::{FilledNode, LoadIx, Problem};
use solve::solve;
use trim::trim;

/// What came of one way to buy.
struct Purchases {
    /// How many pods of each class have no node.
    left: BTreeMap<ClassIx, u32>,
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
        // The limits of each group are part of the problem; those of the run and of the whole
        // cluster are not.
        let seed = self.catalogue().fleet.policy.seed;
        let turn_of = |node: &FilledNode| -> Vec<ClassTurn> {
            let of_load = |(load, _): &(LoadIx, u32)| self.catalogue().classes[problem.loads[*load].class].turn;
            node.pods.iter().map(of_load).collect()
        };
        let are_allowed = |nodes: &[FilledNode]| self.ledger().allows(nodes.iter().map(|node| (node.group, node.copies)));
        let mix = trim(&problem, solve(&problem, seed), turn_of, are_allowed);
        if mix.is_empty() {
            return placed;
        }
        let start = (self.bookmark(), candidates.bookmark());
        let class_by_class = self.try_class_by_class(candidates, order, left_of);
        self.go_back(start.0.clone());
        candidates.go_back(start.1);
        let by_mix = self.open_mix(candidates, &problem, &mix, (order, left_of));
        let opened = (self.bookmark(), candidates.bookmark());
        let placed_by_mix: BTreeMap<ClassIx, u32> = by_mix.iter().map(|(class, of_class)| (*class, count(of_class))).collect();
        let rest = |class: ClassIx| left_of(class) - placed_by_mix.get(&class).copied().unwrap_or(0);
        if class_by_class.is_better_than(&self.try_class_by_class(candidates, order, &rest)) {
            self.go_back(start.0);
            candidates.go_back(start.1);
            return placed;
        }
        self.go_back(opened.0);
        candidates.go_back(opened.1);
        for (class, of_class) in by_mix {
            placed.entry(class).or_default().extend(of_class);
        }
        placed
    }

    /// Opens the nodes of a mix. Returns by class where its pods are placed.
    fn open_mix(
        &mut self,
        candidates: &mut Candidates<'a>,
        problem: &Problem,
        mix: &[FilledNode],
        (order, left_of): (&[ClassIx], &dyn Fn(ClassIx) -> u32),
    ) -> BTreeMap<ClassIx, Vec<Placement>> {
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
        for (turn, &class) in order.iter().enumerate() {
            let placed = self.buy_for(candidates, class, &order[turn + 1..], &|class| left.get(&class).copied().unwrap_or(0));
            left.entry(class).and_modify(|left| *left -= count(&placed));
        }
        Purchases { left, outlay: Outlay::of(self) }
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
        Problem::new(loads, offers, groups.map(|group| self.nodes_left(group)).collect())
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
