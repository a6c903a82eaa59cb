//! Serving one gang on its own, on what is there, what is coming and what can be bought.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::plan::pending::ClassIx;
use crate::plan::refusals::Refusals;
use crate::plan::scale_up::buying::refusing::Rest;
use crate::plan::scale_up::buying::{Bookmark, Buying};
use crate::plan::scale_up::existing_capacity::candidates::{Candidates, CandidatesBefore, Placement};
use crate::plan::scale_up::placements::Placements;

/// The working copy and the purchases, on which gangs are tried one after the other.
pub(in crate::plan::scale_up) struct GangTrial<'t, 'a, 'b> {
    pub(in crate::plan::scale_up) buying: &'t mut Buying<'a, 'b>,
    pub(in crate::plan::scale_up) candidates: &'t mut Candidates<'a>,
    pub(in crate::plan::scale_up) placements: &'t Placements,
    /// The candidates on which a place costs nothing more.
    pub(in crate::plan::scale_up) free_of_charge: Range<usize>,
}

/// What came of serving some classes.
pub(super) struct ServedGang {
    /// How many pods of each have no place.
    left: BTreeMap<ClassIx, u32>,
    /// How many have one.
    pub(super) placed: u32,
}

impl GangTrial<'_, '_, '_> {
    /// Remembers this state.
    pub(super) fn bookmark(&self) -> (Bookmark, CandidatesBefore) {
        (self.buying.bookmark(), self.candidates.bookmark())
    }

    /// Takes back what was placed and bought since.
    pub(super) fn go_back(&mut self, to: (Bookmark, CandidatesBefore)) {
        self.buying.go_back(to.0);
        self.candidates.go_back(to.1);
    }

    /// Places the pods of some classes, each first on what costs nothing more and then on new
    /// nodes.
    pub(super) fn serve(&mut self, classes: &[ClassIx]) -> ServedGang {
        self.serve_with(classes, 0)
    }

    /// Does the same with so many more pods that are like those of the first class.
    pub(super) fn serve_with(&mut self, classes: &[ClassIx], followers: u32) -> ServedGang {
        let waiting = |class: &ClassIx| (*class, self.placements.left(*class));
        let mut left: BTreeMap<ClassIx, u32> = classes.iter().map(waiting).collect();
        if let Some(first) = classes.first() {
            left.entry(*first).and_modify(|pods| *pods += followers);
        }
        let all: u32 = left.values().sum();
        for class in classes {
            let there = self.candidates.place(*class, left[class], self.free_of_charge.clone());
            left.insert(*class, left[class] - count(&there));
            let left_of = |class| left.get(&class).copied().unwrap_or_default();
            let bought = self.buying.buy_for(self.candidates, *class, &[], &left_of);
            left.insert(*class, left[class] - count(&bought));
        }
        ServedGang { placed: all - left.values().sum::<u32>(), left }
    }

    /// Returns why no group takes one more of the pods that have no place.
    pub(super) fn refusals(&mut self, tried: &ServedGang) -> Refusals {
        let Some((class, pods)) = tried.left.iter().find(|(_, left)| **left > 0) else { return Refusals::default() };
        match self.buying.rest(self.candidates, *class, *pods) {
            Rest::CannotHelp(refusals) => refusals,
            Rest::WaitsForRegion => Refusals::default(),
        }
    }
}

fn count(placed: &[Placement]) -> u32 {
    placed.iter().map(|placed| placed.pods).sum()
}
