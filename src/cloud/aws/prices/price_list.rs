//! The price list of EC2 in one region or in all, as the AWS Price List Bulk API publishes it
//! (`offers/v1.0/aws/AmazonEC2/…/index.json`, described in the Billing user guide, "Reading the
//! service price list file"). It has hundreds of megabytes, most of them reserved instances. It is
//! read as a stream, and only one price for each region and type is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::snapshot::{Market, Price, PriceSource, UsdPerHour};

const OFFER: &str = "AmazonEC2";

/// Far more machines than AWS has. Each is kept in memory, and a small file must not be able to
/// fill it.
const MOST_MACHINES: usize = 1_000_000;

/// Reads a price list.
///
/// # Errors
/// When it cannot be read or is none.
pub(crate) fn read(input: impl Read) -> Result<Vec<Price>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut list = PriceList::default();
    json.deserialize_map(Entries(&mut Whole(&mut list)))?;
    json.end()?;
    Ok(list.prices())
}

/// What has been read so far.
#[derive(Default)]
struct PriceList {
    /// The products that matter by their number, once they have been read.
    products: Option<BTreeMap<String, PricedMachine>>,
    /// The price of each of them, or of every product until the products have been read.
    terms: BTreeMap<String, UsdPerHour>,
}

/// A shared machine on demand, with Linux and nothing else on it.
struct PricedMachine {
    region: String,
    machine_type: String,
}

impl PriceList {
    fn is_wanted(&self, sku: &str) -> bool {
        self.products.as_ref().is_none_or(|products| products.contains_key(sku))
    }

    /// Returns the prices. Where a list has two prices of the same machine, the dearer one counts,
    /// so that nobody pays more than is shown.
    fn prices(self) -> Vec<Price> {
        let mut dearest: BTreeMap<(String, String), UsdPerHour> = BTreeMap::new();
        for (sku, PricedMachine { region, machine_type }) in self.products.unwrap_or_default() {
            if let Some(price) = self.terms.get(&sku) {
                let known = dearest.entry((region, machine_type)).or_default();
                *known = (*known).max(*price);
            }
        }
        let price = |((region, machine_type), usd_per_hour)| Price {
            region,
            machine_type,
            market: Market::OnDemand,
            zone: None,
            usd_per_hour,
            list_usd_per_hour: None,
            source: PriceSource::PriceList,
        };
        dearest.into_iter().filter(|(_, price)| *price > UsdPerHour::ZERO).map(price).collect()
    }
}

/// An object that is read entry by entry, so that it is never whole in memory.
trait StreamedObject {
    fn read_entry<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error>;
}

/// The whole offer file.
struct Whole<'l>(&'l mut PriceList);
/// The products by their number.
#[derive(Default)]
struct Products(BTreeMap<String, PricedMachine>);
/// The terms: on demand and reserved.
struct Terms<'l>(&'l mut PriceList);
/// The terms of each product.
struct OnDemand<'l>(&'l mut PriceList);

impl StreamedObject for Whole<'_> {
    fn read_entry<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        match key.as_str() {
            "offerCode" => match map.next_value::<String>()? {
                code if code == OFFER => Ok(()),
                code => Err(A::Error::custom(format!("it is of {code}, not of {OFFER}"))),
            },
            "products" => {
                let mut products = Products::default();
                map.next_value_seed(Entries(&mut products))?;
                self.0.products = Some(products.0);
                Ok(())
            }
            "terms" => map.next_value_seed(Entries(&mut Terms(self.0))),
            _ => skip(map),
        }
    }
}

impl StreamedObject for Products {
    fn read_entry<'de, A: MapAccess<'de>>(&mut self, sku: String, map: &mut A) -> Result<(), A::Error> {
        if let Some(machine) = map.next_value::<Product>()?.machine() {
            self.0.insert(sku, machine);
        }
        match self.0.len() > MOST_MACHINES {
            true => Err(A::Error::custom(format!("it has more than {MOST_MACHINES} machines"))),
            false => Ok(()),
        }
    }
}

impl StreamedObject for Terms<'_> {
    fn read_entry<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        if key == "OnDemand" { map.next_value_seed(Entries(&mut OnDemand(self.0))) } else { skip(map) }
    }
}

impl StreamedObject for OnDemand<'_> {
    fn read_entry<'de, A: MapAccess<'de>>(&mut self, sku: String, map: &mut A) -> Result<(), A::Error> {
        if !self.0.is_wanted(&sku) {
            return skip(map);
        }
        let terms: BTreeMap<String, Term> = map.next_value()?;
        if let Some(price) = terms.into_values().filter_map(Term::an_hour).max() {
            self.0.terms.insert(sku, price);
        }
        Ok(())
    }
}

fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// Reads the entries of an object one after the other.
struct Entries<'o, O>(&'o mut O);

impl<'de, O: StreamedObject> Visitor<'de> for Entries<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of a price list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key()? {
            self.0.read_entry(key, &mut map)?;
        }
        Ok(())
    }
}

impl<'de, O: StreamedObject> DeserializeSeed<'de> for Entries<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// A product, as far as it matters here. AWS leaves out attributes that do not apply.
#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Attributes {
    region_code: Option<String>,
    location_type: Option<String>,
    instance_type: Option<String>,
    operating_system: Option<String>,
    tenancy: Option<String>,
    pre_installed_sw: Option<String>,
    /// Lowercase.
    #[serde(rename = "capacitystatus")]
    capacity_status: Option<String>,
    /// Lowercase; absent in older lists.
    #[serde(rename = "marketoption")]
    market_option: Option<String>,
}

impl Product {
    fn machine(self) -> Option<PricedMachine> {
        let of = self.attributes;
        let says = |attribute: &Option<String>, word: &str| attribute.as_deref() == Some(word);
        let is_plain = says(&of.operating_system, "Linux")
            && says(&of.tenancy, "Shared")
            && says(&of.pre_installed_sw, "NA")
            && says(&of.capacity_status, "Used");
        let is_in_the_region = of.location_type.is_none() || says(&of.location_type, "AWS Region");
        let is_on_demand = of.market_option.is_none() || says(&of.market_option, "OnDemand");
        let machine = PricedMachine { region: of.region_code?, machine_type: of.instance_type? };
        (is_plain && is_in_the_region && is_on_demand).then_some(machine)
    }
}

#[derive(Deserialize)]
struct Term {
    #[serde(rename = "priceDimensions", default)]
    dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
struct Dimension {
    #[serde(default)]
    unit: String,
    #[serde(rename = "pricePerUnit", default)]
    price_per_unit: PerUnit,
}

/// The price by currency; only US dollars are read.
#[derive(Default, Deserialize)]
struct PerUnit {
    #[serde(rename = "USD", default, deserialize_with = "dollars")]
    usd: Option<UsdPerHour>,
}

impl Term {
    fn an_hour(self) -> Option<UsdPerHour> {
        let hourly = self.dimensions.into_values().filter(|dimension| dimension.unit == "Hrs");
        hourly.filter_map(|dimension| dimension.price_per_unit.usd).max()
    }
}

fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UsdPerHour>, D::Error> {
    UsdPerHour::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn product(machine_type: &str, changed: &[(&str, &str)]) -> Value {
        let mut attributes = json!({
            "servicecode": "AmazonEC2", "location": "US West (Oregon)", "locationType": "AWS Region", "regionCode": "us-west-2",
            "instanceType": machine_type, "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA",
            "capacitystatus": "Used", "marketoption": "OnDemand", "vcpu": "2",
        });
        for (key, value) in changed {
            attributes[*key] = json!(value);
        }
        json!({ "productFamily": "Compute Instance", "attributes": attributes })
    }

    fn term(unit: &str, dollars: &str) -> Value {
        json!({ "X.JRTC": { "offerTermCode": "JRTC", "priceDimensions": {
            "X.JRTC.6YS": { "unit": unit, "description": "a price", "pricePerUnit": { "USD": dollars } } } } })
    }

    fn list() -> (Value, Value) {
        let products = json!({
            "A": product("m5.large", &[]),
            "B": product("m5.large", &[("operatingSystem", "Windows")]),
            "C": product("m5.large", &[("tenancy", "Dedicated")]),
            "D": product("m5.large", &[("preInstalledSw", "SQL Std")]),
            "E": product("m5.large", &[("capacitystatus", "UnusedCapacityReservation")]),
            "F": product("m5.large", &[("regionCode", "us-west-2-lax-1"), ("locationType", "AWS Local Zone")]),
            "G": product("p5.48xlarge", &[("marketoption", "CapacityBlock")]),
            "H": product("m5.xlarge", &[]),
            "I": { "productFamily": "Data Transfer", "attributes": { "servicecode": "AWSDataTransfer" } },
            "J": { "productFamily": "NAT Gateway" },
            "K": product("free.large", &[]),
        });
        let on_demand = json!({
            "A": term("Hrs", "0.0960000000"), "B": term("Hrs", "9"), "C": term("Hrs", "9"), "D": term("Hrs", "9"),
            "E": term("Hrs", "9"), "F": term("Hrs", "9"), "G": term("Hrs", "9"), "H": term("Hrs", "0.1920000000"),
            "I": term("GB", "9"), "K": term("Hrs", "0.0000000000"),
        });
        let reserved = json!({ "A": term("Hrs", "0.01"), "H": { "anything": [1, 2, { "else": null }] } });
        (products, json!({ "Reserved": reserved, "OnDemand": on_demand }))
    }

    fn told(text: &str) -> Result<Vec<String>, String> {
        let told = |price: Price| format!("{} {} {} {}", price.region, price.machine_type, price.market, price.usd_per_hour);
        let prices = read(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(prices.into_iter().map(told).collect())
    }

    #[test]
    fn of_all_products_only_plain_linux_machines_count() {
        let (products, terms) = list();
        let head = r#"{"formatVersion": "v1.0", "offerCode": "AmazonEC2", "publicationDate": "2026-11-20T00:00:00Z","#;
        let expected = ["us-west-2 m5.large on demand $0.096/h", "us-west-2 m5.xlarge on demand $0.192/h"];
        assert_eq!(told(&format!(r#"{head} "products": {products}, "terms": {terms}}}"#)).expect("a list"), expected);
        let other_way_round = format!(r#"{head} "terms": {terms}, "products": {products}}}"#);
        assert_eq!(told(&other_way_round).expect("a list"), expected, "AWS promises no order");
    }

    #[test]
    fn of_two_prices_the_dearer_one_counts() {
        let products = json!({ "A": product("m5.large", &[]), "B": product("m5.large", &[]) });
        let terms = json!({ "OnDemand": { "A": term("Hrs", "0.1"), "B": term("Hrs", "0.2") } });
        let text = format!(r#"{{"products": {products}, "terms": {terms}}}"#);
        assert_eq!(told(&text).expect("a list"), ["us-west-2 m5.large on demand $0.20/h"]);
    }

    #[test]
    fn an_error_names_the_line() {
        let terms = json!({ "OnDemand": { "A": term("Hrs", "abc") } });
        for (text, start, end) in [
            (r#"{"offerCode": "AmazonS3"}"#.to_owned(), "it is of AmazonS3, not of AmazonEC2", "at line 1 column 25"),
            (
                r#"{"formatVersion": "v1.0",NEWLINE"products": [1]}"#.replace("NEWLINE", "\n"),
                "invalid type: sequence, expected an object",
                "at line 2 column 13",
            ),
            (format!("{{\n\"terms\": {terms}}}"), "\"abc\": write dollars an hour", ""),
            (r#"{"products": {"#.to_owned(), "EOF while parsing an object", "at line 1 column 14"),
            ("{} {}".to_owned(), "trailing characters", "at line 1 column 4"),
        ] {
            let error = told(&text).expect_err(&text);
            assert!(error.starts_with(start) && error.ends_with(end), "{error}");
        }
    }

    /// Most of a list is reserved instances and products of other kinds: however many they are,
    /// nothing of them is kept.
    #[test]
    fn a_long_list_takes_no_memory() {
        struct Reserved(u32);
        impl Iterator for Reserved {
            type Item = String;

            fn next(&mut self) -> Option<String> {
                self.0 = self.0.checked_sub(1)?;
                Some(format!(r#""S{}": {}{}"#, self.0, term("Hrs", "0.01"), if self.0 == 0 { "" } else { "," }))
            }
        }
        let (products, terms) = list();
        let head = format!(r#"{{"products": {products}, "terms": {{"OnDemand": {}, "Reserved": {{"#, terms["OnDemand"]);
        let pieces = std::iter::once(head).chain(Reserved(20_000)).chain(["}}}".to_owned()]);
        let mut list = PriceList::default();
        let input = Pieces { pieces, rest: std::io::Cursor::default() };
        serde_json::Deserializer::from_reader(input).deserialize_map(Entries(&mut Whole(&mut list))).expect("a list");
        assert_eq!(list.products.as_ref().map(BTreeMap::len), Some(3));
        assert_eq!(list.terms.len(), 3);
    }

    /// Texts that are made while they are read.
    struct Pieces<I> {
        pieces: I,
        rest: std::io::Cursor<Vec<u8>>,
    }

    impl<I: Iterator<Item = String>> Read for Pieces<I> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = self.rest.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            match self.pieces.next() {
                None => Ok(0),
                Some(piece) => {
                    self.rest = std::io::Cursor::new(piece.into_bytes());
                    self.rest.read(buffer)
                }
            }
        }
    }
}
