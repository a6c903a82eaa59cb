//! What a new group must be like for pods of one kind.

use std::collections::{BTreeMap, BTreeSet};

use super::market::MachineMarket;
use super::no_help::NoHelp;
use crate::snapshot::{Architecture, Market, Snapshot, Taint, is_zone_of};
use crate::well_known::labels::ARCHITECTURES;

/// What a new group must be like.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeNeeds {
    /// The region; absent where any will do.
    pub(super) region: Option<String>,
    /// The zones in which it may launch; absent where all will do.
    pub(super) zones: Option<BTreeSet<String>>,
    /// The names of the machine types; absent where any will do.
    pub(super) machine_types: Option<BTreeSet<String>>,
    /// Machine types that will not do.
    pub(super) other_than: BTreeSet<String>,
    /// The architectures, as labels have them; absent where those of the cluster will do.
    pub(super) architectures: Option<BTreeSet<String>>,
    /// How its machines are paid for; absent where the pods leave that open.
    pub(super) market: Option<Market>,
    /// The name that it must have.
    pub(super) name: Option<String>,
    /// The labels that its nodes need.
    pub(super) labels: BTreeMap<String, String>,
    /// The taints that its nodes should have.
    pub(super) taints: Vec<Taint>,
    /// The resources, beside those that every node has, that the pods request.
    pub(super) devices: BTreeSet<String>,
}

impl NodeNeeds {
    /// Chooses the region of the zones, or the most preferred one that was read.
    pub(super) fn settle_region(&mut self, snapshot: &Snapshot) -> Result<(), NoHelp> {
        let mut regions: Vec<_> = snapshot.regions.iter().filter(|region| region.unreadable.is_none()).collect();
        regions.sort_by_key(|region| (region.preference, &region.name));
        let is_allowed = |region: &str| self.region.as_ref().is_none_or(|wanted| wanted == region);
        let has_zone = |region: &str| {
            let is_there = |zone: &String| {
                is_zone_of(zone, region) || snapshot.zones.iter().any(|known| known.region == region && known.name == *zone)
            };
            self.zones.as_ref().is_none_or(|zones| zones.iter().any(is_there))
        };
        let found = regions.iter().find(|region| is_allowed(&region.name) && has_zone(&region.name));
        let place = || {
            let zones = self.zones.iter().flatten().cloned().collect::<Vec<_>>().join(" or ");
            self.region.clone().unwrap_or(zones)
        };
        let region = found.ok_or_else(|| NoHelp::NoRegion { place: place() })?.name.clone();
        if let Some(zones) = &mut self.zones {
            zones.retain(|zone| {
                is_zone_of(zone, &region) || !snapshot.regions.iter().any(|other| is_zone_of(zone, &other.name))
            });
        }
        self.region = Some(region);
        Ok(())
    }

    /// Returns the zones in which a group of such pods launches: those that are needed, or else
    /// those of the groups of the region, or else all that are known.
    pub(super) fn places(&self, snapshot: &Snapshot) -> Vec<String> {
        if let Some(zones) = &self.zones {
            return zones.iter().cloned().collect();
        }
        let region = self.region.as_deref().unwrap_or_default();
        let of_groups = snapshot.groups.iter().filter(|group| group.id.region == region).flat_map(|group| &group.zones);
        let used: BTreeSet<String> = of_groups.cloned().collect();
        if !used.is_empty() {
            return used.into_iter().collect();
        }
        let known = snapshot.zones.iter().filter(|zone| zone.region == region).map(|zone| zone.name.clone());
        known.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the architectures that will do: those that are required, or those of the nodes that
    /// are there, whose images pods have been built for.
    pub(super) fn accepted_architectures(&self, snapshot: &Snapshot) -> BTreeSet<String> {
        if let Some(required) = &self.architectures {
            return required.clone();
        }
        let of_nodes = snapshot.nodes.iter().filter_map(|node| node.labels.get(ARCHITECTURES[0]));
        let mut found: BTreeSet<String> = of_nodes.map(ToString::to_string).collect();
        if found.is_empty() {
            found.insert(Architecture::Amd64.label().to_owned());
        }
        found
    }

    /// Describes what is required of the machine, for a sentence.
    pub(super) fn of_the_machine(&self, market: &MachineMarket) -> String {
        let mut words = Vec::new();
        if let Some(types) = &self.machine_types {
            words.push(types.iter().cloned().collect::<Vec<_>>().join(" or "));
        }
        if let Some(architectures) = &self.architectures {
            words.push(architectures.iter().cloned().collect::<Vec<_>>().join(" or "));
        }
        let region = self.region.as_deref().unwrap_or_default();
        if market.machines.iter().all(|machine| machine.region != region) {
            return format!("{region}: none is known there at all");
        }
        if words.is_empty() { format!("it in {region}") } else { format!("{} in {region}", words.join(", ")) }
    }
}
