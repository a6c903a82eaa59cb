//! Which gangs take part in a look of the scheduler, and in which place each is tried.

use std::collections::BTreeMap;

use super::ids::{GangId, PodId};
use super::served_whole::{GangPlace, ServedWhole};
use crate::snapshot::SpecId;

/// The gangs that are bound whole, each with how many of its places were tried in vain.
pub(super) struct GangTries<'s> {
    served: &'s ServedWhole,
    tried: BTreeMap<GangId, usize>,
}

impl<'s> GangTries<'s> {
    pub(super) fn new(served: &'s ServedWhole) -> Self {
        Self { served, tried: served.in_turn.iter().map(|gang| (*gang, 0)).collect() }
    }

    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.tried.is_empty()
    }

    pub(super) fn gang_of(&self, pod: PodId) -> Option<GangId> {
        self.served.gang_of(pod)
    }

    /// Returns where a gang is tried; `None` when it takes no part.
    pub(super) fn place_of(&self, gang: GangId) -> Option<&'s GangPlace> {
        self.served.gangs.get(&gang)?.places.get(self.tried[&gang])
    }

    /// Returns the pods of a gang, if it takes part.
    pub(super) fn pods_of(&self, gang: GangId) -> &'s [(SpecId, PodId)] {
        let takes_part = self.place_of(gang).is_some();
        self.served.gangs.get(&gang).filter(|_| takes_part).map_or(&[], |waiting| &waiting.pods)
    }

    /// Gives up the place of the first gang that got too few nodes there. Returns whether anything
    /// has to be tried anew because of that.
    pub(super) fn give_up_torn(&mut self, has_node: impl Fn(PodId) -> bool) -> bool {
        for gang in &self.served.in_turn {
            let placed = self.pods_of(*gang).iter().filter(|(_, pod)| has_node(*pod)).count();
            if self.place_of(*gang).is_none() || placed >= self.served.gangs[gang].needs {
                continue;
            }
            *self.tried.entry(*gang).or_default() += 1;
            // One that took nothing away is left out without a second look.
            if placed > 0 || self.place_of(*gang).is_some() {
                return true;
            }
        }
        false
    }
}
