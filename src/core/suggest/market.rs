//! The machine types that a new group could launch, and what they cost.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{MachineType, Market, Price, Snapshot, UsdPerHour};

/// Machine types with their prices, of which new groups are made up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineMarket {
    /// The types, by region and name.
    pub machines: Vec<MachineType>,
    /// What they cost, as far as that is known.
    pub prices: Vec<Price>,
    /// The zones in which a type is offered, by its name; one that is not listed is offered
    /// everywhere.
    pub zones: BTreeMap<String, BTreeSet<String>>,
}

impl MachineMarket {
    /// Adds what a snapshot knows, which is the types of its groups. What is there already stays.
    pub fn add_known(&mut self, snapshot: &Snapshot) {
        let is_new = |market: &Self, machine: &MachineType| market.machine(&machine.region, &machine.name).is_none();
        for machine in &snapshot.machine_types {
            if is_new(self, machine) {
                self.machines.push(machine.clone());
            }
        }
        let place = |price: &Price| (price.region.clone(), price.machine_type.clone(), price.market, price.zone.clone());
        let known: BTreeSet<_> = self.prices.iter().map(place).collect();
        let others = snapshot.prices.iter().flatten().filter(|price| !known.contains(&place(price)));
        self.prices.extend(others.cloned());
        self.machines.sort_by(|a, b| (&a.region, &a.name).cmp(&(&b.region, &b.name)));
        self.prices.sort();
    }

    /// Returns a type of a region.
    #[must_use]
    pub fn machine(&self, region: &str, name: &str) -> Option<&MachineType> {
        self.machines.iter().find(|machine| machine.region == region && machine.name == name)
    }

    /// Returns the dearest price that is known of a type in a market. A spot instance costs no more
    /// than one on demand, so that this price stands for one that is not known.
    #[must_use]
    pub fn price(&self, machine: &MachineType, market: Market) -> Option<UsdPerHour> {
        let in_market = |market: Market| {
            let of_type = |price: &&Price| price.region == machine.region && price.machine_type == machine.name;
            self.prices.iter().filter(of_type).filter(|price| price.market == market).map(|price| price.usd_per_hour).max()
        };
        match market {
            Market::OnDemand => in_market(Market::OnDemand),
            Market::Spot => in_market(Market::Spot).or_else(|| in_market(Market::OnDemand)),
        }
    }

    /// Whether a price is known of any type.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        !self.prices.is_empty()
    }

    /// Whether a type is offered in a zone.
    pub(super) fn is_offered(&self, machine: &MachineType, zone: &str) -> bool {
        self.zones.get(&machine.name).is_none_or(|zones| zones.contains(zone))
    }
}
