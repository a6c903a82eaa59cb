//! A table of prices: `region,instance_type,usd_per_hour`, and the spot price as a fourth column
//! where there is one.
//!
//! A first line that begins with `region` is a header. Empty lines and lines that begin with `#`
//! are skipped. One of the two prices may be empty: then it is not known. A line that begins with
//! `factor` is one of `factors`.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::factors::{FACTOR, PriceFactor};
use super::{GivenPrices, LineProblem, MOST_PRICES, PricesError};
use crate::snapshot::{Market, Price, PriceSource};

/// A line of names and numbers is far shorter; one without an end would fill the memory.
const LONGEST_LINE: usize = 64 << 10;

pub(super) fn read(input: impl Read, file: &str) -> Result<GivenPrices, PricesError> {
    let mut lines: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut factor_lines: Vec<u64> = Vec::new();
    let mut given = GivenPrices::default();
    let (mut input, mut is_first) = (BufReader::new(input), true);
    for line in 1.. {
        let wrong = |problem| PricesError::Line { file: file.to_owned(), line, problem };
        let text = next_line(&mut input).map_err(|error| PricesError::Unreadable { file: file.to_owned(), error })?;
        let Some(text) = text else { break };
        if text.len() > LONGEST_LINE {
            return Err(wrong(LineProblem::Malformed(format!("longer than {LONGEST_LINE} bytes"))));
        }
        let Some(record) = record_of(&text).map_err(wrong)? else { continue };
        if std::mem::take(&mut is_first) && record[0].eq_ignore_ascii_case("region") {
            continue;
        }
        if record[0].eq_ignore_ascii_case(FACTOR) {
            let factor = PriceFactor::read(&record).map_err(wrong)?;
            if let Some(earlier) = given.factors.iter().position(|earlier| earlier.is_about_the_same(&factor)) {
                return Err(wrong(LineProblem::DuplicateFactor { first: factor_lines[earlier] }));
            }
            given.factors.push(factor);
            factor_lines.push(line);
            continue;
        }
        let read = prices_of(&record).map_err(wrong)?;
        let place = (record[0].to_owned(), record[1].to_owned());
        if let Some(first) = lines.insert(place.clone(), line) {
            let (region, machine_type) = place;
            return Err(wrong(LineProblem::Duplicate { region, machine_type, first }));
        }
        given.prices.extend(read);
        if given.prices.len() > MOST_PRICES {
            return Err(wrong(LineProblem::TooMany(MOST_PRICES)));
        }
    }
    Ok(given)
}

/// Returns the next line, or the beginning of one that is too long.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    // One byte is for the end of the line, and one shows that it is too long.
    let most = u64::try_from(LONGEST_LINE + 2).expect("a small number");
    let read = input.take(most).read_until(b'\n', &mut line)?;
    line.pop_if(|last| *last == b'\n');
    Ok((read > 0).then_some(line))
}

/// Returns the columns of a line, or none of one that is skipped. Each line is read by itself,
/// since the reader of whole files adds the lines before a record to it.
fn record_of(line: &[u8]) -> Result<Option<StringRecord>, LineProblem> {
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .buffer_capacity(256)
        .from_reader(line);
    let mut record = StringRecord::new();
    match records.read_record(&mut record) {
        Ok(is_there) => Ok((is_there && record.iter().any(|column| !column.is_empty())).then_some(record)),
        Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
            Err(LineProblem::Malformed("not UTF-8".to_owned()))
        }
        Err(error) => Err(LineProblem::Malformed(error.to_string())),
    }
}

/// Returns the one or two prices of a line.
fn prices_of(record: &StringRecord) -> Result<Vec<Price>, LineProblem> {
    if !(3..=4).contains(&record.len()) {
        return Err(LineProblem::Columns { found: record.len() });
    }
    let named =
        |column: usize, name| if record[column].is_empty() { Err(LineProblem::Missing(name)) } else { Ok(&record[column]) };
    let (region, machine_type) = (named(0, "region")?, named(1, "instance type")?);
    let mut prices = Vec::new();
    for (column, market) in [(2, Market::OnDemand), (3, Market::Spot)] {
        let Some(text) = record.get(column).filter(|text| !text.is_empty()) else { continue };
        let usd_per_hour = text.parse().map_err(|error| LineProblem::Money { text: text.to_owned(), error })?;
        prices.push(Price {
            region: region.to_owned(),
            machine_type: machine_type.to_owned(),
            market,
            zone: None,
            usd_per_hour,
            list_usd_per_hour: None,
            source: PriceSource::Table,
        });
    }
    if prices.is_empty() { Err(LineProblem::NoPrice) } else { Ok(prices) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Vec<String>, String> {
        let told = |price: Price| format!("{} {} {} {}", price.region, price.machine_type, price.market, price.usd_per_hour);
        read(text.as_bytes(), "p.csv")
            .map(|given| given.prices.into_iter().map(told).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn header_comments_and_spaces_are_understood() {
        let text = "Region, instance_type, usd_per_hour, spot\n# ours\n\nus-west-2, m5.large, 0.096, 0.0312\nus-east-1,m5.large,,0.03\n";
        assert_eq!(
            table(text).expect("a table"),
            ["us-west-2 m5.large on demand $0.096/h", "us-west-2 m5.large spot $0.0312/h", "us-east-1 m5.large spot $0.03/h"]
        );
        assert_eq!(table("us-west-2,m5.large,0.096").expect("a table"), ["us-west-2 m5.large on demand $0.096/h"]);
    }

    #[test]
    fn an_error_names_file_and_line() {
        for (text, error) in [
            ("a,b,0.1\nc,d,abc\n", "p.csv:2: \"abc\" is no price: write dollars an hour as a decimal number, such as 0.192"),
            ("# x\n\na,b,-1\n", "p.csv:3: \"-1\" is no price: a price is never negative"),
            ("a,b,1,x\n", "p.csv:1: \"x\" is no price: write dollars an hour as a decimal number, such as 0.192"),
            ("a,b\n", "p.csv:1: 2 columns; write region,instance_type,usd_per_hour or region,instance_type,usd_per_hour,spot"),
            (
                "a;b;1\n",
                "p.csv:1: 1 columns; write region,instance_type,usd_per_hour or region,instance_type,usd_per_hour,spot",
            ),
            (
                "a,b,1,2,3\n",
                "p.csv:1: 5 columns; write region,instance_type,usd_per_hour or region,instance_type,usd_per_hour,spot",
            ),
            ("a,b,1\nc,d,2\na,b,1\n", "p.csv:3: b in a has its price in line 1 already"),
            ("a,,1\n", "p.csv:1: the instance type is missing"),
            (",b,1\n", "p.csv:1: the region is missing"),
            ("a,b,,\n", "p.csv:1: there is no price"),
            ("a,b,1\nfactor,*,*,spot,x\n", "p.csv:2: \"x\" is no factor; write a number from 0 to 100, such as 0.72"),
            (
                "factor,*,m5.*,*,1\n\nfactor,*,m5.*,*,2\n",
                "p.csv:3: line 1 has a factor for the same region, type and market already",
            ),
        ] {
            assert_eq!(table(text).expect_err(text), error, "{text:?}");
        }
        let endless = format!("a,b,1\n# {}\n", "x".repeat(LONGEST_LINE - 1));
        assert_eq!(table(&endless).expect_err("too long"), "p.csv:2: longer than 65536 bytes");
        let long = format!("# {}\na,b,1\n", "x".repeat(LONGEST_LINE - 2));
        assert_eq!(table(&long).map(|prices| prices.len()), Ok(1));
        let not_text = read(&b"a,b,1\nc,\xff,1\n"[..], "p.csv").expect_err("not UTF-8").to_string();
        assert_eq!(not_text, "p.csv:2: not UTF-8");
    }
}
