//! `--sweep`: a grid of flags, each point of which stands for the whole command line with its flags
//! at the end.

use std::ffi::OsString;

use clap::Error;
use clap::error::ErrorKind;

use super::compare::one;
use super::{ComparedFlags, TriedFlags};
use crate::simulate::report::{SweepAxis, SweepPart, size, values_at};

/// A grid has at most this many points, so that a slip of the pen is noticed before a day has
/// passed.
const MOST_POINTS: u32 = 10_000;
/// Flags are separated by one of these signs, with white space around it where it is a letter.
const SIGNS: [&str; 3] = ["×", "*", " x "];

/// Reads a grid such as `idle-threshold=5m,30m × expander=price,least-waste`.
///
/// # Errors
/// A sentence on what is wrong.
fn axes(text: &str) -> Result<Vec<SweepAxis>, String> {
    let text = SIGNS.iter().fold(text.to_owned(), |text, sign| text.replace(sign, "\n"));
    let axes: Vec<SweepAxis> = text.split('\n').map(axis).collect::<Result<_, _>>()?;
    let twice = axes.iter().enumerate().find(|(place, axis)| axes[..*place].iter().any(|before| before.flag == axis.flag));
    match (twice, size(&axes)) {
        (Some((_, axis)), _) => Err(format!("--{} is there twice; write all its values behind one", axis.flag)),
        (None, points) if points > MOST_POINTS => {
            Err(format!("the grid has {points} points, and at most {MOST_POINTS} are simulated; take values out"))
        }
        (None, _) => Ok(axes),
    }
}

fn axis(text: &str) -> Result<SweepAxis, String> {
    let parts = text.split_once('=').map(|(flag, values)| (flag.trim().trim_start_matches("--"), values));
    let Some((flag, values)) = parts.filter(|(flag, _)| !flag.is_empty()) else {
        return Err(format!("{:?} is no flag with its values; write such as idle-threshold=5m,30m", text.trim()));
    };
    let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err(format!("a value of --{flag} is empty; write them such as {flag}=5m,30m"));
    }
    Ok(SweepAxis { flag: flag.to_owned(), values })
}

/// Returns the flags of a point as words. A flag without a value is given or not.
fn words(axes: &[SweepAxis], values: &[String]) -> Vec<String> {
    let word = |(axis, value): (&SweepAxis, &String)| match value.as_str() {
        "true" | "on" => Some(format!("--{}", axis.flag)),
        "false" | "off" => None,
        _ => Some(format!("--{}={value}", axis.flag)),
    };
    axes.iter().zip(values).filter_map(word).collect()
}

/// Parses the points of a grid, or of a part of it, each added to the arguments.
///
/// # Errors
/// clap's own, with the point that is wrong.
pub(super) fn points(
    command: &mut clap::Command,
    arguments: &[OsString],
    text: &str,
    part: Option<SweepPart>,
) -> Result<TriedFlags, Error> {
    let mut refused = |kind, why: String| command.error(kind, format!("--sweep: {why}"));
    let axes = axes(text).map_err(|why| refused(ErrorKind::ValueValidation, why))?;
    let part = part.unwrap_or(SweepPart { number: 0, of: 1 });
    let mut points = Vec::new();
    for place in (0..size(&axes)).filter(|place| place % part.of == part.number) {
        let words = words(&axes, &values_at(&axes, place));
        let flags = words.join(" ");
        let (policy, world) = one(arguments, &words).map_err(|(kind, why)| refused(kind, format!("{flags}: {why}")))?;
        points.push((place, ComparedFlags { name: flags.clone(), flags, policy, world }));
    }
    Ok(TriedFlags::Swept { axes, points })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_flags_with_their_values() {
        for sign in [" × ", " x ", "*", "×"] {
            let found = axes(&format!("idle-threshold=5m, 10m{sign}--expander=price,least-waste")).expect(sign);
            let found: Vec<_> = found.iter().map(|axis| (axis.flag.as_str(), axis.values.join(" "))).collect();
            assert_eq!(found, [("idle-threshold", "5m 10m".to_owned()), ("expander", "price least-waste".to_owned())]);
        }
        let grid = axes("consolidate=on,off x seed=1,2").expect("a grid");
        assert_eq!(words(&grid, &values_at(&grid, 1)), ["--consolidate", "--seed=2"]);
        assert_eq!(words(&grid, &values_at(&grid, 2)), ["--seed=1"]);
    }

    #[test]
    fn what_is_no_grid_is_refused_with_a_way_out() {
        for (text, words) in [
            ("", "is no flag with its values"),
            ("idle-threshold", "idle-threshold=5m,30m"),
            ("=5m", "is no flag with its values"),
            ("seed=1,,2", "a value of --seed is empty"),
            ("seed=1,2 x seed=3", "--seed is there twice"),
            ("seed=1 x ", "is no flag with its values"),
        ] {
            let why = axes(text).expect_err(text);
            assert!(why.contains(words), "{text}: {why}");
        }
        let many = (0..200).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
        let why = axes(&format!("seed={many} x interval={many}")).expect_err("40,000 points");
        assert!(why.contains("40000 points"), "{why}");
    }
}
