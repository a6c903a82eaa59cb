//! What placement groups leave in each zone, less what is on the way and planned. Groups that name
//! the same one share it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx, do_share};
use crate::plan::growth_block::GrowthBlock;
use crate::plan::reason::Refusal;

/// The room in placement groups; empty where none limits a group.
#[derive(Clone, Default)]
pub(super) struct PlacementRoom {
    /// What is left in each zone of each placement group.
    left: Vec<u32>,
    places: Arc<IndexVec<GroupIx, Option<ZonePlaces>>>,
}

/// For each zone of a group the position of what is left there.
type ZonePlaces = BTreeMap<String, usize>;

impl PlacementRoom {
    pub(super) fn new(fleet: &Fleet<'_>) -> Self {
        if fleet.groups.iter().all(|entry| entry.group.placement.is_none()) {
            return Self::default();
        }
        let mut left: Vec<u32> = Vec::new();
        let mut places: IndexVec<GroupIx, Option<ZonePlaces>> = IndexVec::new();
        for (index, entry) in fleet.groups.iter_numbered() {
            let Some(own) = fleet.placement_room(entry) else {
                places.push(None);
                continue;
            };
            let sharing = |zone: &str| {
                let earlier = fleet.groups.numbers().take_while(|other| *other < index);
                let mut sharing = earlier.filter(|other| do_share(fleet.groups[*other].group, entry.group));
                sharing.find_map(|other| places[other].as_ref()?.get(zone).copied())
            };
            let mut own_places = ZonePlaces::new();
            for (zone, room) in own {
                let place = sharing(zone).unwrap_or_else(|| {
                    left.push(room);
                    left.len() - 1
                });
                own_places.insert(zone.to_owned(), place);
            }
            places.push(Some(own_places));
        }
        Self { left, places: Arc::new(places) }
    }

    /// Counts one more node of a group: in a zone, or where its zones have most room.
    pub(super) fn add(&mut self, group: GroupIx, zone: Option<&str>) {
        let Some(places) = self.places_of(group) else { return };
        let place = match zone {
            Some(zone) => places.get(zone).copied(),
            None => places.values().copied().max_by_key(|place| self.left[*place]),
        };
        if let Some(place) = place {
            self.left[place] = self.left[place].saturating_sub(1);
        }
    }

    /// Returns how many more nodes of a group its placement group takes.
    pub(super) fn room(&self, group: GroupIx) -> u32 {
        let Some(places) = self.places_of(group) else { return u32::MAX };
        places.values().fold(0, |sum: u32, place| sum.saturating_add(self.left[*place]))
    }

    /// Returns why one more node of a group has no place.
    pub(super) fn refusal(&self, fleet: &Fleet<'_>, group: GroupIx) -> Option<Refusal> {
        if self.room(group) > 0 {
            return None;
        }
        let entry = &fleet.groups[group];
        Some(Refusal::Blocked { block: GrowthBlock::placement_full(entry.group, entry.zones)? })
    }

    fn places_of(&self, group: GroupIx) -> Option<&ZonePlaces> {
        if self.left.is_empty() { None } else { self.places[group].as_ref() }
    }
}
