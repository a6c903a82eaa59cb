//! How the pods of each class fit a new node of each group.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::Offers;
use crate::index_vec::{IndexVec, Number, Numbers, numbers};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::scheduler::cluster::SelectionIx;
use crate::scheduler::predicates;

/// How the pods of a class fit a new node of a group, as far as the node alone matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::plan::scale_up) enum Fit {
    /// In every zone that it may be in.
    Everywhere,
    /// In some of the zones that it may be in.
    InSomeZones,
    /// Nowhere.
    Nowhere,
}

/// Returns how each class fits each group. Classes that request the same and select nodes alike fit
/// alike: thousands of them may differ in nothing but the rules between pods.
pub(in crate::plan::scale_up) fn all_fits(
    candidates: &mut Candidates<'_>,
    offers: &Offers<'_>,
    classes: impl Iterator<Item = ClassIx>,
    groups: &Numbers<GroupIx>,
) -> IndexVec<ClassIx, IndexVec<GroupIx, Fit>> {
    let mut first_alike: BTreeMap<(SelectionIx, Vec<i64>), ClassIx> = BTreeMap::new();
    let mut fits: IndexVec<ClassIx, IndexVec<GroupIx, Fit>> = IndexVec::new();
    for class in classes {
        let cluster = &candidates.cluster;
        let requests = cluster.demand(class.demand()).requests.clone();
        let first = *first_alike.entry((cluster.selection(class.demand()), requests)).or_insert(class);
        let of_class = match first == class {
            true => groups.clone().map(|group| fit(candidates, offers, class, group)).collect(),
            false => fits[first].clone(),
        };
        fits.push(of_class);
    }
    fits
}

fn fit(candidates: &mut Candidates<'_>, offers: &Offers<'_>, class: ClassIx, group: GroupIx) -> Fit {
    let Some(offer) = offers.of(group) else { return Fit::Nowhere };
    let pod = candidates.cluster.demand(class.demand()).view(candidates.cluster.columns(), candidates.cluster.gates());
    if predicates::room(&pod, &offer.free) == 0 {
        return Fit::Nowhere;
    }
    let accepting = offer.forms.iter().filter(|forms| candidates.cluster.accepts(class.demand(), **forms)).count();
    match accepting {
        0 => Fit::Nowhere,
        all if all == offer.forms.len() => Fit::Everywhere,
        _ => Fit::InSomeZones,
    }
}

numbers! {
    /// Groups whose new nodes are alike for every class.
    pub(in crate::plan::scale_up) struct ShapeIx;
}

/// The shapes of groups. Groups of the same shape waste the same, so that it is computed once.
pub(in crate::plan::scale_up) struct GroupShapes {
    pub(in crate::plan::scale_up) of_groups: IndexVec<GroupIx, ShapeIx>,
    /// How each class fits new nodes of a shape.
    pub(in crate::plan::scale_up) fits: IndexVec<ShapeIx, IndexVec<ClassIx, Fit>>,
}

/// What a new node of a group has free, if that is known, and how each class fits there.
type GroupShape<'a> = (Option<&'a [i64]>, IndexVec<ClassIx, Fit>);

impl GroupShapes {
    pub(in crate::plan::scale_up) fn new(
        offers: &Offers<'_>,
        fits: &IndexVec<ClassIx, IndexVec<GroupIx, Fit>>,
        groups: Numbers<GroupIx>,
    ) -> Self {
        let mut known: IndexSet<GroupShape<'_>, FxBuildHasher> = IndexSet::default();
        let shape = |group: GroupIx| {
            let offer = offers.of(group).map(|offer| offer.free.as_slice());
            (offer, fits.iter().map(|of_class| of_class[group]).collect())
        };
        let of_groups = groups.map(|group| ShapeIx::from_index(known.insert_full(shape(group)).0)).collect();
        Self { of_groups, fits: known.into_iter().map(|(_, fits)| fits).collect() }
    }
}
