//! Gangs get room for as many of their pods as start together, or none.
//!
//! Most gangs are served like other pods. Where that leaves one too small, and for gangs that stay
//! together, each is tried in its turn on what is there, what is coming and what can be bought,
//! before anything is recorded. Those that get too little room take no part in what follows.

mod domain;
mod known_failures;
mod serving;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use super::PodRuling;
use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::fleet::Fleet;
use crate::plan::gangs::GangIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::refusals::Refusals;
use known_failures::{GangNeed, KnownFailures};
use serving::without_room;
pub(super) use serving::{Serving, Torn, WithoutRoom};
pub(super) use trial::GangTrial;

/// The gangs that are served on their own, and which of them have room.
pub(super) struct GangRoom {
    /// How many pods of each run, or will run where the scheduler says so.
    settled: BTreeMap<GangIx, u32>,
    /// Those that get no room.
    pub(super) without: WithoutRoom,
}

impl GangRoom {
    /// Tries each of them in its turn. `expected` are the pods of each class that no scheduler has
    /// refused and that have a place.
    pub(super) fn find(mut trial: GangTrial<'_, '_, '_>, expected: &IndexVec<ClassIx, u32>, serving: &Serving) -> Self {
        let classes = trial.buying.catalogue().classes;
        let mut room =
            Self { settled: settled(trial.buying.catalogue().fleet, classes, expected), without: WithoutRoom::new() };
        let Some(last) = classes.iter_numbered().rev().find(|(_, class)| class.turn.gang().is_some()) else { return room };
        let in_turn: Vec<ClassIx> = classes.numbers().take_while(|class| *class <= last.0).collect();
        let mut known = KnownFailures::default();
        let start = trial.bookmark();
        for turn in in_turn.chunk_by(|one, other| classes[*one].turn == classes[*other].turn) {
            match classes[turn[0]].turn.gang() {
                Some(gang) => room.try_gang(&mut trial, &mut known, (gang, turn), serving.leaves_out(gang)),
                // They come before a gang, which has what they leave.
                None => drop(trial.serve(turn)),
            }
        }
        trial.go_back(start);
        room
    }

    fn try_gang<'a>(
        &mut self,
        trial: &mut GangTrial<'_, 'a, '_>,
        known: &mut KnownFailures<'a>,
        (gang, classes): (GangIx, &[ClassIx]),
        is_left_out: bool,
    ) {
        if classes.iter().all(|class| trial.placements.left(*class) == 0) {
            return;
        }
        let fleet = trial.buying.catalogue().fleet;
        let (entry, settled) = (fleet.gangs.entry(gang), self.settled[&gang]);
        known.look_at(trial);
        let need = GangNeed::of(trial, classes, entry, settled);
        if let Some((placed, refusals)) = known.anywhere(need) {
            self.without.insert(gang, without_room(fleet, gang, settled + placed, refusals.clone()));
            return;
        }
        domain::choose(trial, classes, entry, need, known);
        let before = trial.bookmark();
        let tried = trial.serve_with(classes, need.followers);
        let has_room = tried.placed >= need.pods;
        if !has_room || is_left_out {
            let refusals = trial.refusals(&tried);
            if !has_room {
                known.add(need, tried.placed, &refusals);
            }
            self.without.insert(gang, without_room(fleet, gang, settled + tried.placed, refusals));
            trial.go_back(before);
        } else if need.followers > 0 {
            // There is room for all. Those that do not exist take none of it.
            trial.go_back(before);
            drop(trial.serve(classes));
        }
    }

    /// Gives up the pods of the gangs that get no room.
    pub(super) fn give_up(&self, classes: &IndexVec<ClassIx, Class<'_>>, placements: &mut Placements) {
        for (index, class) in classes.iter_numbered() {
            if let Some(ruling) = class.turn.gang().and_then(|gang| self.without.get(&gang)) {
                placements.give_up_all(index, class, ruling);
            }
        }
    }

    /// Counts the places of every gang of which pods wait. Returns an error with the gangs that are
    /// torn.
    pub(super) fn places<'f, 'a>(
        &self,
        fleet: &'f Fleet<'a>,
        classes: &IndexVec<ClassIx, Class<'_>>,
        placements: &Placements,
    ) -> Result<GangPlaces<'f, 'a>, Torn> {
        let mut places = self.settled.clone();
        let mut has_new = BTreeSet::new();
        for class in classes.iter_numbered().filter(|(_, class)| class.turn.is_of_gang()) {
            for pod in placements.with_a_place(class) {
                let Some(gang) = fleet.gangs.of(fleet.unbound[pod]) else { continue };
                *places.entry(gang).or_insert_with(|| fleet.gangs.entry(gang).bound) += 1;
                has_new.insert(gang);
            }
        }
        let places = GangPlaces { fleet, places };
        let mut torn: Vec<GangIx> = has_new.into_iter().filter(|gang| places.are_too_few(*gang)).collect();
        if torn.is_empty() {
            return Ok(places);
        }
        if torn.len() > 1 {
            // The first may have room without the others.
            torn.remove(0);
        }
        Err(Torn::TooSmall(torn))
    }
}

/// How many pods of each gang have a place.
pub(in crate::plan::scale_up) struct GangPlaces<'f, 'a> {
    fleet: &'f Fleet<'a>,
    places: BTreeMap<GangIx, u32>,
}

impl GangPlaces<'_, '_> {
    fn of(&self, gang: GangIx) -> u32 {
        self.places.get(&gang).copied().unwrap_or_else(|| self.fleet.gangs.entry(gang).bound)
    }

    fn are_too_few(&self, gang: GangIx) -> bool {
        self.of(gang) < self.fleet.gangs.entry(gang).needed()
    }

    /// Returns the gang of a pod that no group takes, if fewer of its pods have a place than start
    /// together.
    pub(super) fn too_small(&self, pod: usize) -> Option<GangIx> {
        self.fleet.gangs.of(self.fleet.unbound[pod]).filter(|gang| self.are_too_few(*gang))
    }

    /// Returns the ruling on the pods of such a gang.
    pub(super) fn ruling(&self, gang: GangIx, refusals: Refusals) -> PodRuling {
        without_room(self.fleet, gang, self.of(gang), refusals)
    }
}

/// Returns how many pods of each gang that is served on its own run, or will run where the
/// scheduler says so.
fn settled(
    fleet: &Fleet<'_>,
    classes: &IndexVec<ClassIx, Class<'_>>,
    expected: &IndexVec<ClassIx, u32>,
) -> BTreeMap<GangIx, u32> {
    let mut settled = BTreeMap::new();
    for (index, class) in classes.iter_numbered() {
        if let Some(gang) = class.turn.gang() {
            *settled.entry(gang).or_insert_with(|| fleet.gangs.entry(gang).bound) += expected[index];
        }
    }
    settled
}
