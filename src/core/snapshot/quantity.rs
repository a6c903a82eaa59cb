//! Kubernetes quantities, kept exactly.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Nano-units in one unit: the finest step Kubernetes keeps.
const NANO: i128 = 1_000_000_000;

/// An amount such as `1500m`, `4Gi` or `1e3`, kept exactly in nano-units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nanos: i128,
}

/// A text that is not a Kubernetes quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Kubernetes quantity (such as 500m, 2, 4Gi)")]
pub struct QuantityError(pub String);

impl Quantity {
    /// Reads the text form of `k8s.io/apimachinery/pkg/api/resource`. As there, steps finer than a
    /// nano-unit round away from zero, and amounts beyond 64 bits are the largest there is: anybody
    /// may write `1e30` into a pod.
    ///
    /// # Errors
    /// When the text is not a quantity.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        parse(text).map(|nanos| Self { nanos }).ok_or_else(|| QuantityError(text.to_owned()))
    }

    /// Returns thousandths, rounded up: how the scheduler counts cpu.
    #[must_use]
    pub fn milli_value(self) -> i64 {
        self.ceil(NANO / 1000)
    }

    /// Returns whole units, rounded up: how the scheduler counts everything but cpu.
    #[must_use]
    pub fn value(self) -> i64 {
        self.ceil(NANO)
    }

    /// Returns so many whole units.
    #[must_use]
    pub fn of_units(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANO }
    }

    /// Returns the sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos) }
    }

    /// Returns the difference, which may be below 0.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos) }
    }

    /// Returns about as many units.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the caller wants an approximation")]
    pub fn approximate(self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    /// Whether it is a whole number of units.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    fn ceil(self, step: i128) -> i64 {
        let up = self.nanos.div_euclid(step) + i128::from(self.nanos.rem_euclid(step) > 0);
        i64::try_from(up).unwrap_or(if up > 0 { i64::MAX } else { i64::MIN })
    }
}

impl Default for Quantity {
    /// Returns nothing at all.
    fn default() -> Self {
        Self::of_units(0)
    }
}

impl fmt::Display for Quantity {
    /// Writes the amount in the largest of units, thousandths and nano-units that keeps it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MILLI: i128 = NANO / 1000;
        match self.nanos {
            nanos if nanos % NANO == 0 => write!(f, "{}", nanos / NANO),
            nanos if nanos % MILLI == 0 => write!(f, "{}m", nanos / MILLI),
            nanos => write!(f, "{nanos}n"),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// So many nano-units are more than 64 bits of units.
const BEYOND: i128 = i128::MAX / 2;

/// Returns the nano-units of a text, or `None`.
fn parse(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let number_end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let nanos = scaled(whole, fraction, scale(suffix)?);
    Some(if negative { -nanos } else { nanos })
}

/// Multiplies and divides a number, and returns its nano-units, rounded up.
fn scaled(whole: &str, fraction: &str, (multiplier, divisor): (i128, i128)) -> i128 {
    // Finer digits are below a nano-unit whatever the suffix is, and only show that the amount is
    // not 0.
    const FINEST: usize = 18;
    let digits = format!("{whole}{}", &fraction[..fraction.len().min(FINEST)]);
    let is_more = fraction.bytes().skip(FINEST).any(|digit| digit != b'0');
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return i128::from(is_more);
    }
    let numerator = digits.parse().ok().and_then(|digits: i128| digits.checked_mul(multiplier)?.checked_mul(NANO));
    let power = u32::try_from(fraction.len().min(FINEST)).unwrap_or_default();
    let denominator = 10_i128.checked_pow(power).and_then(|power| power.checked_mul(divisor));
    match (numerator, denominator) {
        (Some(numerator), Some(denominator)) => {
            numerator.div_euclid(denominator) + i128::from(numerator.rem_euclid(denominator) > 0 || is_more)
        }
        (None, _) => BEYOND,
        (Some(_), None) => 1,
    }
}

/// Returns what a suffix multiplies by and divides by.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let binary = |power: u32| Some((1_i128 << (10 * power), 1));
    let decimal = |power: u32| Some((10_i128.pow(power), 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, NANO)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => exponent(suffix),
    }
}

/// Reads `e3` or `E-2`, a power of ten. All powers that lead out of 64 bits or below a nano-unit
/// are the same.
fn exponent(suffix: &str) -> Option<(i128, i128)> {
    const FURTHEST: u32 = 37;
    let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let factor = 10_i128.pow(power.unsigned_abs().min(FURTHEST));
    Some(if power < 0 { (1, factor) } else { (factor, 1) })
}

/// Writes an amount of millicores as Kubernetes does: `1500m`, `2`.
pub(super) fn write_milli(milli: i64, f: &mut impl fmt::Write) -> fmt::Result {
    if milli % 1000 == 0 { write!(f, "{}", milli / 1000) } else { write!(f, "{milli}m") }
}

/// Writes a whole amount exactly, with the largest binary suffix that divides it: `4Gi`, `1500`.
pub(super) fn write_exact(value: i64, f: &mut impl fmt::Write) -> fmt::Result {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut rest = value;
    let mut power = 0;
    while rest != 0 && rest % 1024 == 0 && power + 1 < SUFFIXES.len() {
        rest /= 1024;
        power += 1;
    }
    write!(f, "{rest}{}", SUFFIXES[power])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from the tables of `k8s.io/apimachinery/pkg/api/resource/quantity_test.go`.
    #[test]
    fn reads_every_form_kubernetes_writes() {
        for (text, milli, value) in [
            ("0", 0, 0),
            ("0n", 0, 0),
            ("1n", 1, 1),
            ("100m", 100, 1),
            ("1500m", 1500, 2),
            ("1.5", 1500, 2),
            (".5", 500, 1),
            ("5.", 5000, 5),
            ("1e3", 1_000_000, 1000),
            ("1E3", 1_000_000, 1000),
            ("1e-3", 1, 1),
            ("1k", 1_000_000, 1000),
            ("1Ki", 1_024_000, 1024),
            ("0.5Mi", 524_288_000, 524_288),
            ("+2", 2000, 2),
            ("-1", -1000, -1),
            ("128974848000m", 128_974_848_000, 128_974_848),
            ("100u", 1, 1),
        ] {
            let quantity = Quantity::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((quantity.milli_value(), quantity.value()), (milli, value), "{text}");
        }
    }

    #[test]
    fn an_absurd_amount_is_the_largest_there_is() {
        let nines = "9".repeat(60);
        for text in ["100Ei", "1e30", "1E99", "1e300", &nines, &format!("{nines}.{nines}Ei")] {
            let quantity = Quantity::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((quantity.value(), quantity.milli_value()), (i64::MAX, i64::MAX), "{text}");
        }
        assert_eq!(Quantity::parse("-1e30").map(Quantity::value), Ok(i64::MIN));
        let zeros = "0".repeat(60);
        for (text, value) in [("1e-30", 1), ("0e99", 0), (&format!("{zeros}7"), 7), (&format!("0.{zeros}7"), 1)] {
            assert_eq!(Quantity::parse(text).map(Quantity::value), Ok(value), "{text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for text in ["", "-", ".", "1.1.1", "Mi", "1mi", "1 Gi", "one", "1e", "0x10", "1KiB", "--1", "1,5"] {
            assert_eq!(Quantity::parse(text), Err(QuantityError(text.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn writes_back_what_it_read() {
        let exact = |value| {
            let mut text = String::new();
            write_exact(value, &mut text).map(|()| text)
        };
        assert_eq!(exact(0).as_deref(), Ok("0"));
        assert_eq!(exact(4 << 30).as_deref(), Ok("4Gi"));
        assert_eq!(exact(1500).as_deref(), Ok("1500"));
        assert_eq!(exact(-2048).as_deref(), Ok("-2Ki"));
    }
}
