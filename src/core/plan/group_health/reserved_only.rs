//! Groups that launch only into reservations: whether one of them has room.

use jiff::Timestamp;

use crate::plan::fleet::{Fleet, GroupEntry, GroupIx};
use crate::plan::growth_block::GrowthBlock;
use crate::snapshot::{Reservation, ReservationStage};

/// Returns why a group that launches only into reservations cannot grow by them.
pub(super) fn why_not(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Option<GrowthBlock> {
    let index = fleet.group_number(group.id()).filter(|_| group.group.reserved.only)?;
    if fleet.reserved.left(fleet.reserved.free(), index) > 0 {
        return None;
    }
    let no_reservation = || GrowthBlock::NoReservation { reservations: group.group.reserved.reservations.clone() };
    full(fleet, index).or_else(|| to_come(fleet, index)).or_else(|| too_late(fleet, index)).or_else(|| Some(no_reservation()))
}

/// Returns the block of a group whose reservations have no room for one more node.
pub(crate) fn full(fleet: &Fleet<'_>, group: GroupIx) -> Option<GrowthBlock> {
    let usable = || fleet.reserved.usable(group).iter().map(|it| fleet.reserved.get(*it));
    let reservations: Vec<String> = usable().map(|it| it.id.clone()).collect();
    let total = usable().map(|it| it.total).sum();
    (!reservations.is_empty()).then_some(GrowthBlock::ReservationFull { reservations, total })
}

/// Returns the reservation that begins first of those to come. One whose time has come and that the
/// cloud has not begun is late.
fn to_come(fleet: &Fleet<'_>, group: GroupIx) -> Option<GrowthBlock> {
    let now = fleet.now();
    let is_to_come = |it: &&Reservation| match it.stage {
        ReservationStage::ToCome => true,
        ReservationStage::Active => it.starts_at.is_some_and(|starts| starts > now),
        ReservationStage::Over => false,
    };
    let own = fleet.reserved.of_group(group).iter().map(|it| fleet.reserved.get(*it));
    let first = own.filter(is_to_come).min_by_key(|it| (it.starts_at.unwrap_or(Timestamp::MAX), &it.id))?;
    Some(GrowthBlock::ReservedFrom { reservation: first.id.clone(), from: first.starts_at, state: first.state.clone(), now })
}

/// Returns the reservation that ends last of those that are there.
fn too_late(fleet: &Fleet<'_>, group: GroupIx) -> Option<GrowthBlock> {
    let (now, entry) = (fleet.now(), &fleet.groups[group]);
    let own = fleet.reserved.of_group(group).iter().map(|it| fleet.reserved.get(*it));
    let active = own.filter(|it| it.stage == ReservationStage::Active);
    let last = active.filter_map(|it| fleet.ending_of(entry, it)).max_by_key(|ending| ending.at)?;
    Some(GrowthBlock::ReservationEnds { reservation: last.reservation.id.clone(), at: last.at, now })
}
