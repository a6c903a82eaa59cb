//! Gangs get room for as many of their pods as start together, or none.
//!
//! Before anything is recorded, every gang is tried in its turn on what is there, what is coming
//! and what can be bought. Those that get too little room take no part in what follows. The plan
//! itself then serves all pods together, and whatever it leaves too small is taken out as well.

mod domain;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use super::placements::Placements;
use crate::index_vec::IndexVec;
use crate::plan::fleet::Fleet;
use crate::plan::gangs::GangIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::refusals::Refusals;
use crate::plan::report::PodVerdict;
pub(super) use trial::Trial;

/// Why a gang gets no room.
struct TooLittleRoom {
    /// How many of its pods would have a place, those that run included.
    places: u32,
    /// Why each group takes no more of them.
    refusals: Refusals,
}

/// Which gangs have room.
pub(super) struct GangRoom {
    /// How many pods of each gang run, or will run where the scheduler says so.
    settled: BTreeMap<GangIx, u32>,
    /// The gangs that get none.
    without: BTreeMap<GangIx, TooLittleRoom>,
}

impl GangRoom {
    /// Tries every gang in its turn. `expected` are the pods of each class that no scheduler has
    /// refused and that have a place, and `left_out` gangs that get no room whatever is there.
    pub(super) fn find(mut trial: Trial<'_, '_, '_>, expected: &IndexVec<ClassIx, u32>, left_out: &BTreeSet<GangIx>) -> Self {
        let classes = trial.buying.catalogue().classes;
        let mut room = Self { settled: settled(trial.buying.catalogue().fleet, classes, expected), without: BTreeMap::new() };
        let Some(last) = classes.iter_numbered().rev().find(|(_, class)| class.turn.gang().is_some()) else { return room };
        let in_turn: Vec<ClassIx> = classes.numbers().take_while(|class| *class <= last.0).collect();
        let start = trial.bookmark();
        for turn in in_turn.chunk_by(|one, other| classes[*one].turn == classes[*other].turn) {
            match classes[turn[0]].turn.gang() {
                Some(gang) => room.try_gang(&mut trial, gang, turn, left_out.contains(&gang)),
                // They come before a gang, which has what they leave.
                None => drop(trial.serve(turn)),
            }
        }
        trial.go_back(start);
        room
    }

    fn try_gang(&mut self, trial: &mut Trial<'_, '_, '_>, gang: GangIx, classes: &[ClassIx], is_left_out: bool) {
        if classes.iter().all(|class| trial.placements.left(*class) == 0) {
            return;
        }
        let entry = trial.buying.catalogue().fleet.gangs.entry(gang);
        let missing = entry.needed().saturating_sub(self.settled[&gang]);
        domain::choose(trial, classes, entry, missing);
        let before = trial.bookmark();
        let tried = trial.serve(classes);
        if tried.placed < missing || is_left_out {
            let places = self.settled[&gang] + tried.placed;
            self.without.insert(gang, TooLittleRoom { places, refusals: trial.refusals(&tried) });
            trial.go_back(before);
        }
    }

    /// Gives up the pods of the gangs that get no room.
    pub(super) fn give_up(&self, fleet: &Fleet<'_>, classes: &IndexVec<ClassIx, Class<'_>>, placements: &mut Placements) {
        for (index, class) in classes.iter_numbered() {
            let gang = class.turn.gang();
            let Some((entry, room)) = gang.and_then(|gang| Some((fleet.gangs.entry(gang), self.without.get(&gang)?))) else {
                continue;
            };
            let verdict = PodVerdict::GangWithoutRoom {
                gang: entry.gang.id.clone(),
                min: entry.needed(),
                places: room.places,
                refusals: room.refusals.clone(),
            };
            placements.give_up_all(index, class, verdict);
        }
    }

    /// Returns the gangs of which fewer pods have a place than start together, although there was
    /// room for each in its turn: all but the first of them, which may have room without the
    /// others.
    pub(super) fn too_small_by_now(
        &self,
        fleet: &Fleet<'_>,
        classes: &IndexVec<ClassIx, Class<'_>>,
        placements: &Placements,
    ) -> Vec<GangIx> {
        let mut places = self.settled.clone();
        let mut waiting = BTreeSet::new();
        for (index, class) in classes.iter_numbered() {
            let Some(gang) = class.turn.gang().filter(|gang| !self.without.contains_key(gang)) else { continue };
            *places.entry(gang).or_default() += placements.placed(index);
            waiting.extend((placements.left(index) > 0).then_some(gang));
        }
        let is_too_small = |gang: &GangIx| places[gang] < fleet.gangs.entry(*gang).needed();
        let mut small: Vec<GangIx> = waiting.into_iter().filter(is_too_small).collect();
        if small.len() > 1 {
            small.remove(0);
        }
        small
    }
}

/// Returns how many pods of each gang run, or will run where the scheduler says so.
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
