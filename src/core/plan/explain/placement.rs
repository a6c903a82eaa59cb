//! What a placement group leaves a group.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::PlacementGroup;

/// The placement group of a group, and what it leaves the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacementFact {
    /// The placement group.
    pub placement: PlacementGroup,
    /// How many more machines it takes in each zone of the group, where it limits them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub room: BTreeMap<String, u32>,
    /// The zone in which all its machines are; absent where they are in several, or in none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl PlacementFact {
    pub(super) fn of<'a>(fleet: &Fleet<'a>, group: &GroupEntry<'a>) -> Option<Self> {
        let placement = group.group.placement.clone()?;
        let room = fleet.placement_room(group).unwrap_or_default();
        let zone = group.zones.first().filter(|_| placement.is_in_one_zone() && group.zones.len() == 1);
        Some(Self {
            room: room.into_iter().map(|(zone, left)| (zone.to_owned(), left)).collect(),
            zone: zone.cloned(),
            placement,
        })
    }
}

impl fmt::Display for PlacementFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.placement)?;
        if let Some(zone) = &self.zone {
            write!(f, "; that is {zone}")?;
        }
        let room: Vec<String> = self.room.iter().map(|(zone, left)| format!("{left} more in {zone}")).collect();
        if room.is_empty() { Ok(()) } else { write!(f, "; {}", room.join(", ")) }
    }
}
