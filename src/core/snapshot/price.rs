//! The prices of machines.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Millionths in a dollar: the finest step of spot prices.
const MICROS: u64 = 1_000_000;
/// How many decimals are kept.
const DECIMALS: usize = 6;

/// An amount in millionths of a US dollar per hour. A document has it in dollars, as a decimal
/// number in a string such as `"0.192"`: no program that reads it has to round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsdPerHour(u64);

/// A text that is no amount of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It is not digits with at most one point between them.
    #[error("write dollars an hour as a decimal number, such as 0.192")]
    Malformed,
    /// It is below zero.
    #[error("a price is never negative")]
    Negative,
    /// It is more than any machine costs.
    #[error("a price is below 1,000,000 dollars an hour")]
    TooLarge,
}

impl UsdPerHour {
    /// The amount zero.
    pub const ZERO: Self = Self(0);

    /// Returns an amount of that many millionths.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Returns the amount in millionths.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Returns that many times the amount.
    #[must_use]
    pub fn times(self, number: u32) -> Self {
        Self(self.0.saturating_mul(u64::from(number)))
    }
}

impl Add for UsdPerHour {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for UsdPerHour {
    type Output = Self;

    /// Subtracts, but never below zero.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for UsdPerHour {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

impl FromStr for UsdPerHour {
    type Err = MoneyError;

    /// Reads a decimal number exactly. Steps finer than a millionth are rounded up, so that nothing
    /// becomes cheaper by reading it.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        if text.starts_with('-') {
            return Err(MoneyError::Negative);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::Malformed);
        }
        let (kept, finer) = fraction.split_at(fraction.len().min(DECIMALS));
        let number = |digits: &str| if digits.is_empty() { Ok(0) } else { digits.parse::<u64>() };
        let dollars = number(whole).ok().filter(|dollars| *dollars < MICROS).ok_or(MoneyError::TooLarge)?;
        let millionths = number(&format!("{kept:0<DECIMALS$}")).map_err(|_| MoneyError::Malformed)?;
        let step = u64::from(finer.bytes().any(|digit| digit != b'0'));
        Ok(Self(dollars * MICROS + millionths + step))
    }
}

/// Shows the amount as `$12.40/h`. Small amounts have more decimals, so that they differ.
impl fmt::Display for UsdPerHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SMALL: u64 = 10 * MICROS;
        let rounded_to = |step: u64| (self.0 + step / 2) / step * step;
        let shown = if self.0 < SMALL { rounded_to(100) } else { rounded_to(MICROS / 100) };
        let decimals = format!("{:06}", shown % MICROS);
        let decimals = decimals.trim_end_matches('0');
        write!(f, "${}.{decimals:0<2}/h", shown / MICROS)
    }
}

/// Returns millionths as dollars, exactly: `0.192`.
pub(crate) fn decimal_dollars(micros: u64) -> String {
    let exact = format!("{}.{:06}", micros / MICROS, micros % MICROS);
    exact.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Serialize for UsdPerHour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&decimal_dollars(self.0))
    }
}

impl<'de> Deserialize<'de> for UsdPerHour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
    }
}

/// The schema of a decimal number in a string.
impl JsonSchema for UsdPerHour {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UsdPerHour".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "US dollars an hour.", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$" })
    }
}

/// The price of a machine type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The region.
    pub region: String,
    /// The machine type, such as `p3.16xlarge`.
    pub machine_type: String,
    /// How it is paid for.
    pub market: Market,
    /// The zone of the price; absent when it holds for the whole region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What it costs in US dollars per hour: one's own rate, where factors are given.
    pub usd_per_hour: UsdPerHour,
    /// The list price, where one's own rate differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_usd_per_hour: Option<UsdPerHour>,
    /// Where the price was read.
    pub source: PriceSource,
}

/// How a single machine is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// It is paid for on demand.
    OnDemand,
    /// It is a spot instance.
    Spot,
}

/// The source of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceSource {
    /// A table given as `--prices`.
    Table,
    /// A price list of the cloud, given as `--prices`.
    PriceList,
    /// The cloud's present prices of spot instances (`--spot-prices`).
    SpotHistory,
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnDemand => "on demand",
            Self::Spot => "spot",
        })
    }
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "table of --prices",
            Self::PriceList => "price list of --prices",
            Self::SpotHistory => "the cloud's spot prices",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Result<u64, MoneyError> {
        text.parse().map(UsdPerHour::micros)
    }

    #[test]
    fn decimals_are_read_exactly() {
        for (text, expected) in [
            ("0.192", 192_000),
            ("24.48", 24_480_000),
            ("3", 3_000_000),
            (".5", 500_000),
            ("0.", 0),
            ("0.0116000000", 11_600),
            ("0.1234561", 123_457),
            ("0.9999999", 1_000_000),
            ("999999.999999", 999_999_999_999),
        ] {
            assert_eq!(micros(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "abc", "1,5", "1e3", "1.2.3", "$1", " 1", "+1", "NaN"] {
            assert_eq!(micros(text), Err(MoneyError::Malformed), "{text:?}");
        }
        assert_eq!(micros("-0.1"), Err(MoneyError::Negative));
        assert_eq!(micros("1000000"), Err(MoneyError::TooLarge));
        assert_eq!(micros("99999999999999999999999"), Err(MoneyError::TooLarge));
    }

    #[test]
    fn amounts_are_shown_with_as_many_decimals_as_matter() {
        for (text, shown) in [
            ("12.4", "$12.40/h"),
            ("24.484999", "$24.48/h"),
            ("24.485", "$24.49/h"),
            ("0.192", "$0.192/h"),
            ("0.0104", "$0.0104/h"),
            ("0", "$0.00/h"),
            ("9.99999", "$10.00/h"),
        ] {
            assert_eq!(text.parse::<UsdPerHour>().expect(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_document_holds_every_millionth() {
        for (text, json) in [("0.192", r#""0.192""#), ("3", r#""3""#), ("10", r#""10""#), ("0.000001", r#""0.000001""#)] {
            let amount: UsdPerHour = text.parse().expect(text);
            assert_eq!(serde_json::to_string(&amount).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<UsdPerHour>(json).expect("JSON"), amount);
        }
        assert!(serde_json::from_str::<UsdPerHour>(r#""-1""#).is_err());
    }

    #[test]
    fn sums_stop_at_the_ends() {
        let (one, two) = (UsdPerHour::from_micros(1), UsdPerHour::from_micros(2));
        assert_eq!(one - two, UsdPerHour::ZERO);
        assert_eq!(two.times(3) + one, UsdPerHour::from_micros(7));
        assert_eq!(UsdPerHour::from_micros(u64::MAX) + one, UsdPerHour::from_micros(u64::MAX));
    }
}
