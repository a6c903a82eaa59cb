//! The prices of a snapshot, for looking up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::snapshot::{Instance, Market, Price, Snapshot, UsdPerHour};

/// The prices of a snapshot, for looking up.
pub(crate) struct Prices<'a> {
    by_machine: BTreeMap<(&'a str, &'a str, Market), Vec<&'a Price>>,
    /// Whether list prices count instead of one's own rates.
    at_list: bool,
}

impl<'a> Prices<'a> {
    /// Returns nothing where no prices were given.
    pub(crate) fn of(snapshot: &'a Snapshot) -> Option<Self> {
        let mut by_machine: BTreeMap<_, Vec<&Price>> = BTreeMap::new();
        for price in snapshot.prices.as_ref()? {
            let machine = (price.region.as_str(), price.machine_type.as_str(), price.market);
            by_machine.entry(machine).or_default().push(price);
        }
        // Of two prices of the same, the dearer one counts. No file holds such prices; a snapshot
        // might.
        for prices in by_machine.values_mut() {
            prices.sort_by_key(|price| Reverse(price.usd_per_hour));
        }
        Some(Self { by_machine, at_list: false })
    }

    /// Returns the same at list prices, where they differ from one's own rates.
    pub(crate) fn at_list(&self) -> Option<Self> {
        let differs = self.by_machine.values().flatten().any(|price| price.list_usd_per_hour.is_some());
        differs.then(|| Self { by_machine: self.by_machine.clone(), at_list: true })
    }

    /// Returns what counts of a price.
    pub(crate) fn rate(&self, price: &Price) -> UsdPerHour {
        let list = price.list_usd_per_hour.filter(|_| self.at_list);
        list.unwrap_or(price.usd_per_hour)
    }

    /// Returns the price of a machine: that of its zone, else that of its region. Where no spot
    /// price is known, that of a spot instance is the one on demand.
    pub(crate) fn of_machine(&self, region: &str, machine_type: &str, market: Market, zone: &str) -> Option<&'a Price> {
        let prices = self.by_machine.get(&(region, machine_type, market)).map_or(&[] as &[&Price], Vec::as_slice);
        let of_zone = prices.iter().find(|price| price.zone.as_deref() == Some(zone));
        let of_region = || prices.iter().find(|price| price.zone.is_none());
        let known = of_zone.or_else(of_region).copied();
        match market {
            Market::OnDemand => known,
            Market::Spot => known.or_else(|| self.of_machine(region, machine_type, Market::OnDemand, zone)),
        }
    }

    /// Returns what an instance in a region costs.
    pub(crate) fn in_region(&self, region: &str, instance: &Instance) -> Option<UsdPerHour> {
        let market = if instance.spot { Market::Spot } else { Market::OnDemand };
        let price = self.of_machine(region, &instance.machine_type, market, &instance.zone)?;
        Some(self.rate(price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ClusterIdentity, PriceSource};

    fn snapshot(prices: &[(&str, Market, Option<&str>, u64)]) -> Snapshot {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let price = |(machine_type, market, zone, micros): &(&str, Market, Option<&str>, u64)| Price {
            region: "r".into(),
            machine_type: (*machine_type).into(),
            market: *market,
            zone: zone.map(str::to_owned),
            usd_per_hour: UsdPerHour::from_micros(*micros),
            list_usd_per_hour: None,
            source: PriceSource::Table,
        };
        snapshot.prices = Some(prices.iter().map(price).collect());
        snapshot
    }

    #[test]
    fn the_zone_goes_before_the_region_and_on_demand_stands_in_for_spot() {
        let snapshot = snapshot(&[
            ("m", Market::OnDemand, None, 100),
            ("m", Market::Spot, Some("a"), 30),
            ("m", Market::Spot, None, 40),
            ("n", Market::OnDemand, None, 200),
        ]);
        let prices = Prices::of(&snapshot).expect("they were given");
        let micros = |machine_type, market, zone| {
            prices.of_machine("r", machine_type, market, zone).map(|price| price.usd_per_hour.micros())
        };
        assert_eq!(micros("m", Market::Spot, "a"), Some(30));
        assert_eq!(micros("m", Market::Spot, "b"), Some(40));
        assert_eq!(micros("m", Market::OnDemand, "a"), Some(100));
        assert_eq!(micros("n", Market::Spot, "a"), Some(200));
        assert_eq!(micros("o", Market::OnDemand, "a"), None);
        assert!(Prices::of(&Snapshot { prices: None, ..snapshot.clone() }).is_none());
    }
}
