//! The zones of the next nodes of a group. A group of several zones launches where it has the
//! fewest instances, and the cloud breaks ties. Where a launch failed lately it goes on to the
//! other zones, unless it is a group that keeps them balanced at any price. Where the plan chooses
//! the zones it evens them out in the same way, and breaks ties by name. A placement group may take
//! only so many machines in a zone, or only machines of one zone.

use std::collections::BTreeMap;

use crate::index_vec::{IndexVec, numbers};
use crate::plan::fleet::GroupEntry;
use crate::plan::group_health::Backoff;
use crate::plan::scale_up::offers::chosen_zones::cloud_chooses;
use crate::scheduler::cluster::NodeId;
use crate::snapshot::{PlacementGroup, ZoneStrategy};

numbers! {
    /// A zone of a group, in the order of names.
    pub(crate) struct ZoneIx;
}

/// The launches of one group, as far as they can be foreseen.
#[derive(Debug, Clone)]
pub(crate) struct Launches {
    /// Live instances by zone, in the order of names.
    counts: IndexVec<ZoneIx, u32>,
    /// Zones that are not in backoff, in the same order.
    open: IndexVec<ZoneIx, bool>,
    /// Zones in which a reservation has room, in the same order: the plan chooses them first.
    reserved: IndexVec<ZoneIx, bool>,
    /// The zones that had equally few instances, and the fewest, at the start of this round of
    /// launches: the cloud launches in each of them before any other, in an unknown order.
    tied: Vec<ZoneIx>,
    /// Nodes launched in this round.
    round: Vec<Option<NodeId>>,
    /// Whether the plan chooses the zone of each launch.
    is_chosen: bool,
    /// How many more nodes the placement group takes in each zone.
    room: IndexVec<ZoneIx, u32>,
    /// Whether the placement group keeps every node in the zone of the first.
    is_together: bool,
}

/// One launch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Launch {
    /// The zone it is expected in.
    pub(crate) zone: ZoneIx,
    /// The zones it may be in.
    pub(crate) possible: Vec<ZoneIx>,
}

impl Launches {
    /// Counts the live instances of a group by zone. `zones` are the group's own, sorted.
    pub(crate) fn of(
        group: &GroupEntry<'_>,
        zones: &IndexVec<ZoneIx, String>,
        backoff: &Backoff,
        placement_room: Option<&BTreeMap<&str, u32>>,
    ) -> Self {
        let mut live: BTreeMap<&str, u32> = BTreeMap::new();
        for member in group.live() {
            *live.entry(&member.instance.zone).or_default() += 1;
        }
        let counts = zones.iter().map(|zone| live.get(zone.as_str()).copied().unwrap_or(0)).collect();
        let is_chosen = cloud_chooses(group).is_none();
        let is_open = |zone: &String| match (group.group.zone_strategy, is_chosen) {
            (ZoneStrategy::BestEffort, _) | (ZoneStrategy::BalancedOnly, true) => backoff.closing(zone).is_none(),
            (ZoneStrategy::BalancedOnly, false) => true,
        };
        let mut launches = Self::new(counts, zones.iter().map(is_open).collect(), is_chosen);
        if let Some(room) = placement_room {
            launches.room = zones.iter().map(|zone| room.get(zone.as_str()).copied().unwrap_or(0)).collect();
        }
        launches.is_together = group.group.placement.as_ref().is_some_and(PlacementGroup::is_in_one_zone);
        launches.begin_round();
        launches
    }

    fn new(counts: IndexVec<ZoneIx, u32>, mut open: IndexVec<ZoneIx, bool>, is_chosen: bool) -> Self {
        // What was requested before every zone failed is launched somewhere, if at all.
        if open.iter().all(|is_open| !is_open) {
            open.iter_mut().for_each(|is_open| *is_open = true);
        }
        let reserved = IndexVec::filled(open.len(), false);
        let room = IndexVec::filled(counts.len(), u32::MAX);
        let (tied, round) = (Vec::new(), Vec::new());
        let mut launches = Self { counts, open, reserved, tied, round, is_chosen, room, is_together: false };
        launches.begin_round();
        launches
    }

    /// Notes in which zones a reservation has room. A group that launches nowhere else goes only to
    /// these; where there is none, the zones that it had stay open.
    pub(crate) fn know_reserved(&mut self, reserved: IndexVec<ZoneIx, bool>, only: bool) {
        if reserved == self.reserved {
            return;
        }
        let is_left = |zone: ZoneIx| self.open[zone] && reserved[zone];
        if only && self.open.numbers().any(is_left) {
            self.open = self.open.numbers().map(is_left).collect();
        }
        self.reserved = reserved;
        self.begin_round();
    }

    /// Whether the plan chooses the zone of each launch.
    pub(crate) fn is_chosen(&self) -> bool {
        self.is_chosen
    }

    /// Whether launches in the zone are tried at present.
    pub(crate) fn is_open(&self, zone: ZoneIx) -> bool {
        self.open[zone] && self.room[zone] > 0
    }

    /// Returns how many more nodes the placement group takes in the open zones.
    pub(crate) fn open_room(&self) -> u32 {
        let open = self.room.iter_numbered().filter(|(zone, _)| self.open[*zone]);
        open.fold(0, |sum: u32, (_, room)| sum.saturating_add(*room))
    }

    /// Whether the zone of the next launch is certain.
    pub(crate) fn is_certain(&self) -> bool {
        self.is_chosen || self.counts.len() == 1
    }

    /// Whether the placement group keeps all machines in one zone, which is still open.
    pub(crate) fn may_begin_anywhere(&self) -> bool {
        self.is_together && self.room.iter().filter(|room| **room > 0).count() > 1
    }

    /// Counts a launch of any group that names the same placement group. `zone` is absent where
    /// this group does not have it.
    pub(crate) fn launched_in_placement(&mut self, zone: Option<ZoneIx>, is_certain: bool) {
        if self.is_together {
            self.keep_together(zone, is_certain);
            return;
        }
        let Some(zone) = zone.filter(|zone| self.room[*zone] != u32::MAX) else { return };
        self.room[zone] = self.room[zone].saturating_sub(1);
        if self.room[zone] == 0 {
            self.begin_round();
        }
    }

    /// Has every further launch in the zone of one.
    pub(crate) fn keep_together(&mut self, zone: Option<ZoneIx>, is_certain: bool) {
        if is_certain {
            let others = self.room.numbers().filter(|other| Some(*other) != zone).collect::<Vec<_>>();
            for other in others {
                self.room[other] = 0;
            }
            self.begin_round();
        } else {
            self.tied.sort_by_key(|other| Some(*other) != zone);
        }
    }

    /// Returns the next launch.
    pub(crate) fn next(&self) -> Launch {
        Launch { zone: self.tied[self.round.len()], possible: self.tied.clone() }
    }

    /// Counts a launch. When the round is complete, the zones of its nodes are certain, since each
    /// tied zone has got one. Returns those nodes with their zones.
    pub(crate) fn launched(&mut self, zone: ZoneIx, node: Option<NodeId>) -> Vec<(NodeId, ZoneIx)> {
        self.counts[zone] += 1;
        if self.is_together {
            return Vec::new();
        }
        if zone != self.tied[self.round.len()] {
            // The launch was in another zone; from here on only the counts are certain.
            self.begin_round();
            return Vec::new();
        }
        self.round.push(node);
        if self.round.len() < self.tied.len() {
            return Vec::new();
        }
        let round = self.round.iter().copied().zip(self.tied.iter().copied());
        let certain = round.filter_map(|(node, zone)| Some((node?, zone))).collect();
        self.begin_round();
        certain
    }

    fn begin_round(&mut self) {
        // What was requested beyond the room is launched somewhere, if at all.
        let has_room = self.counts.numbers().any(|zone| self.is_open(zone));
        let is_possible = |zone: ZoneIx| self.is_open(zone) || !has_room && self.open[zone];
        let is_first = |zone: ZoneIx| is_possible(zone) && self.reserved[zone];
        let has_first = self.is_chosen && self.counts.numbers().any(is_first);
        let open = || self.counts.numbers().filter(|&zone| if has_first { is_first(zone) } else { is_possible(zone) });
        let fewest = open().map(|zone| self.counts[zone]).min().unwrap_or(0);
        let most = if self.is_chosen { 1 } else { usize::MAX };
        self.tied = open().filter(|&zone| self.counts[zone] == fewest).take(most).collect();
        self.round.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_vec::Number;

    fn launches(counts: &[u32], open: &[bool]) -> Launches {
        Launches::new(counts.to_vec().into(), open.to_vec().into(), false)
    }

    fn launch(zone: usize, possible: &[usize]) -> Launch {
        let possible = possible.iter().copied().map(ZoneIx::from_index).collect();
        Launch { zone: ZoneIx::from_index(zone), possible }
    }

    /// Counts a launch in a zone and returns what is certain by then.
    fn launched(launches: &mut Launches, zone: usize, node: usize) -> Vec<(usize, usize)> {
        let certain = launches.launched(ZoneIx::from_index(zone), Some(NodeId::from_index(node)));
        certain.into_iter().map(|(node, zone)| (node.index(), zone.index())).collect()
    }

    #[test]
    fn zones_in_backoff_are_left_out_unless_all_are() {
        let mut launches = launches(&[0, 1, 1], &[false, true, true]);
        assert_eq!(launches.next(), launch(1, &[1, 2]));
        launched(&mut launches, 1, 7);
        assert_eq!(launched(&mut launches, 2, 8), [(7, 1), (8, 2)]);
        assert_eq!(launches.next(), launch(1, &[1, 2]), "the closed zone has the fewest all the same");
        let all_closed = self::launches(&[1, 0], &[false, false]);
        assert_eq!(all_closed.next(), launch(1, &[1]));
    }

    #[test]
    fn the_zone_with_the_fewest_instances_is_next_and_certain() {
        assert_eq!(launches(&[2, 1, 2], &[true; 3]).next(), launch(1, &[1]));
    }

    #[test]
    fn tied_zones_are_certain_only_together() {
        let mut launches = launches(&[0, 3, 0], &[true; 3]);
        assert_eq!(launches.next(), launch(0, &[0, 2]));
        assert_eq!(launched(&mut launches, 0, 7), []);
        assert_eq!(launches.next(), launch(2, &[0, 2]));
        assert_eq!(launched(&mut launches, 2, 8), [(7, 0), (8, 2)], "both have got one, in whichever order");
        assert_eq!(launches.next(), launch(0, &[0, 2]), "a new round");
    }

    #[test]
    fn a_launch_without_a_node_counts_and_is_never_narrowed() {
        let mut launches = launches(&[0, 0], &[true; 2]);
        assert_eq!(launches.launched(ZoneIx::from_index(0), None), []);
        assert_eq!(launched(&mut launches, 1, 8), [(8, 1)]);
    }

    #[test]
    fn a_zone_without_room_is_left_out() {
        let mut launches = Launches { room: vec![1, 3].into(), ..launches(&[0, 0], &[true; 2]) };
        assert_eq!((launches.next(), launches.open_room()), (launch(0, &[0, 1]), 4));
        launches.launched_in_placement(Some(ZoneIx::from_index(0)), false);
        assert_eq!((launches.next(), launches.open_room()), (launch(1, &[1]), 3));
        launches.launched_in_placement(None, false);
        assert_eq!(launches.open_room(), 3, "in a zone of other groups");
    }

    #[test]
    fn nodes_that_are_together_come_in_the_zone_of_the_first() {
        let together = |is_chosen| {
            let launches = Launches::new(vec![0, 0].into(), vec![true; 2].into(), is_chosen);
            Launches { is_together: true, ..launches }
        };
        let mut predicted = together(false);
        assert_eq!(launched(&mut predicted, 1, 7), [], "it is not certain which");
        predicted.launched_in_placement(Some(ZoneIx::from_index(1)), false);
        assert_eq!(predicted.next(), launch(1, &[1, 0]));
        let mut chosen = together(true);
        assert!(chosen.may_begin_anywhere());
        chosen.launched_in_placement(Some(ZoneIx::from_index(1)), true);
        assert_eq!((chosen.next(), chosen.is_open(ZoneIx::from_index(0))), (launch(1, &[1]), false));
        assert!(!chosen.may_begin_anywhere());
    }

    #[test]
    fn a_chosen_zone_is_certain_at_once() {
        let mut launches = Launches::new(vec![1, 0, 0].into(), vec![true, true, true].into(), true);
        assert_eq!(launches.next(), launch(1, &[1]));
        assert_eq!(launched(&mut launches, 1, 7), [(7, 1)]);
        assert_eq!(launches.next(), launch(2, &[2]));
        assert_eq!(launched(&mut launches, 0, 8), [], "another zone suits the pod");
        assert_eq!(launches.next(), launch(2, &[2]));
    }
}
