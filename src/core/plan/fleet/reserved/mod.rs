//! Reservations, joined with the groups that may use them: what is left of each, and when the
//! machines in it end.

mod ending;
mod free_places;

use jiff::Timestamp;

use super::{Fleet, GroupEntry, GroupIx, NodeEntry};
use crate::index_vec::{IndexVec, numbers};
use crate::snapshot::{Instance, Lifecycle, Reservation, ReservationStage, Snapshot, UsdPerHour};

pub(crate) use ending::ReservationEnd;
pub(crate) use free_places::FreePlaces;

numbers! {
    /// A reservation, in the order of region and id.
    pub(crate) struct ReservationIx;
}

/// The reservations of a snapshot.
pub(crate) struct Reservations<'a> {
    all: IndexVec<ReservationIx, &'a Reservation>,
    /// Those that a group may use and whose type and zone it launches, in the order in which the
    /// cloud takes them.
    of_group: IndexVec<GroupIx, Vec<ReservationIx>>,
    /// Those of them in which a node that is requested now would still be of use.
    usable: IndexVec<GroupIx, Vec<ReservationIx>>,
    /// What is free once everything has come that was requested.
    free: FreePlaces,
    /// How many requested nodes of each group, not launched yet, take a free place.
    coming: IndexVec<GroupIx, u32>,
}

impl<'a> Reservations<'a> {
    /// Joins the reservations with the groups.
    pub(super) fn join(
        snapshot: &'a Snapshot,
        groups: &IndexVec<GroupIx, GroupEntry<'a>>,
        ending: impl Fn(&GroupEntry<'a>, &'a Reservation) -> Option<ReservationEnd<'a>>,
    ) -> Self {
        let now = snapshot.taken_at;
        let mut all: Vec<&Reservation> = snapshot.reservations.iter().collect();
        all.sort_by_key(|it| (&it.region, &it.id));
        let all: IndexVec<ReservationIx, &Reservation> = all.into();
        let of_group: IndexVec<GroupIx, Vec<ReservationIx>> = groups.iter().map(|group| suited(&all, group)).collect();
        let is_usable = |group: &GroupEntry<'a>, reservation: &'a Reservation| {
            let ready_at = group.policy.instance_init_time.after(now);
            has_begun(reservation, now) && ending(group, reservation).is_none_or(|ending| ready_at < ending.closes_at)
        };
        let usable = groups.iter_numbered().map(|(index, group)| {
            let own = of_group[index].iter().copied();
            own.filter(|it| is_usable(group, all[*it])).collect()
        });
        let usable = usable.collect();
        let free = FreePlaces::of(all.iter().map(|it| if has_begun(it, now) { it.free } else { 0 }));
        let coming = IndexVec::filled(groups.len(), 0);
        let mut reserved = Self { all, of_group, usable, free, coming };
        for (index, group) in groups.iter_numbered() {
            reserved.count_coming(index, group);
        }
        reserved
    }

    /// Takes places for the nodes of a group that the cloud has not counted yet: those that were
    /// requested and not launched, and those that were launched so lately that their reservation
    /// is not known.
    fn count_coming(&mut self, index: GroupIx, group: &GroupEntry<'_>) {
        let own = &self.of_group[index];
        if own.is_empty() {
            return;
        }
        let is_new = |it: &&Instance| it.lifecycle == Lifecycle::Pending && it.reservation.is_none() && !it.spot;
        for instance in group.live().map(|member| member.instance).filter(is_new) {
            let is_its =
                |it: &ReservationIx| self.all[*it].zone == instance.zone && self.all[*it].machine_type == instance.machine_type;
            self.free.take_first(own.iter().copied().filter(is_its));
        }
        let missing = (group.group.desired - group.live_weight()).max(0);
        let weight = group.weight_of_a_node();
        for _ in 0..(missing + weight - 1) / weight {
            if self.free.take_first(own.iter().copied()).is_none() {
                return;
            }
            self.coming[index] += 1;
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the reservation of that number.
    pub(crate) fn get(&self, reservation: ReservationIx) -> &'a Reservation {
        self.all[reservation]
    }

    /// Returns the reservations that a group may use and whose type and zone it launches, in the
    /// order in which the cloud takes them.
    pub(crate) fn of_group(&self, group: GroupIx) -> &[ReservationIx] {
        &self.of_group[group]
    }

    /// Returns those of them in which a node that is requested now would still be of use.
    pub(crate) fn usable(&self, group: GroupIx) -> &[ReservationIx] {
        &self.usable[group]
    }

    /// Returns what is free once everything has come that was requested.
    pub(crate) fn free(&self) -> &FreePlaces {
        &self.free
    }

    /// Returns how many requested nodes of a group, not launched yet, come for nothing.
    pub(crate) fn coming(&self, fleet: &Fleet<'_>, group: GroupIx) -> u32 {
        if is_certain(&fleet.groups[group]) { self.coming[group] } else { 0 }
    }

    /// Whether the next node of a group uses a reservation for certain.
    pub(crate) fn is_next_reserved(&self, fleet: &Fleet<'_>, group: GroupIx) -> bool {
        is_certain(&fleet.groups[group]) && self.left(&self.free, group) > 0
    }

    /// Returns how many new nodes of a group the reservations have room for.
    pub(crate) fn left(&self, slots: &FreePlaces, group: GroupIx) -> u32 {
        self.usable[group].iter().map(|it| slots.left(*it)).fold(0, u32::saturating_add)
    }

    /// Whether the reservations have room for a new node of a group in a zone.
    pub(crate) fn has_room_in(&self, slots: &FreePlaces, group: GroupIx, zone: &str) -> bool {
        self.usable[group].iter().any(|it| slots.left(*it) > 0 && self.all[*it].zone == zone)
    }

    /// Takes the place that a new node of a group gets in a zone; where the group launches nowhere
    /// else, also one of another zone, since the cloud goes where there is one.
    pub(crate) fn take(&self, slots: &mut FreePlaces, fleet: &Fleet<'_>, group: GroupIx, zone: &str) -> Option<ReservationIx> {
        let usable = &self.usable[group];
        let in_zone = usable.iter().copied().filter(|it| self.all[*it].zone == zone);
        let elsewhere = usable.iter().copied().filter(|_| fleet.groups[group].group.reserved.only);
        slots.take_first(in_zone.chain(elsewhere))
    }

    /// Returns what nodes in all free places would cost, given what a node of each group costs.
    pub(crate) fn worth(&self, price: impl Fn(GroupIx) -> UsdPerHour) -> UsdPerHour {
        let dearest = |it: ReservationIx| {
            let users = self.usable.iter_numbered().filter(|(_, usable)| usable.contains(&it));
            users.map(|(group, _)| price(group)).max().unwrap_or_default()
        };
        self.free.all().filter(|(_, left)| *left > 0).map(|(it, left)| dearest(it).times(left)).sum()
    }

    /// Returns the reservation of that id in a region.
    pub(crate) fn named(&self, region: &str, id: &str) -> Option<&'a Reservation> {
        self.all.iter().copied().find(|it| it.region == region && it.id == id)
    }
}

impl<'a> Fleet<'a> {
    /// Returns when the machine of a node ends with its reservation, if it does.
    pub(crate) fn ending(&self, entry: &NodeEntry<'_>) -> Option<ReservationEnd<'a>> {
        if self.reserved.is_empty() {
            return None;
        }
        let id = self.instance_of(entry)?.reservation.as_deref()?;
        let group = self.group_of(entry)?;
        self.ending_of(group, self.reserved.named(&group.id().region, id)?)
    }

    /// Returns when the machines of a group in a reservation end, if they do.
    pub(crate) fn ending_of(&self, group: &GroupEntry<'_>, reservation: &'a Reservation) -> Option<ReservationEnd<'a>> {
        ReservationEnd::of(self.policy, group, reservation, self.now())
    }

    /// Returns the same once nothing new is placed on the node.
    pub(crate) fn closing(&self, entry: &NodeEntry<'_>) -> Option<ReservationEnd<'a>> {
        self.ending(entry).filter(|ending| self.now() >= ending.closes_at)
    }
}

/// Whether machines can be launched into a reservation.
pub(crate) fn has_begun(reservation: &Reservation, now: Timestamp) -> bool {
    reservation.stage == ReservationStage::Active && reservation.starts_at.is_none_or(|starts| starts <= now)
}

/// Whether it is certain that new nodes of a group use its reservations while there is room: it
/// launches nowhere else, or it has one type and one zone.
pub(crate) fn is_certain(group: &GroupEntry<'_>) -> bool {
    group.group.reserved.only || has_one_type(group) && group.group.zones.len() == 1
}

/// Whether a group launches machines of one type.
pub(crate) fn has_one_type(group: &GroupEntry<'_>) -> bool {
    group.group.launch_options.len() == 1
}

fn suited(all: &IndexVec<ReservationIx, &Reservation>, group: &GroupEntry<'_>) -> Vec<ReservationIx> {
    let own = group.group;
    let launches = |it: &Reservation| {
        own.zones.contains(&it.zone) && own.launch_options.iter().any(|option| option.machine_type == it.machine_type)
    };
    let named = |id: &String| {
        all.iter_numbered().find(|(_, it)| it.region == own.id.region && it.id == *id && launches(it)).map(|(index, _)| index)
    };
    own.reserved.reservations.iter().filter_map(named).collect()
}
