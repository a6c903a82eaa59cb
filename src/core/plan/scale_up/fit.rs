//! How the pods of each class fit a new node of each group.

use std::collections::BTreeMap;

use super::board::Board;
use super::offers::Offers;
use crate::scheduler::predicates;

/// How the pods of a class fit a new node of a group, as far as the node alone goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Wherever it comes up.
    Everywhere,
    /// In some of the zones it may come up in.
    InSomeZones,
    /// Nowhere.
    Nowhere,
}

pub(super) fn fit(board: &mut Board<'_>, offers: &Offers<'_>, class: usize, group: usize) -> Fit {
    let Some(offer) = offers.of(group) else { return Fit::Nowhere };
    let pod = board.cluster.demand(class).view(board.cluster.columns(), board.cluster.gates());
    if predicates::room(&pod, &offer.free) == 0 {
        return Fit::Nowhere;
    }
    let accepting = offer.forms.iter().filter(|forms| board.cluster.accepts(class, **forms)).count();
    match accepting {
        0 => Fit::Nowhere,
        all if all == offer.forms.len() => Fit::Everywhere,
        _ => Fit::InSomeZones,
    }
}

/// Groups that offer the same to the same classes waste the same, so that it is worked out once.
pub(super) fn shapes(offers: &Offers<'_>, fits: &[Vec<Fit>], groups: usize) -> Vec<usize> {
    let mut known: BTreeMap<(Option<&[i64]>, Vec<Fit>), usize> = BTreeMap::new();
    let shape = |group: usize| {
        let offer = offers.of(group).map(|offer| offer.free.as_slice());
        (offer, fits.iter().map(|of_class| of_class[group]).collect())
    };
    (0..groups)
        .map(|group| {
            let next = known.len();
            *known.entry(shape(group)).or_insert(next)
        })
        .collect()
}
