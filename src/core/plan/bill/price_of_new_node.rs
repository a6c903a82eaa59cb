//! What nodes cost, according to the machines that a group launches.

use std::collections::BTreeSet;

use crate::plan::fleet::{GroupEntry, Prices};
use crate::plan::group_health::GroupHealth;
use crate::snapshot::{Instance, Market, Price, Purchase, UsdPerHour};

/// Types of a region whose price is not known.
pub(crate) type Missing<'a> = BTreeSet<&'a str>;

/// What a new node of a group costs at most: the cloud chooses among its types and zones.
#[derive(Clone, Copy)]
pub(crate) struct NodePrice<'a> {
    /// The dearest price that is possible.
    pub(crate) price: &'a Price,
    /// What counts of it.
    rate: UsdPerHour,
    /// How it will be paid for. Where no spot price is known the one on demand is used, which is
    /// the most that a spot instance costs without a highest price of one's own.
    pub(crate) market: Market,
    /// Whether it may turn out cheaper.
    pub(crate) at_most: bool,
}

impl<'a> Prices<'a> {
    /// Returns what an instance of a group costs: nothing where it uses a reservation, which is
    /// paid for in any case.
    pub(crate) fn of_instance(&self, group: &GroupEntry<'_>, instance: &Instance) -> Option<UsdPerHour> {
        match instance.reservation {
            Some(_) => Some(UsdPerHour::ZERO),
            None => self.in_region(&group.id().region, instance),
        }
    }

    /// Returns what a node costs at most that a group launches after `before` others, or the types
    /// whose price is missing.
    pub(crate) fn of_new_node(&self, group: &GroupEntry<'a>, before: u32) -> Result<NodePrice<'a>, Missing<'a>> {
        self.in_market(group, if group.group.is_spot_after(before) { Market::Spot } else { Market::OnDemand })
    }

    /// Returns the same for the node that it would launch next, after those that are coming.
    pub(crate) fn of_next_node(&self, group: &GroupEntry<'a>, health: &GroupHealth) -> Result<NodePrice<'a>, Missing<'a>> {
        self.of_new_node(group, health.gap.coming())
    }

    /// Returns what several nodes cost at most together that a group launches after `before`
    /// others.
    pub(super) fn of_new_nodes(&self, group: &GroupEntry<'a>, before: u32, nodes: u32) -> Option<UsdPerHour> {
        let price = |before| Some(self.of_new_node(group, before).ok()?.usd_per_hour());
        match group.group.purchase {
            Purchase::Mixed { .. } => (before..before + nodes).map(price).sum(),
            // All of them cost the same.
            Purchase::OnDemand | Purchase::Spot { .. } if nodes > 0 => Some(price(before)?.times(nodes)),
            Purchase::OnDemand | Purchase::Spot { .. } => Some(UsdPerHour::default()),
        }
    }

    /// Returns what the cheapest possible new node costs.
    pub(crate) fn of_the_cheapest_node(&self, group: &GroupEntry<'a>) -> Option<UsdPerHour> {
        let may_be_on_demand = !matches!(group.group.purchase, Purchase::Spot { .. });
        let on_demand = may_be_on_demand.then_some(Market::OnDemand);
        let markets = group.group.purchase.may_be_spot().then_some(Market::Spot).into_iter().chain(on_demand);
        markets.filter_map(|market| Some(self.in_market(group, market).ok()?.usd_per_hour())).min()
    }

    fn in_market(&self, group: &GroupEntry<'a>, market: Market) -> Result<NodePrice<'a>, Missing<'a>> {
        let region = group.id().region.as_str();
        let (mut missing, mut found) = (Missing::new(), BTreeSet::new());
        for machine_type in types(group) {
            for zone in group.zones {
                match self.of_machine(region, machine_type, market, zone) {
                    Some(price) => {
                        found.insert((self.rate(price), price));
                    }
                    None => {
                        missing.insert(machine_type);
                    }
                }
            }
        }
        let Some((dearest, price)) = found.last().copied().filter(|_| missing.is_empty()) else { return Err(missing) };
        let varies = found.first().is_some_and(|(cheapest, _)| *cheapest < dearest);
        Ok(NodePrice { price, rate: dearest, market, at_most: varies || price.market != market })
    }
}

impl NodePrice<'_> {
    pub(crate) fn usd_per_hour(&self) -> UsdPerHour {
        self.rate
    }
}

/// Returns what a group launches or, where that could not be read, what it has.
fn types<'a>(group: &GroupEntry<'a>) -> BTreeSet<&'a str> {
    let launched: BTreeSet<&str> = group.group.launch_options.iter().map(|option| option.machine_type.as_str()).collect();
    match launched.is_empty() {
        true => group.live().map(|member| member.instance.machine_type.as_str()).collect(),
        false => launched,
    }
}
