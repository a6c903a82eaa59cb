//! Where nodes may come that the cloud cannot launch where the plan has them.
//!
//! Another place must do for every pod that the nodes are bought for, node by node: only labels,
//! taints and requests of the pods may matter, and a node there has as much of all that they
//! request.

use std::collections::BTreeSet;

use super::Buying;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::Alternative;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::fit::Fit;
use crate::snapshot::PlacementGroup;

/// At most this many other groups are listed for a group: each is another call when the ones before
/// have no capacity.
const MOST_GROUPS: usize = 3;

impl<'a> Buying<'a, '_> {
    /// Finds the other places for the nodes of every group whose zones the plan chooses. Of the
    /// others it is not known within the run whether they come. `bought_for` has each group with
    /// the classes whose pods are to run there.
    pub(in crate::plan::scale_up) fn find_alternatives(
        &mut self,
        candidates: &Candidates<'a>,
        bought_for: &BTreeSet<(GroupIx, ClassIx)>,
    ) {
        for group in self.catalogue.fleet.groups.numbers() {
            if self.ledger.bought(group) == 0 || !self.catalogue.offers.is_chosen(group) {
                continue;
            }
            let classes: Vec<ClassIx> = bought_for.iter().filter(|(own, _)| *own == group).map(|(_, class)| *class).collect();
            let is_plain = |class: &ClassIx| candidates.cluster.demand(class.demand()).is_plain();
            if classes.iter().all(is_plain) {
                let places = self.own_zones(group, &classes).into_iter().chain(self.other_groups(group, &classes)).collect();
                self.ledger.note_alternatives(group, places);
            }
        }
    }

    fn own_zones(&self, group: GroupIx, classes: &[ClassIx]) -> Option<Alternative> {
        let zones = self.open_zone_names(group);
        // Where some came, the others can come in no other zone.
        let is_in_one_zone =
            self.catalogue.fleet.groups[group].group.placement.as_ref().is_some_and(PlacementGroup::is_in_one_zone);
        let are_alike = zones.len() > 1 && !is_in_one_zone && self.suits(group, classes);
        are_alike.then(|| Alternative { group, zones, nodes: self.ledger.bought(group) })
    }

    fn other_groups(&self, group: GroupIx, classes: &[ClassIx]) -> Vec<Alternative> {
        let may_serve = |other: &GroupIx| {
            *other != group
                && self.catalogue.situation.health(*other).block.is_none()
                && self.nodes_left(*other) > 0
                && self.suits(*other, classes)
                && self.holds_as_much(*other, group, classes)
        };
        // A desired capacity is set once in a run.
        let is_free = |other: &GroupIx| self.catalogue.offers.is_chosen(*other) || self.ledger.bought(*other) == 0;
        let others = self.fixed_order.iter().copied().filter(may_serve).filter(is_free).take(MOST_GROUPS);
        let place = |other: GroupIx| Alternative {
            group: other,
            zones: if self.catalogue.offers.is_chosen(other) { self.open_zone_names(other) } else { Vec::new() },
            nodes: self.nodes_left(other),
        };
        others.map(place).collect()
    }

    fn open_zone_names(&self, group: GroupIx) -> Vec<String> {
        let offers = &self.catalogue.offers;
        offers.open_zones(group).map(|zone| offers.zone_name(group, zone).to_owned()).collect()
    }

    /// Whether pods of all classes fit new nodes of a group in each of its zones.
    fn suits(&self, group: GroupIx, classes: &[ClassIx]) -> bool {
        classes
            .iter()
            .all(|class| self.catalogue.fit(*class, group) == Fit::Everywhere && !self.catalogue.waits_instead(*class, group))
    }

    /// Whether a new node of one group has as much as one of another of all that the classes
    /// request.
    fn holds_as_much(&self, one: GroupIx, other: GroupIx, classes: &[ClassIx]) -> bool {
        let fleet = self.catalogue.fleet;
        let examples = classes.iter().filter_map(|class| self.catalogue.classes[*class].pods.first());
        let rows: Vec<&[i64]> = examples.map(|waiting| fleet.requests(fleet.unbound[waiting.pod])).collect();
        let of_one = self.catalogue.free(one).iter().zip(self.catalogue.free(other));
        of_one.enumerate().all(|(column, (one, other))| one >= other || rows.iter().all(|row| row[column] == 0))
    }
}
