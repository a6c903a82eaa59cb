//! Factors on list prices: what one pays of them (savings plans, discounts) or beyond them
//! (licences). A line of a table is `factor,region,instance_type,market,factor`.

use std::cmp::Reverse;

use csv::StringRecord;

use super::LineProblem;
use crate::snapshot::{Market, Price, UsdPerHour};

/// The first column of such a line. No region is called so.
pub(super) const FACTOR: &str = "factor";

/// More than this is a slip of the pen.
const MOST: UsdPerHour = UsdPerHour::from_micros(100_000_000);

/// What is paid for some machines, as a multiple of their list price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceFactor {
    regions: Pattern,
    machine_types: Pattern,
    /// On demand or spot; both when absent.
    market: Option<Market>,
    /// In millionths.
    factor: u64,
}

/// A name, or the beginning of names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    is_whole: bool,
}

impl Pattern {
    /// Reads `m5.large`, `m5.*` or `*`.
    fn read(text: &str) -> Option<Self> {
        let (beginning, is_whole) = text.strip_suffix('*').map_or((text, true), |beginning| (beginning, false));
        let is_good = !beginning.contains('*') && (!is_whole || !beginning.is_empty());
        is_good.then(|| Self { text: beginning.to_owned(), is_whole })
    }

    fn covers(&self, name: &str) -> bool {
        if self.is_whole { self.text == name } else { name.starts_with(&self.text) }
    }

    /// Returns what is larger for a more specific pattern: a whole name, then a longer beginning.
    fn specificity(&self) -> (bool, usize) {
        (self.is_whole, self.text.len())
    }
}

impl PriceFactor {
    /// Reads the columns of a line after [`FACTOR`].
    pub(super) fn read(record: &StringRecord) -> Result<Self, LineProblem> {
        let [_, regions, machine_types, market, factor] = record.iter().collect::<Vec<_>>()[..] else {
            return Err(LineProblem::FactorColumns { found: record.len() });
        };
        let pattern = |text: &str| Pattern::read(text).ok_or_else(|| LineProblem::Pattern { text: text.to_owned() });
        let market = match market {
            "*" => None,
            "on-demand" => Some(Market::OnDemand),
            "spot" => Some(Market::Spot),
            other => return Err(LineProblem::Market { text: other.to_owned() }),
        };
        let read = factor.parse::<UsdPerHour>().ok().filter(|read| *read <= MOST);
        let millionths = read.ok_or_else(|| LineProblem::NoFactor { text: factor.to_owned() })?.micros();
        Ok(Self { regions: pattern(regions)?, machine_types: pattern(machine_types)?, market, factor: millionths })
    }

    /// Whether two are about the same prices, whatever they make of them.
    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        (&self.regions, &self.machine_types, self.market) == (&other.regions, &other.machine_types, other.market)
    }

    fn covers(&self, price: &Price) -> bool {
        self.regions.covers(&price.region)
            && self.machine_types.covers(&price.machine_type)
            && self.market.is_none_or(|market| market == price.market)
    }

    /// Returns what is larger for a more specific one: the type counts before the region, and that
    /// before the market.
    fn specificity(&self) -> impl Ord + use<> {
        (self.machine_types.specificity(), self.regions.specificity(), self.market.is_some())
    }

    /// Returns the rate for a list price. Parts of a millionth are rounded up, so that nothing
    /// becomes cheaper by it.
    fn of(&self, list: UsdPerHour) -> UsdPerHour {
        let product = u128::from(list.micros()) * u128::from(self.factor);
        UsdPerHour::from_micros(u64::try_from(product.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

/// Makes the rates of list prices. Factors that were applied before are replaced.
pub(super) fn apply(factors: &[PriceFactor], prices: &mut [Price]) {
    let mut factors: Vec<&PriceFactor> = factors.iter().collect();
    factors.sort_by_key(|factor| Reverse(factor.specificity()));
    for price in prices {
        let Some(factor) = factors.iter().find(|factor| factor.covers(price)) else { continue };
        let list = price.list_usd_per_hour.unwrap_or(price.usd_per_hour);
        price.usd_per_hour = factor.of(list);
        price.list_usd_per_hour = Some(list).filter(|list| *list != price.usd_per_hour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::PriceSource;

    fn factor(line: &str) -> Result<PriceFactor, String> {
        let record: Vec<&str> = line.split(',').collect();
        PriceFactor::read(&StringRecord::from(record)).map_err(|problem| problem.to_string())
    }

    fn price(region: &str, machine_type: &str, market: Market) -> Price {
        Price {
            region: region.into(),
            machine_type: machine_type.into(),
            market,
            zone: None,
            usd_per_hour: UsdPerHour::from_micros(1_000_000),
            list_usd_per_hour: None,
            source: PriceSource::PriceList,
        }
    }

    /// Returns the rate of a machine that costs a dollar by the list.
    fn rate(lines: &[&str], price: Price) -> u64 {
        let factors: Vec<PriceFactor> = lines.iter().map(|line| factor(line).expect(line)).collect();
        let mut prices = [price];
        apply(&factors, &mut prices);
        prices[0].usd_per_hour.micros()
    }

    #[test]
    fn the_most_specific_factor_counts_whatever_the_order() {
        let mut lines = vec![
            "factor,*,*,*,0.9",
            "factor,us-west-2,*,*,0.8",
            "factor,*,m5.*,*,0.7",
            "factor,*,m5.*,spot,0.6",
            "factor,us-*,m5.*,*,0.5",
            "factor,*,m5.large,*,0.4",
        ];
        for _ in 0..lines.len() {
            lines.rotate_left(1);
            for (region, machine_type, market, expected) in [
                ("eu-west-1", "c5.large", Market::OnDemand, 900_000),
                ("us-west-2", "c5.large", Market::OnDemand, 800_000),
                ("eu-west-1", "m5.xlarge", Market::OnDemand, 700_000),
                ("eu-west-1", "m5.xlarge", Market::Spot, 600_000),
                ("us-west-2", "m5.xlarge", Market::Spot, 500_000),
                ("us-west-2", "m5.large", Market::Spot, 400_000),
            ] {
                let rate = rate(&lines, price(region, machine_type, market));
                assert_eq!(rate, expected, "{region} {machine_type} {market} of {lines:?}");
            }
        }
    }

    #[test]
    fn a_rate_is_exact_and_keeps_the_list_price() {
        let third = factor("factor,*,*,*,0.333333").expect("a factor");
        assert_eq!(third.of(UsdPerHour::from_micros(100)).micros(), 34);
        let mut prices = [price("r", "m", Market::OnDemand)];
        apply(&[factor("factor,*,*,*,1.4").expect("a licence")], &mut prices);
        assert_eq!(
            (prices[0].usd_per_hour.micros(), prices[0].list_usd_per_hour.map(UsdPerHour::micros)),
            (1_400_000, Some(1_000_000))
        );
        apply(&[factor("factor,*,*,*,1").expect("none")], &mut prices);
        assert_eq!((prices[0].usd_per_hour.micros(), prices[0].list_usd_per_hour), (1_000_000, None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, why) in [
            (
                "factor,*,m5.*,0.7",
                "4 columns; write factor,region,instance_type,market,factor, such as factor,*,m5.*,on-demand,0.72",
            ),
            ("factor,*,m5.*,reserved,0.7", "\"reserved\" is no market; write on-demand, spot or *"),
            ("factor,*,m*.large,spot,0.7", "\"m*.large\" is no name and no beginning of names; write m5.large, m5.* or *"),
            ("factor,,*,spot,0.7", "\"\" is no name and no beginning of names; write m5.large, m5.* or *"),
            ("factor,*,*,spot,-1", "\"-1\" is no factor; write a number from 0 to 100, such as 0.72"),
            ("factor,*,*,spot,72%", "\"72%\" is no factor; write a number from 0 to 100, such as 0.72"),
            ("factor,*,*,spot,101", "\"101\" is no factor; write a number from 0 to 100, such as 0.72"),
        ] {
            assert_eq!(factor(line), Err(why.to_owned()), "{line}");
        }
    }
}
