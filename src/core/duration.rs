//! Durations as people write them: `600`, `10m`, `1h30m`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole number of seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seconds(pub u64);

/// A text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration; write seconds (600) or units of d, h, m, s (10m, 1h30m)")]
pub struct DurationError(String);

impl Seconds {
    /// Returns this many minutes.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// Returns the time from one moment to a later one; 0 when it is not later, as happens when
    /// clocks disagree.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self(u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0))
    }

    /// Returns the moment this long before another.
    #[must_use]
    pub fn before(self, moment: Timestamp) -> Timestamp {
        moment.saturating_sub(SignedDuration::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX))).unwrap_or(Timestamp::MIN)
    }

    /// Returns the moment this long after another.
    #[must_use]
    pub fn after(self, from: Timestamp) -> Timestamp {
        from.saturating_add(SignedDuration::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX))).unwrap_or(Timestamp::MAX)
    }
}

/// Units from the largest down, with their length in seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl FromStr for Seconds {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self).ok_or_else(|| DurationError(text.to_owned()))
    }
}

/// Returns the seconds of the text, or `None`. Units go from large to small, each at most once.
fn parse(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let mut rest = text;
    let mut total: u64 = 0;
    for (unit, seconds) in UNITS {
        let Some((number, after)) = rest.split_once(unit) else { continue };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(seconds)?)?;
        rest = after;
    }
    rest.is_empty().then_some(total)
}

impl fmt::Display for Seconds {
    /// Writes the two largest units: `42m`, `1h 30m`, `3d 4h`, `45s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(largest) = UNITS.iter().position(|(_, seconds)| self.0 >= *seconds) else { return f.write_str("0s") };
        let (unit, seconds) = UNITS[largest];
        write!(f, "{}{unit}", self.0 / seconds)?;
        match UNITS.get(largest + 1).map(|(unit, smaller)| (unit, self.0 % seconds / smaller)) {
            Some((unit, count)) if count > 0 => write!(f, " {count}{unit}"),
            _ => Ok(()),
        }
    }
}

/// Returns a moment and its distance from now: `14:20 UTC, in 42m` or `13:02 UTC, 36m ago`. Other
/// days carry their date.
#[must_use]
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let same_day = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    let clock = at.strftime(if same_day { "%H:%M UTC" } else { "%F %H:%M UTC" });
    match at >= now {
        true => format!("{clock}, in {}", Seconds::between(now, at)),
        false => format!("{clock}, {} ago", Seconds::between(at, now)),
    }
}

/// Returns a time in whole seconds, as Kubernetes keeps times (`metav1.Time`) and as our
/// annotations hold them: `2026-11-22T10:00:00Z`.
#[must_use]
pub fn whole_seconds(at: Timestamp) -> String {
    at.strftime("%FT%TZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_units() {
        for (text, seconds) in
            [("600", 600), ("10m", 600), ("1h30m", 5400), ("7d", 604_800), ("0", 0), ("90s", 90), ("1h5s", 3605)]
        {
            assert_eq!(text.parse(), Ok(Seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_anything_else() {
        for text in ["", "m", "10 m", "-5", "1.5h", "10m1h", "5x", "10m10m", "99999999999999999999"] {
            assert!(text.parse::<Seconds>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn writes_the_two_largest_units() {
        for (seconds, text) in
            [(0, "0s"), (45, "45s"), (60, "1m"), (2520, "42m"), (5400, "1h 30m"), (3605, "1h"), (273_600, "3d 4h")]
        {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn a_moment_says_how_far_it_is() {
        let now: Timestamp = "2026-11-22T13:38:00Z".parse().expect("a timestamp");
        let at = |text: &str| text.parse().expect("a timestamp");
        assert_eq!(moment(at("2026-11-22T14:20:00Z"), now), "14:20 UTC, in 42m");
        assert_eq!(moment(at("2026-11-22T13:02:00Z"), now), "13:02 UTC, 36m ago");
        assert_eq!(moment(at("2026-11-23T01:00:00Z"), now), "2026-11-23 01:00 UTC, in 11h 22m");
    }
}
