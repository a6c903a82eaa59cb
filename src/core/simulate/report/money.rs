//! The cost of instances over time, in whole millionths of a dollar.

use std::fmt;
use std::ops::AddAssign;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::duration::Seconds;
use crate::snapshot::{UsdPerHour, decimal_dollars};

const SECONDS_OF_AN_HOUR: u128 = 3600;
const MICROS_OF_A_CENT: u64 = 10_000;

/// Millionths of a US dollar. In a document it is the amount in dollars as a decimal number in a
/// string, as prices are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(u64);

impl Usd {
    /// Returns an amount of this many millionths.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Returns the amount in millionths.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }
}

/// Writes the amount to the cent: `$12.40`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.0.saturating_add(MICROS_OF_A_CENT / 2) / MICROS_OF_A_CENT;
        write!(f, "${}.{:02}", cents / 100, cents % 100)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&decimal_dollars(self.0))
    }
}

impl JsonSchema for Usd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "US dollars.", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$" })
    }
}

/// Money that is being added up, exactly: in millionths of a dollar per hour times seconds. It is
/// rounded when it is shown, so that a sum is that of what was spent and not of rounded parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spending(u128);

impl Spending {
    /// Returns the cost of paying a price for this long.
    pub(super) fn for_time(price: UsdPerHour, time: Seconds) -> Self {
        Self(u128::from(price.micros()) * u128::from(time.0))
    }

    /// Rounds to the nearest millionth of a dollar.
    pub(super) fn rounded(self) -> Usd {
        let micros = (self.0 + SECONDS_OF_AN_HOUR / 2) / SECONDS_OF_AN_HOUR;
        Usd(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl AddAssign for Spending {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_rounded_once() {
        // A third of a millionth of a dollar, three times.
        let third = Spending::for_time(UsdPerHour::from_micros(1), Seconds(1200));
        let mut sum = Spending::default();
        for _ in 0..3 {
            sum += third;
        }
        assert_eq!((third.rounded(), sum.rounded()), (Usd(0), Usd(1)));
    }

    #[test]
    fn dollars_are_shown_to_the_cent_and_written_whole() {
        let price: UsdPerHour = "24.48".parse().expect("a price");
        let spent = Spending::for_time(price, Seconds(5)).rounded();
        assert_eq!((spent, spent.to_string()), (Usd(34_000), "$0.03".to_owned()));
        assert_eq!(serde_json::to_string(&spent).expect("JSON"), r#""0.034""#);
        assert_eq!(Usd(1_234_567_890).to_string(), "$1234.57");
        assert_eq!(Usd(995_000).to_string(), "$1.00");
    }
}
