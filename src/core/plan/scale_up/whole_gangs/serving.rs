//! How gangs are served: all their pods like others where that leaves none of them too small, which
//! packs best, and one gang after the other where it does.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::fleet::Fleet;
use crate::plan::gangs::{GangIx, Gangs};
use crate::plan::refusals::Refusals;
use crate::plan::report::PodVerdict;
use crate::plan::scale_up::PodRuling;

/// The gangs that get no room, with the ruling that their pods share.
pub(in crate::plan::scale_up) type WithoutRoom = BTreeMap<GangIx, PodRuling>;

/// How gangs are served.
pub(in crate::plan::scale_up) enum Serving {
    /// Pods of all gangs but these take their turns like other pods.
    Together(WithoutRoom),
    /// One gang after the other, only to find out for which there is room.
    Probing,
    /// One gang after the other, and no room for these.
    OneByOne(BTreeSet<GangIx>),
}

/// The gangs that got too little room, so that they have to be served in another way.
pub(in crate::plan::scale_up) enum Torn {
    /// These got fewer places than they need.
    TooSmall(Vec<GangIx>),
    /// There is no room for these.
    Found(WithoutRoom),
}

impl Serving {
    /// Returns how gangs are served first.
    pub(in crate::plan::scale_up) fn first() -> Self {
        Self::Together(WithoutRoom::new())
    }

    /// Returns how they are served next, after that has torn some.
    pub(in crate::plan::scale_up) fn after(self, torn: Torn) -> Self {
        match (self, torn) {
            (_, Torn::Found(without)) if without.is_empty() => Self::OneByOne(BTreeSet::new()),
            (_, Torn::Found(without)) => Self::Together(without),
            (Self::Together(without), Torn::TooSmall(_)) if without.is_empty() => Self::Probing,
            (Self::Together(_) | Self::Probing, Torn::TooSmall(_)) => Self::OneByOne(BTreeSet::new()),
            (Self::OneByOne(mut left_out), Torn::TooSmall(gangs)) => {
                left_out.extend(gangs);
                Self::OneByOne(left_out)
            }
        }
    }

    /// Whether a gang is served on its own. Those that stay together by a label always are, and
    /// those with pods that no scheduler has refused.
    pub(in crate::plan::scale_up) fn is_alone(&self, gangs: &Gangs<'_>, gang: GangIx) -> bool {
        match self {
            Self::Together(_) => !gangs.entry(gang).is_like_other_pods(),
            Self::Probing | Self::OneByOne(_) => true,
        }
    }

    /// Returns the ruling on the pods of a gang for which it is known that there is no room.
    pub(in crate::plan::scale_up) fn ruling(&self, gang: GangIx) -> Option<PodRuling> {
        match self {
            Self::Together(without) => without.get(&gang).cloned(),
            Self::Probing | Self::OneByOne(_) => None,
        }
    }

    pub(super) fn leaves_out(&self, gang: GangIx) -> bool {
        match self {
            Self::Together(_) | Self::Probing => false,
            Self::OneByOne(left_out) => left_out.contains(&gang),
        }
    }
}

/// Returns the ruling on the pods of a gang of which only so many have a place, those that run
/// included. The refusals are those of the groups, which take no more of them.
pub(super) fn without_room(fleet: &Fleet<'_>, gang: GangIx, places: u32, refusals: Refusals) -> PodRuling {
    let entry = fleet.gangs.entry(gang);
    let min = entry.needed() + if entry.leads() { entry.followers() } else { 0 };
    PodRuling::unplaced(PodVerdict::GangWithoutRoom { gang: entry.gang.id.clone(), min, places, refusals })
}
