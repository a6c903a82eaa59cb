//! The kinds of values that settings have: how each is read and written. A row of the table names
//! its kind.

use std::fmt::Display;
use std::str::FromStr;

use strum::VariantNames;

use super::{ClusterLimit, ExpanderChain, GrowthRate, LaunchWay, Packing, RevertUnfilled, SchedulerScoring, Takes};
use crate::duration::Seconds;

/// How the values of a setting are read and written.
pub(super) struct ValueKind<T: 'static> {
    /// What the flag takes.
    pub(super) takes: Takes,
    /// The values that a tag may have, after "expected".
    pub(super) expected: &'static str,
    /// Reads a value; the error follows the flag and the text on the command line.
    pub(super) read: fn(&str) -> Result<T, String>,
    /// Writes a value as it could be given; `None` where there is none. Different values are
    /// written differently.
    pub(super) write: fn(&T) -> Option<String>,
}

/// A duration.
pub(super) const DURATION: ValueKind<Seconds> = ValueKind {
    takes: Takes::ONE,
    expected: "a duration such as 600, 10m or 1h30m",
    read: parsed,
    write: |duration| {
        // Its display rounds to two units.
        let short = duration.to_string().replace(' ', "");
        Some(if short.parse() == Ok(*duration) { short } else { format!("{}s", duration.0) })
    },
};

/// A whole number, negative ones too.
pub(super) const NUMBER: ValueKind<i32> =
    ValueKind { takes: Takes::NEGATIVE_TOO, expected: "a whole number", read: parsed, write: written };

/// A whole number, negative ones too, or nothing.
pub(super) const NUMBER_OR_NOTHING: ValueKind<Option<i32>> = ValueKind {
    takes: Takes::NEGATIVE_TOO,
    expected: NUMBER.expected,
    read: |text| (NUMBER.read)(text).map(Some),
    write: |number| number.map(|number| number.to_string()),
};

/// A number of things.
pub(super) const COUNT: ValueKind<u32> =
    ValueKind { takes: Takes::ONE, expected: "a whole number, 0 or more", read: parsed, write: written };

/// A number of things, at least one.
pub(super) const COUNT_FROM_1: ValueKind<u32> = ValueKind {
    takes: Takes::ONE,
    expected: "a whole number, 1 or more",
    read: |text| match parsed(text)? {
        0 => Err("0 is not in 1..; write 1 or more".to_owned()),
        count => Ok(count),
    },
    write: written,
};

/// A number of things, at least one, or nothing.
pub(super) const COUNT_FROM_1_OR_NOTHING: ValueKind<Option<u32>> = ValueKind {
    takes: Takes::ONE,
    expected: COUNT_FROM_1.expected,
    read: |text| (COUNT_FROM_1.read)(text).map(Some),
    write: |number| number.map(|number| number.to_string()),
};

/// The beginning of a random sequence.
pub(super) const SEED: ValueKind<u64> = ValueKind { takes: Takes::ONE, expected: COUNT.expected, read: parsed, write: written };

/// A number from 0 to 1.
pub(super) const FRACTION: ValueKind<f64> = ValueKind {
    takes: Takes::ONE,
    expected: "a number from 0 to 1",
    read: |text| {
        let fraction = text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction));
        fraction.ok_or_else(|| "write a number from 0 to 1".to_owned())
    },
    write: written,
};

/// A number from 0 up.
pub(super) const SCORE: ValueKind<f64> = ValueKind {
    takes: Takes::ONE,
    expected: "a number, 0 or more",
    read: |text| {
        let score = text.parse().ok().filter(|score: &f64| score.is_finite() && *score >= 0.0);
        score.ok_or_else(|| "write a number, 0 or more".to_owned())
    },
    write: written,
};

/// A switch that turns its field on.
pub(super) const SWITCH: ValueKind<bool> =
    ValueKind { takes: Takes::Nothing, expected: "true or false", read: switch, write: written };

/// A switch that turns its field off.
pub(super) const SWITCH_OFF: ValueKind<bool> = ValueKind {
    takes: Takes::Nothing,
    expected: SWITCH.expected,
    read: |text| switch(text).map(|off| !off),
    write: |on| written(&!on),
};

/// Names; an empty list means no restriction.
pub(super) const NAMES: ValueKind<Vec<String>> = ValueKind {
    takes: Takes::List,
    expected: "names, separated by commas",
    read: |text| Ok(text.split(',').map(str::to_owned).collect()),
    write: |names| (!names.is_empty()).then(|| names.join(",")),
};

/// So many nodes within a time, or any number.
pub(super) const GROWTH_RATE: ValueKind<Option<GrowthRate>> = ValueKind {
    takes: Takes::ONE,
    expected: "a number of nodes and a duration, such as 20/1h",
    read: |text| text.parse().map(Some).map_err(|error: super::growth_rate::RateError| error.to_string()),
    write: |rate| rate.map(|rate| format!("{}/{}s", rate.nodes, rate.within.0)),
};

/// How groups are ranked.
pub(super) const EXPANDERS: ValueKind<ExpanderChain> =
    ValueKind { takes: Takes::ONE, expected: "names of expanders", read: parsed, write: written };

/// How the scheduler chooses among nodes.
pub(super) const SCORING: ValueKind<SchedulerScoring> = ValueKind {
    takes: Takes::one_of(SchedulerScoring::VARIANTS),
    expected: "the name of a strategy",
    read: one_of,
    write: written,
};

/// How many nodes are bought.
pub(super) const PACKING: ValueKind<Packing> =
    ValueKind { takes: Takes::one_of(Packing::VARIANTS), expected: "the name of a way to pack", read: one_of, write: written };

/// How new nodes are requested.
pub(super) const LAUNCH: ValueKind<LaunchWay> =
    ValueKind { takes: Takes::one_of(LaunchWay::VARIANTS), expected: "auto or set-desired", read: one_of, write: written };

/// When capacity is taken back. The switch that it was before is understood.
pub(super) const REVERT: ValueKind<RevertUnfilled> = ValueKind {
    takes: Takes::One { choices: &[], negative: false, alone: Some("always") },
    expected: "never, when-served or always",
    read: |text| match text {
        "true" => Ok(RevertUnfilled::Always),
        "false" => Ok(RevertUnfilled::Never),
        name => name.parse().map_err(|_| "write never, when-served or always".to_owned()),
    },
    write: written,
};

/// At most this many nodes, or any number.
pub(super) const NODES_LIMIT: ValueKind<Option<i64>> = ValueKind {
    takes: Takes::ONE,
    expected: "a whole number of nodes",
    read: |text| limit(ClusterLimit::Nodes, text),
    write: |number| written_limit(ClusterLimit::Nodes, *number),
};

/// At most this many millicores, given as cores, or any number.
pub(super) const CPU_LIMIT: ValueKind<Option<i64>> = ValueKind {
    takes: Takes::ONE,
    expected: "a number of cores",
    read: |text| limit(ClusterLimit::Cpu, text),
    write: |number| written_limit(ClusterLimit::Cpu, *number),
};

/// At most this many bytes, given as GiB, or any number.
pub(super) const MEMORY_LIMIT: ValueKind<Option<i64>> = ValueKind {
    takes: Takes::ONE,
    expected: "a number of GiB",
    read: |text| limit(ClusterLimit::Memory, text),
    write: |number| written_limit(ClusterLimit::Memory, *number),
};

/// At most so many millionths of a dollar per hour, given as dollars, or any number.
pub(super) const COST_LIMIT: ValueKind<Option<i64>> = ValueKind {
    takes: Takes::ONE,
    expected: "dollars an hour",
    read: |text| limit(ClusterLimit::HourlyCost, text),
    write: |number| written_limit(ClusterLimit::HourlyCost, *number),
};

#[expect(clippy::unnecessary_wraps, reason = "one of the ways to write a value")]
fn written<T: Display>(value: &T) -> Option<String> {
    Some(value.to_string())
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Reads `true` or `1`, `false` or `0`.
fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("write true or false".to_owned()),
    }
}

fn one_of<T: FromStr + VariantNames>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("write {}", T::VARIANTS.join(" or ")))
}

fn limit(limit: ClusterLimit, text: &str) -> Result<Option<i64>, String> {
    limit.parse(text).map(Some).map_err(str::to_owned)
}

/// Writes a limit, followed by the number itself where the display rounds it.
fn written_limit(limit: ClusterLimit, number: Option<i64>) -> Option<String> {
    number.map(|number| {
        let short = limit.amount(number);
        if limit.parse(&short) == Ok(number) { short } else { format!("{short} ({number})") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_values_are_written_differently() {
        for (seconds, text) in [(0, "0s"), (600, "10m"), (5400, "1h30m"), (90_061, "90061s")] {
            assert_eq!((DURATION.write)(&Seconds(seconds)).as_deref(), Some(text));
        }
        assert_eq!((CPU_LIMIT.write)(&Some(2500)).as_deref(), Some("2500m"));
        assert_ne!((MEMORY_LIMIT.write)(&Some((1 << 40) + 1)), (MEMORY_LIMIT.write)(&Some(1 << 40)));
        assert_eq!((MEMORY_LIMIT.write)(&None), None);
    }

    #[test]
    fn fractions_lie_between_0_and_1() {
        assert_eq!((FRACTION.read)("0.45"), Ok(0.45));
        for text in ["-0.1", "1.1", "NaN", "", "10%"] {
            assert!((FRACTION.read)(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_switch_off_means_the_contrary_of_its_field() {
        assert_eq!(((SWITCH_OFF.read)("true"), (SWITCH_OFF.write)(&false)), (Ok(false), Some("true".to_owned())));
        assert_eq!((SWITCH.read)("1"), Ok(true));
        assert!((SWITCH.read)("yes").is_err());
    }

    #[test]
    fn choices_are_known_by_their_names() {
        for name in SchedulerScoring::VARIANTS {
            assert_eq!((SCORING.read)(name).map(|scoring| (SCORING.write)(&scoring)), Ok(Some((*name).to_owned())));
        }
        assert_eq!((PACKING.read)("scheduler"), Ok(Packing::Scheduler));
        assert_eq!((PACKING.read)("loose"), Err("write auto or dense or scheduler".to_owned()));
    }
}
