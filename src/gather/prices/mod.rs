//! Prices from a file (`--prices`): a table of our own, or a price list of AWS. Both may be gzip;
//! the format is recognised by the content and not by the name. A table may hold factors on prices.

mod factors;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::document::{ByteSize, GZIP_MAGIC};
use crate::cloud::read_price_list;
use crate::snapshot::{Market, MoneyError, Price, Snapshot};
pub use factors::PriceFactor;

/// At most this much may come out of a compressed file: several times the list of the largest
/// region. It is read piece by piece.
const MOST_DECOMPRESSED: ByteSize = ByteSize(2 << 30);

/// Far more prices than AWS has. Each is kept in memory, and a small file must not be able to fill
/// it.
const MOST_PRICES: usize = 1_000_000;

/// The mark that some editors put before a text.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// What a file of prices holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenPrices {
    /// List prices.
    pub prices: Vec<Price>,
    /// What one pays of them.
    pub factors: Vec<PriceFactor>,
}

impl GivenPrices {
    /// Adds those of a further file, which outweigh the earlier ones.
    pub fn add(&mut self, more: Self) {
        self.prices.extend(more.prices);
        self.factors.retain(|factor| !more.factors.iter().any(|newer| newer.is_about_the_same(factor)));
        self.factors.extend(more.factors);
    }

    /// Returns what one pays by them, whether a group uses the type or not.
    #[must_use]
    pub fn rates(&self) -> Vec<Price> {
        let mut prices = self.prices.clone();
        factors::apply(&self.factors, &mut prices);
        prices
    }

    fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.factors.is_empty()
    }
}

/// Why a file holds no prices.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// It can't be read.
    #[error("prices {file} can't be read: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// It is a small file that decompresses to a large one.
    #[error(
        "prices {file} are larger than {limit} when decompressed; if it is the file that is meant, decompress it first (gunzip)"
    )]
    Inflated {
        /// The file.
        file: String,
        /// The limit.
        limit: ByteSize,
    },
    /// A line of a table is wrong.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// It begins like a price list and is none.
    #[error("{file}: not a price list of AWS: {error}")]
    NotAList {
        /// The file.
        file: String,
        /// Why not, with line and column.
        error: serde_json::Error,
    },
    /// It holds no price that could matter here.
    #[error("{file} holds no price; {expected}")]
    Empty {
        /// The file.
        file: String,
        /// What it should hold.
        expected: &'static str,
    },
}

/// What is wrong with a line of a table.
#[derive(Debug, thiserror::Error)]
pub enum LineProblem {
    /// The number of columns is wrong.
    #[error("{found} columns; write region,instance_type,usd_per_hour or region,instance_type,usd_per_hour,spot")]
    Columns {
        /// How many there are.
        found: usize,
    },
    /// A name is missing.
    #[error("the {0} is missing")]
    Missing(&'static str),
    /// Both prices are missing.
    #[error("there is no price")]
    NoPrice,
    /// A column is not a price.
    #[error("{text:?} is no price: {error}")]
    Money {
        /// What is there.
        text: String,
        /// Why not.
        error: MoneyError,
    },
    /// The same type of the same region is there twice.
    #[error("{machine_type} in {region} has its price in line {first} already")]
    Duplicate {
        /// The region.
        region: String,
        /// The type.
        machine_type: String,
        /// The line that has it.
        first: u64,
    },
    /// A line of a factor has the wrong number of columns.
    #[error("{found} columns; write factor,region,instance_type,market,factor, such as factor,*,m5.*,on-demand,0.72")]
    FactorColumns {
        /// How many there are.
        found: usize,
    },
    /// A column is no name of regions or types.
    #[error("{text:?} is no name and no beginning of names; write m5.large, m5.* or *")]
    Pattern {
        /// What is there.
        text: String,
    },
    /// A column is no market.
    #[error("{text:?} is no market; write on-demand, spot or *")]
    Market {
        /// What is there.
        text: String,
    },
    /// A column is no factor.
    #[error("{text:?} is no factor; write a number from 0 to 100, such as 0.72")]
    NoFactor {
        /// What is there.
        text: String,
    },
    /// Two factors are about the same prices.
    #[error("line {first} has a factor for the same region, type and market already")]
    DuplicateFactor {
        /// The line that has it.
        first: u64,
    },
    /// There are more lines than any table of prices has.
    #[error("more than {0} prices; leave out those of machines that no group launches")]
    TooMany(usize),
    /// It is not text in lines and columns.
    #[error("{0}")]
    Malformed(String),
}

/// Reads the prices of a file.
///
/// # Errors
/// When it cannot be read, or a line of it is wrong.
pub fn read(path: &Path) -> Result<GivenPrices, PricesError> {
    let file = path.display().to_string();
    let unreadable = |error| PricesError::Unreadable { file: file.clone(), error };
    let input = BufReader::new(File::open(path).map_err(unreadable)?);
    read_from(input, &file)
}

fn read_from(mut input: impl BufRead, file: &str) -> Result<GivenPrices, PricesError> {
    let unreadable = |error| PricesError::Unreadable { file: file.to_owned(), error };
    match input.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC) {
        true => read_compressed(input, file, MOST_DECOMPRESSED),
        false => read_plain(input, file),
    }
}

/// Reads a compressed file. An error behind the limit is caused by the limit. One byte more shows
/// that the file is larger.
fn read_compressed(input: impl BufRead, file: &str, limit: ByteSize) -> Result<GivenPrices, PricesError> {
    let mut bounded = MultiGzDecoder::new(input).take(limit.0 + 1);
    let prices = read_plain(BufReader::new(&mut bounded), file);
    match bounded.limit() {
        0 => Err(PricesError::Inflated { file: file.to_owned(), limit }),
        _ => prices,
    }
}

fn read_plain(mut input: impl BufRead, file: &str) -> Result<GivenPrices, PricesError> {
    let begins_like_a_list = begins_with_a_brace(&mut input);
    let begins_like_a_list = begins_like_a_list.map_err(|error| PricesError::Unreadable { file: file.to_owned(), error })?;
    let of_list = |prices| GivenPrices { prices, factors: Vec::new() };
    let (prices, expected) = match begins_like_a_list {
        true => (
            of_list(read_price_list(input).map_err(|error| not_a_list(error, file))?),
            "write the price list of EC2 of one region: what the AWS Price List gives for AmazonEC2 with prices in USD",
        ),
        false => (table::read(input, file)?, "write lines such as us-west-2,m5.large,0.096"),
    };
    if prices.is_empty() { Err(PricesError::Empty { file: file.to_owned(), expected }) } else { Ok(prices) }
}

fn not_a_list(error: serde_json::Error, file: &str) -> PricesError {
    match error.is_io() {
        true => PricesError::Unreadable { file: file.to_owned(), error: error.into() },
        false => PricesError::NotAList { file: file.to_owned(), error },
    }
}

/// Skips what may stand before the text, and returns whether a brace follows.
fn begins_with_a_brace(input: &mut impl BufRead) -> io::Result<bool> {
    if input.fill_buf()?.starts_with(&BYTE_ORDER_MARK) {
        input.consume(BYTE_ORDER_MARK.len());
    }
    Ok(input.fill_buf()?.first() == Some(&b'{'))
}

/// Puts the prices that the groups of a snapshot can use into it. An existing price is replaced;
/// types and regions that no group uses are left out. Factors hold for all prices, the cloud's own
/// among them.
pub fn put_into(snapshot: &mut Snapshot, given: GivenPrices) {
    type Place = (String, String, Market, Option<String>);
    let place =
        |price: &Price| -> Place { (price.region.clone(), price.machine_type.clone(), price.market, price.zone.clone()) };
    let used = types_in_use(snapshot);
    let is_used = |price: &Price| used.contains(&(price.region.as_str(), price.machine_type.as_str()));
    let known = snapshot.prices.clone().unwrap_or_default().into_iter();
    let newer = given.prices.into_iter().filter(is_used);
    let by_place: BTreeMap<Place, Price> = known.chain(newer).map(|price| (place(&price), price)).collect();
    let mut prices: Vec<Price> = by_place.into_values().collect();
    factors::apply(&given.factors, &mut prices);
    snapshot.prices = Some(prices);
}

/// Returns region and name of every type that a group launches or has an instance of.
fn types_in_use(snapshot: &Snapshot) -> BTreeSet<(&str, &str)> {
    let of_groups = snapshot.groups.iter().flat_map(|group| {
        let launched = group.launch_options.iter().map(|option| &option.machine_type);
        let there = group.instances.iter().map(|instance| &instance.machine_type);
        launched.chain(there).map(|name| (group.id.region.as_str(), name.as_str()))
    });
    of_groups.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::snapshot::{PriceSource, UsdPerHour};

    fn read_text(text: &str) -> Result<Vec<Price>, String> {
        read_from(text.as_bytes(), "p.csv").map(|given| given.prices).map_err(|error| error.to_string())
    }

    fn price(region: &str, machine_type: &str, market: Market, dollars: &str) -> Price {
        Price {
            region: region.into(),
            machine_type: machine_type.into(),
            market,
            zone: None,
            usd_per_hour: dollars.parse().expect("an amount"),
            list_usd_per_hour: None,
            source: PriceSource::Table,
        }
    }

    #[test]
    fn the_content_says_what_it_is() {
        let text = "us-west-2,m5.large,0.096\n";
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory takes everything");
        let compressed = encoder.finish().expect("memory takes everything");
        let expected = vec![price("us-west-2", "m5.large", Market::OnDemand, "0.096")];
        assert_eq!(read_from(&*compressed, "p.csv").expect("prices").prices, expected);
        assert_eq!(read_text(&format!("\u{feff}{text}")), Ok(expected));
        assert!(read_text("{}").is_err_and(|error| error.starts_with("p.csv holds no price; write the price list")));
        assert!(read_text("").is_err_and(|error| error.starts_with("p.csv holds no price; write lines such as")));
        let other = "p.csv: not a price list of AWS: it is of AmazonS3, not of AmazonEC2 at line 1 column 25";
        assert_eq!(read_text(r#"{"offerCode": "AmazonS3"}"#), Err(other.to_owned()));
        let missing = read(Path::new("/nowhere/p.csv")).expect_err("no such file").to_string();
        assert!(missing.starts_with("prices /nowhere/p.csv can't be read: No such file"), "{missing}");
    }

    #[test]
    fn what_comes_out_of_a_compressed_file_is_bounded() {
        let text = "us-west-2,m5.large,0.096\n".to_owned() + &"\n".repeat(1000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory takes everything");
        let compressed = encoder.finish().expect("memory takes everything");
        let read = |limit| read_compressed(&*compressed, "p.csv.gz", ByteSize(limit)).map_err(|error| error.to_string());
        assert_eq!(read(1 << 11).map(|given| given.prices.len()), Ok(1));
        let error = read(512).expect_err("1,025 bytes");
        assert!(error.starts_with("prices p.csv.gz are larger than 512 bytes when decompressed; "), "{error}");
    }

    #[test]
    fn a_snapshot_gets_what_its_groups_use_and_newer_prices_replace_older_ones() {
        let mut snapshot = crate::demo::snapshot();
        let (region, machine_type) = {
            let group = &snapshot.groups[0];
            (group.id.region.clone(), group.launch_options[0].machine_type.clone())
        };
        let of = |dollars: &str| price(&region, &machine_type, Market::OnDemand, dollars);
        let put_into = |snapshot: &mut Snapshot, prices| put_into(snapshot, GivenPrices { prices, factors: Vec::new() });
        put_into(&mut snapshot, vec![of("1"), price(&region, "t2.nano", Market::OnDemand, "0.01")]);
        assert_eq!(snapshot.prices, Some(vec![of("1")]));
        put_into(&mut snapshot, vec![of("2"), price("eu-west-9", &machine_type, Market::OnDemand, "3")]);
        assert_eq!(snapshot.prices, Some(vec![of("2")]));
        put_into(&mut snapshot, vec![price(&region, &machine_type, Market::Spot, "0.5")]);
        let prices: Vec<UsdPerHour> = snapshot.prices.into_iter().flatten().map(|price| price.usd_per_hour).collect();
        assert_eq!(prices, [UsdPerHour::from_micros(2_000_000), UsdPerHour::from_micros(500_000)]);
    }

    #[test]
    fn factors_hold_for_prices_that_are_known_already_and_are_replaced_by_newer_ones() {
        let mut snapshot = crate::demo::snapshot();
        let group = &snapshot.groups[0];
        let line = format!("{},{},2\n", group.id.region, group.launch_options[0].machine_type);
        let given = |text: &str| read_from(text.as_bytes(), "p.csv").expect(text);
        put_into(&mut snapshot, given(&line));
        let rates = |snapshot: &Snapshot| {
            let prices = snapshot.prices.iter().flatten();
            prices
                .map(|price| (price.usd_per_hour.micros(), price.list_usd_per_hour.map(UsdPerHour::micros)))
                .collect::<Vec<_>>()
        };
        put_into(&mut snapshot, given("factor,*,*,on-demand,0.5\n"));
        assert_eq!(rates(&snapshot), [(1_000_000, Some(2_000_000))]);
        let mut both = given("factor,*,*,on-demand,0.5\n");
        both.add(given("factor,*,*,on-demand,0.75\n"));
        put_into(&mut snapshot, both);
        assert_eq!(rates(&snapshot), [(1_500_000, Some(2_000_000))]);
    }
}
