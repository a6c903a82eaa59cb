//! Buys new nodes, class by class: pods go on nodes that are already bought, then on new ones of
//! the best group that can grow, then of the next.

mod ahead;
mod alternatives;
pub(super) mod cluster_size;
mod first_in_rank;
pub(super) mod growth_brake;
pub(super) mod ledger;
pub(super) mod loads;
mod named_limits;
mod placement_room;
mod policy_min;
pub(super) mod prospects;
mod purchase_limits;
mod quota_room;
pub(super) mod refusing;

use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::report::FindingCode;
use crate::plan::scale_up::GroupPurchase;
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, Origin, Placement};
use crate::plan::scale_up::offers::catalogue::Catalogue;
use crate::plan::scale_up::offers::fit::Fit;
use crate::plan::scale_up::offers::next_zone::{Launch, Launches};
use crate::plan::scale_up::ranking::by_pods::GroupComparison;
use crate::plan::scale_up::ranking::fixed::fixed_order;
use crate::plan::scale_up::ranking::ranker::Ranker;
use crate::plan::scale_up::ranking::trace::RankingTrace;
use crate::plan::scale_up::ranking::wanted::Wanted;
use crate::policy::Expander;
use crate::scheduler::cluster::NodeId;
use crate::well_known::labels::HOSTNAME;
use cluster_size::ClusterSize;
use growth_brake::GrowthBrake;
use ledger::Ledger;

/// Buys new nodes for the classes of pods.
pub(in crate::plan::scale_up) struct Buying<'a, 'b> {
    catalogue: Catalogue<'a, 'b>,
    ranker: Ranker<'a>,
    /// What is bought so far.
    ledger: Ledger<'a>,
    /// The groups, in the order of [`fixed_order`].
    fixed_order: Vec<GroupIx>,
    /// The number of the first candidate that is bought.
    first_new: usize,
}

/// A state to which buying can be set back.
#[derive(Clone)]
pub(in crate::plan::scale_up) struct Bookmark {
    ledger: ledger::LedgerState,
    trace: Option<RankingTrace>,
    launches: IndexVec<GroupIx, Option<Launches>>,
}

impl<'a, 'b> Buying<'a, 'b> {
    /// Prepares to buy. The ranking of the groups for the traced class is recorded.
    pub(in crate::plan::scale_up) fn new(
        catalogue: Catalogue<'a, 'b>,
        size: ClusterSize,
        first_new: usize,
        traced: Option<ClassIx>,
    ) -> Self {
        let (situation, fleet) = (catalogue.situation, catalogue.fleet);
        let ranker = Ranker::new(situation, are_spread(&catalogue), traced);
        let ledger = Ledger::new(fleet, size, GrowthBrake::of(situation));
        let mut buying = Self { catalogue, ranker, ledger, fixed_order: fixed_order(fleet), first_new };
        buying.note_reserved_zones();
        buying
    }

    /// Has other expanders rank the groups, if there are any.
    pub(in crate::plan::scale_up) fn rank_by(&mut self, instead: Option<&[Expander]>) {
        self.ranker.rank_by(instead);
    }

    /// Whether other expanders rank the groups than those of the policy.
    pub(in crate::plan::scale_up) fn is_by_others(&self) -> bool {
        self.ranker.is_by_others()
    }

    /// Lifts the limit on the nodes of this run, or lays it on again.
    pub(in crate::plan::scale_up) fn lift_limit_of_run(&mut self, is_lifted: bool) {
        self.ledger.lift_limit_of_run(is_lifted);
    }

    /// Whether a limit allows no more nodes of a group that is bought in.
    pub(in crate::plan::scale_up) fn is_at_a_limit(&self) -> bool {
        self.catalogue.fleet.groups.numbers().any(|group| self.ledger.bought(group) > 0 && self.nodes_left(group) == 0)
    }

    /// Returns what can be bought, and for whom.
    pub(in crate::plan::scale_up) fn catalogue(&self) -> &Catalogue<'a, 'b> {
        &self.catalogue
    }

    /// Looks anew at how classes fit the groups, once they are to be elsewhere.
    pub(in crate::plan::scale_up) fn look_again_at(&mut self, candidates: &mut Candidates<'a>, classes: &[ClassIx]) {
        self.catalogue.look_again_at(candidates, classes);
    }

    /// Records how the groups rank, where nodes are wanted for the traced class.
    pub(in crate::plan::scale_up) fn note_ranking(&mut self, candidates: &mut Candidates<'a>, wanted: Wanted<'_>) {
        self.ranker.note(GroupComparison::new(&mut self.catalogue, &self.ledger, candidates, wanted));
    }

    /// Records that nodes for these classes are bought together.
    pub(in crate::plan::scale_up) fn note_together(&mut self, classes: impl Iterator<Item = ClassIx>) {
        self.ranker.note_together(classes);
    }

    /// Returns those of some groups that are balanced with a group, itself among them.
    pub(in crate::plan::scale_up) fn alike<'o>(
        &'o self,
        group: GroupIx,
        among: &'o [GroupIx],
    ) -> impl Iterator<Item = GroupIx> + 'o {
        self.ranker.balance().alike(group, among)
    }

    /// Places the pods of a class that are `left` on planned nodes, adding as many as it takes and
    /// the groups allow. The `later` classes have their turn after it.
    pub(in crate::plan::scale_up) fn buy_for(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        later: &[ClassIx],
        left_of: &dyn Fn(ClassIx) -> u32,
    ) -> Vec<Placement> {
        self.buy_some_for(candidates, class, (later, left_of), false)
    }

    /// Does the same with nodes that use reservations, as long as such a node ranks first.
    pub(in crate::plan::scale_up) fn buy_reserved_for(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        later: &[ClassIx],
        left_of: &dyn Fn(ClassIx) -> u32,
    ) -> Vec<Placement> {
        self.buy_some_for(candidates, class, (later, left_of), true)
    }

    fn buy_some_for(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        (later, left_of): (&[ClassIx], &dyn Fn(ClassIx) -> u32),
        only_reserved: bool,
    ) -> Vec<Placement> {
        let pods = left_of(class);
        let mut placed = candidates.place(class, pods, self.first_new..candidates.len());
        let mut left = pods - count(&placed);
        if pods > 0 {
            self.note_ranking(candidates, Wanted { class, pods: if left > 0 { left } else { pods }, later, left_of });
        }
        let mut order = None;
        let mut reserved = self.ledger.reserved();
        while left > 0 {
            if self.ledger.reserved() != reserved {
                // With each reserved place that is taken another group may come first.
                reserved = self.ledger.reserved();
                order = None;
            }
            let wanted = Wanted { class, pods: left, later, left_of };
            let order: &Vec<GroupIx> = order.get_or_insert_with(|| {
                self.ranker.order(GroupComparison::new(&mut self.catalogue, &self.ledger, candidates, wanted))
            });
            let is_reserved = |group: &GroupIx| self.ledger.is_next_reserved(*group);
            let first = if only_reserved { order.iter().take_while(|group| is_reserved(group)).count() } else { order.len() };
            let from = candidates.len();
            if !self.open(candidates, &order[..first], class, left) {
                break;
            }
            // A new node can make room for a pod that follows others on a node that refused it
            // before.
            let from = if candidates.cluster.demand(class.demand()).follows_others() { 0 } else { from };
            let bought = candidates.place(class, left, from..candidates.len());
            left -= count(&bought);
            placed.extend(bought);
        }
        self.count_placed(&placed);
        placed
    }

    /// Counts the pods that new nodes are bought for.
    pub(in crate::plan::scale_up) fn count_placed(&mut self, placed: &[Placement]) {
        for Placement { origin, pods } in placed {
            if let Origin::Planned { group, .. } = origin {
                self.ledger.note_pods(*group, *pods);
            }
        }
    }

    /// Opens nodes for a class in the first group where they help it. Returns whether any is
    /// opened.
    fn open(&mut self, candidates: &mut Candidates<'a>, order: &[GroupIx], class: ClassIx, pods: u32) -> bool {
        let is_plain = candidates.cluster.demand(class.demand()).is_plain();
        let order = self.ranker.balance().balanced(order, &self.ledger);
        let order = order.as_ref();
        let is_opened = order.iter().any(|&group| {
            if self.nodes_left(group) == 0 {
                return false;
            }
            if is_plain && self.catalogue.fit(class, group) == Fit::Everywhere {
                let is_reserved = self.ledger.is_next_reserved(group);
                let is_alike = |alike: &GroupIx| {
                    self.catalogue.fit(class, *alike) == Fit::Everywhere
                        && (!is_reserved || self.ledger.is_next_reserved(*alike))
                };
                let alike: Vec<GroupIx> = self.alike(group, order).filter(is_alike).collect();
                self.open_as_many_as_needed(candidates, &alike, class, pods);
                return true;
            }
            self.helpful_launch(candidates, group, class).is_some_and(|(launch, node)| {
                self.add(candidates, group, &launch, node);
                true
            })
        });
        // One node that helps is better than several of which one does, in whichever group it is.
        is_opened || order.iter().any(|&group| self.open_ahead(candidates, group, class))
    }

    /// Opens nodes of similar groups, each in the one that is the smallest by then.
    fn open_as_many_as_needed(&mut self, candidates: &mut Candidates<'a>, alike: &[GroupIx], class: ClassIx, pods: u32) {
        let mut left = pods;
        while left > 0 {
            let may_grow = alike.iter().copied().filter(|group| self.nodes_left(*group) > 0);
            let Some(group) = may_grow.min_by_key(|group| self.size_of(*group)) else { return };
            let each = self.catalogue.room(candidates, class, group).max(1);
            let was_reserved = self.ledger.is_next_reserved(group);
            self.open_next(candidates, group);
            left = left.saturating_sub(each);
            if was_reserved && !self.ledger.is_next_reserved(group) {
                // What follows is paid for, so that the groups are ranked anew.
                return;
            }
        }
    }

    /// Adds the next node of a group and returns it.
    pub(in crate::plan::scale_up) fn open_next(&mut self, candidates: &mut Candidates<'a>, group: GroupIx) -> NodeId {
        let launch = self.catalogue.offers.next(group);
        let node = self.catalogue.offers.try_launch(candidates, group, &launch);
        self.add(candidates, group, &launch, node);
        node
    }

    /// Counts a node of a group that has been added to the working copy.
    fn add(&mut self, candidates: &mut Candidates<'a>, group: GroupIx, launch: &Launch, node: NodeId) {
        self.catalogue.offers.settle(candidates, group, launch, node);
        self.add_launched(candidates, group, launch, node);
    }

    /// Counts a node of a group of which the launch is counted already.
    fn add_launched(&mut self, candidates: &mut Candidates<'a>, group: GroupIx, launch: &Launch, node: NodeId) {
        self.count_node(group, launch);
        candidates.add(Origin::Planned { group, ordinal: self.ledger.bought(group) }, node);
    }

    fn count_node(&mut self, group: GroupIx, launch: &Launch) {
        let planned = self.catalogue.offers.planned(group, launch.zone);
        self.ledger.buy(group, launch.zone, planned);
        self.note_reserved_zones();
    }

    /// Notes in which zones reservations have room for each group by now; groups share them.
    fn note_reserved_zones(&mut self) {
        let fleet = self.catalogue.fleet;
        if fleet.reserved.is_empty() {
            return;
        }
        for group in fleet.groups.numbers().filter(|group| !fleet.reserved.usable(*group).is_empty()) {
            let only = fleet.groups[group].group.reserved.only;
            self.catalogue.offers.know_reserved(group, only, |zone| self.ledger.has_slot_in(group, zone));
        }
    }

    /// Buys one more node of a group because the scheduler packs less densely than the plan.
    /// Returns whether the limits allow it.
    pub(in crate::plan::scale_up) fn add_loose(&mut self, group: GroupIx) -> bool {
        if self.nodes_left(group) == 0 {
            return false;
        }
        let launch = self.catalogue.offers.count_launch(group);
        self.count_node(group, &launch);
        self.ledger.note_loose(group);
        true
    }

    /// Whether new nodes are spread over two groups.
    pub(in crate::plan::scale_up) fn are_balanced(&self, one: GroupIx, other: GroupIx) -> bool {
        self.ranker.balance().are_alike(one, other)
    }

    /// Returns the smallest of the groups that are balanced with a group and take a class.
    pub(in crate::plan::scale_up) fn smallest_balanced(&self, group: GroupIx, class: ClassIx) -> GroupIx {
        let takes = |alike: &GroupIx| self.catalogue.fit(class, *alike) == Fit::Everywhere && self.nodes_left(*alike) > 0;
        let alike = self.alike(group, &self.fixed_order).filter(takes);
        alike.min_by_key(|alike| self.size_of(*alike)).unwrap_or(group)
    }

    /// Returns what is bought so far.
    pub(in crate::plan::scale_up) fn ledger(&self) -> &Ledger<'a> {
        &self.ledger
    }

    /// Whether the ranking of the groups is recorded for some class.
    pub(in crate::plan::scale_up) fn is_traced(&self) -> bool {
        self.ranker.trace().is_some()
    }

    /// Remembers this state.
    pub(in crate::plan::scale_up) fn bookmark(&self) -> Bookmark {
        Bookmark {
            ledger: self.ledger.bookmark(),
            trace: self.ranker.trace().cloned(),
            launches: self.catalogue.offers.launches(),
        }
    }

    /// Returns to a state, whether less or more was bought by then.
    pub(in crate::plan::scale_up) fn go_back(&mut self, to: Bookmark) {
        self.ledger.go_back(to.ledger);
        self.ranker.set_trace(to.trace);
        self.catalogue.offers.set_back(to.launches);
    }

    /// Returns the next launch of a group, as a node of the working copy, if a pod of the class
    /// fits on it. Where the zone is chosen, or with `--allow-uncertain-zone`, it is in the one
    /// that the pod needs.
    fn helpful_launch(&mut self, candidates: &mut Candidates<'a>, group: GroupIx, class: ClassIx) -> Option<(Launch, NodeId)> {
        self.launches_to_try(group).into_iter().find_map(|launch| {
            let checkpoint = candidates.cluster.checkpoint();
            let node = self.catalogue.offers.try_launch(candidates, group, &launch);
            if candidates.cluster.room(class.demand(), node) > 0 {
                return Some((launch, node));
            }
            candidates.cluster.roll_back(checkpoint);
            None
        })
    }

    fn launches_to_try(&self, group: GroupIx) -> Vec<Launch> {
        let next = self.catalogue.offers.next(group);
        let offers = &self.catalogue.offers;
        if !self.catalogue.fleet.policy.allow_uncertain_zone && !offers.is_chosen(group) {
            return vec![next];
        }
        let others = offers.open_zones(group).filter(|zone| *zone != next.zone);
        [next.zone].into_iter().chain(others).map(|zone| Launch { zone, possible: vec![zone] }).collect()
    }

    /// Returns how many nodes of a group are live, upcoming or planned.
    pub(in crate::plan::scale_up) fn size_of(&self, group: GroupIx) -> u32 {
        self.ranker.balance().size_of(group, &self.ledger)
    }

    /// Returns how many more nodes of a group may be added.
    pub(in crate::plan::scale_up) fn nodes_left(&self, group: GroupIx) -> u32 {
        self.ledger.nodes_left(group).min(self.catalogue.offers.open_room(group))
    }

    /// Returns the same where the run may buy as many as it likes.
    pub(in crate::plan::scale_up) fn nodes_left_of_group(&self, group: GroupIx) -> u32 {
        self.ledger.nodes_left_of_group(group).min(self.catalogue.offers.open_room(group))
    }

    /// Adds `--over-provision` to the groups that grow, as far as all limits allow.
    pub(in crate::plan::scale_up) fn add_spare(&mut self) {
        for group in self.fixed_order.clone() {
            if self.ledger.bought(group) > 0 {
                let spare = self.catalogue.fleet.groups[group].policy.over_provision.min(self.nodes_left(group));
                for _ in 0..spare {
                    let launch = self.catalogue.offers.count_launch(group);
                    self.count_node(group, &launch);
                }
                self.ledger.note_spare(group, spare);
            }
        }
    }

    /// Returns the limits that were hit, and what is bought of each group.
    pub(in crate::plan::scale_up) fn finish(self) -> (Vec<FindingCode>, IndexVec<GroupIx, GroupPurchase>) {
        self.ledger.close()
    }
}

/// Whether pods have to be spread over something in which similar groups differ, such as zones. The
/// scheduler fills nodes of every zone with pods of all kinds: those that are spread are then left
/// without room in the zones with few nodes.
fn are_spread(catalogue: &Catalogue<'_, '_>) -> bool {
    let fleet = catalogue.fleet;
    let is_spread = |class: &Class<'_>| {
        let spec = class.pods.first().map(|waiting| fleet.spec(fleet.unbound[waiting.pod]));
        spec.is_some_and(|spec| spec.topology_spread.iter().any(|spread| spread.topology_key != HOSTNAME))
    };
    fleet.policy.packs_as_the_scheduler() && catalogue.classes.iter().any(is_spread)
}

/// Returns how many pods are placed.
pub(super) fn count(placed: &[Placement]) -> u32 {
    placed.iter().map(|placed| placed.pods).sum()
}
