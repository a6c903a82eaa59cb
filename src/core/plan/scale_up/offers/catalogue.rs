//! The groups that can be bought in, and which classes of pods they help.

use std::collections::BTreeMap;
use std::iter::once;

use super::Offers;
use super::fit::{Fit, GroupShapes, ShapeIx, all_fits};
use super::network_labels::required_label;
use super::together::choose_zones;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::pending::{Class, ClassIx};
use crate::plan::reason::Refusal;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::not_again::NotAgain;
use crate::plan::situation::Situation;
use crate::scheduler::predicates;

/// The classes of pods, and what each group offers them.
pub(in crate::plan::scale_up) struct Catalogue<'a, 'b> {
    pub(in crate::plan::scale_up) situation: &'a Situation<'a>,
    pub(in crate::plan::scale_up) fleet: &'a Fleet<'a>,
    /// In the order in which they are bought for.
    pub(in crate::plan::scale_up) classes: &'b IndexVec<ClassIx, Class<'a>>,
    pub(in crate::plan::scale_up) offers: Offers<'a>,
    /// The ranking of groups needs the fits of every later class, so that they are computed once.
    fits: IndexVec<ClassIx, IndexVec<GroupIx, Fit>>,
    shapes: GroupShapes,
    /// Where a promise was refuted, and is not made again.
    not_again: NotAgain,
    /// The classes for which nothing is bought since they require a label that nobody knows of a
    /// new node.
    unknown_labels: BTreeMap<ClassIx, String>,
}

impl<'a, 'b> Catalogue<'a, 'b> {
    pub(in crate::plan::scale_up) fn new(
        situation: &'a Situation<'a>,
        candidates: &mut Candidates<'a>,
        classes: &'b IndexVec<ClassIx, Class<'a>>,
        mut offers: Offers<'a>,
        not_again: NotAgain,
    ) -> Self {
        let groups = situation.groups();
        let mut fits = all_fits(candidates, &offers, classes.numbers(), &groups);
        for (class, group) in not_again.keys() {
            fits[*class][*group] = Fit::Nowhere;
        }
        let required = |class: ClassIx| {
            let label = required_label(&situation.fleet, candidates.cluster.demand(class.demand()).spec)?;
            Some((class, label.to_owned()))
        };
        let unknown_labels: BTreeMap<ClassIx, String> = classes.numbers().filter_map(required).collect();
        for class in unknown_labels.keys() {
            fits[*class] = IndexVec::filled(situation.fleet.groups.len(), Fit::Nowhere);
        }
        choose_zones(&mut offers, candidates, classes, &fits);
        let shapes = GroupShapes::new(&offers, &fits, groups);
        Self { situation, fleet: &situation.fleet, classes, offers, fits, shapes, not_again, unknown_labels }
    }

    /// Looks anew at how classes fit the groups, once they are to be elsewhere.
    pub(in crate::plan::scale_up) fn look_again_at(&mut self, candidates: &mut Candidates<'a>, classes: &[ClassIx]) {
        let groups = self.situation.groups();
        for class in classes {
            let of_class = all_fits(candidates, &self.offers, once(*class), &groups);
            self.fits[*class] = of_class.into_iter().next().expect("it is of one class");
        }
        for (class, group) in self.not_again.keys().filter(|(class, _)| classes.contains(class)) {
            self.fits[*class][*group] = Fit::Nowhere;
        }
        self.shapes = GroupShapes::new(&self.offers, &self.fits, groups);
    }

    /// Returns the promise that was refuted, if nothing is bought in a group for a class because of
    /// one.
    pub(in crate::plan::scale_up) fn refuted(&self, class: ClassIx, group: GroupIx) -> Option<&Refusal> {
        self.not_again.get(&(class, group))
    }

    /// Returns the label that keeps a class from every new node, since nobody knows it before the
    /// machine runs.
    pub(in crate::plan::scale_up) fn unknown_label(&self, class: ClassIx) -> Option<&str> {
        self.unknown_labels.get(&class).map(String::as_str)
    }

    /// Returns how the pods of a class fit a new node of a group, as far as the node alone matters.
    pub(in crate::plan::scale_up) fn fit(&self, class: ClassIx, group: GroupIx) -> Fit {
        self.fits[class][group]
    }

    /// Returns a number that groups share whose new nodes are alike for every class.
    pub(in crate::plan::scale_up) fn shape(&self, group: GroupIx) -> ShapeIx {
        self.shapes.of_groups[group]
    }

    /// Returns how each class fits new nodes of a shape.
    pub(in crate::plan::scale_up) fn fits_of(&self, shape: ShapeIx) -> &IndexVec<ClassIx, Fit> {
        &self.shapes.fits[shape]
    }

    /// Returns what is free for pods on a new node of a group, one amount per column.
    pub(in crate::plan::scale_up) fn free(&self, group: GroupIx) -> &[i64] {
        self.offers.of(group).map_or(&[], |offer| &offer.free)
    }

    /// Returns how many pods of a class a new node of a group has resources for.
    pub(in crate::plan::scale_up) fn room(&self, candidates: &Candidates<'_>, class: ClassIx, group: GroupIx) -> u32 {
        let pod = candidates.cluster.demand(class.demand()).view(&self.fleet.columns, self.fleet.gates());
        self.offers.of(group).map_or(0, |offer| predicates::room(&pod, &offer.free))
    }

    /// Returns how many pods of a class the next node of a group takes, under the rules that keep
    /// them apart from each other and from others.
    pub(in crate::plan::scale_up) fn pods_on_a_new_node(
        &mut self,
        candidates: &mut Candidates<'a>,
        class: ClassIx,
        group: GroupIx,
    ) -> u32 {
        if self.offers.of(group).is_none() {
            return 0;
        }
        if candidates.cluster.demand(class.demand()).is_plain() {
            return self.room(candidates, class, group);
        }
        let launch = self.offers.next(group);
        let checkpoint = candidates.cluster.checkpoint();
        let node = self.offers.try_launch(candidates, group, &launch);
        let pods = candidates.cluster.fill(class.demand(), node, u32::MAX);
        candidates.cluster.roll_back(checkpoint);
        pods
    }

    /// Whether more may become possible for a class once others have been bought for: for pods that
    /// follow others, and for pods that need a zone in which the next launch of a group is not.
    pub(in crate::plan::scale_up) fn may_be_helped_later(&self, candidates: &Candidates<'_>, class: ClassIx) -> bool {
        candidates.cluster.demand(class.demand()).follows_others()
            || self.fits[class].iter().any(|fit| *fit == Fit::InSomeZones)
    }

    /// Whether the price of a new node of any group is not known.
    pub(in crate::plan::scale_up) fn may_lack_a_price(&self) -> bool {
        self.fleet.groups.numbers().any(|group| self.situation.next_price(group).is_none())
    }

    /// Whether a class waits for an unreadable region and is not bought for in a group: a group
    /// there might rank before it. Only the region decides that, since nothing else is known of
    /// groups that could not be read.
    pub(in crate::plan::scale_up) fn waits_instead(&self, class: ClassIx, group: GroupIx) -> bool {
        let is_preferred = |region: &&str| {
            self.fleet.snapshot.region(region).is_some_and(|region| region.preference < self.fleet.groups[group].preference)
        };
        self.classes[class].waits_for.iter().any(is_preferred)
    }
}
