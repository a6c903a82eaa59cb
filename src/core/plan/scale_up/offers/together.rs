//! The zone of a placement group that keeps all machines in one zone and has none yet. Where the
//! plan chooses it, it is the one that most waiting pods need.

use std::cmp::Reverse;

use super::Offers;
use super::fit::Fit;
use crate::index_vec::IndexVec;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::plan::scale_up::offers::next_zone::ZoneIx;

/// Chooses the zone of each such placement group whose groups all launch in zones of the plan's
/// choice, where pods need one.
pub(super) fn choose_zones(
    offers: &mut Offers<'_>,
    candidates: &mut Candidates<'_>,
    classes: &IndexVec<ClassIx, Class<'_>>,
    fits: &IndexVec<ClassIx, IndexVec<GroupIx, Fit>>,
) {
    for group in offers.groups.numbers() {
        if !offers.may_begin_anywhere(group) {
            continue;
        }
        let mut pods_that_need = |zone: ZoneIx| {
            let forms = offers.known(group).forms[zone];
            let bound = classes.iter_numbered().filter(|(class, _)| fits[*class][group] == Fit::InSomeZones);
            let there = bound.filter(|(class, _)| candidates.cluster.accepts(class.demand(), forms));
            there.map(|(_, class)| class.pods.len()).sum::<usize>()
        };
        let best = offers.open_zones(group).map(|zone| (pods_that_need(zone), Reverse(zone))).max();
        if let Some((1.., Reverse(zone))) = best {
            offers.begin_in(group, zone);
        }
    }
}
