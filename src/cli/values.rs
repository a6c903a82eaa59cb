//! Values that clap cannot parse by itself. The errors state what would be understood; clap names
//! the flag and the value.

use crate::duration::Seconds;

/// Parses a duration above 0.
pub(super) fn longer_than_nothing(text: &str) -> Result<Seconds, String> {
    let time: Seconds = text.parse().map_err(|error: crate::duration::DurationError| error.to_string())?;
    if time > Seconds(0) { Ok(time) } else { Err("write at least one second, such as 1m".to_owned()) }
}

/// Parses how often something happens in an hour.
pub(super) fn rate(text: &str) -> Result<f64, &'static str> {
    let finite = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.0);
    finite.ok_or("write how often it happens in an hour, such as 0.05")
}

/// Parses the name of a region: `us-west-2` at AWS, and whatever an operator of OpenStack chose, as
/// `RegionOne`. Spaces around it come from lists like `us-west-2, us-east-1`.
pub(super) fn region(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !name.is_empty() && name.bytes().all(plain) {
        true => Ok(name.to_owned()),
        false => Err("write names of regions such as us-west-2, separated by commas"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_intervals_are_sound() {
        assert_eq!((rate("0"), rate("2.5")), (Ok(0.0), Ok(2.5)));
        for text in ["-1", "NaN", "inf", "", "often"] {
            assert!(rate(text).is_err(), "{text:?}");
        }
        assert_eq!(longer_than_nothing("1m"), Ok(Seconds(60)));
        for text in ["0", "0m", "soon"] {
            assert!(longer_than_nothing(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn regions_may_have_spaces_around_them() {
        assert_eq!(region(" us-west-2 ").as_deref(), Ok("us-west-2"));
        assert_eq!(region("RegionOne").as_deref(), Ok("RegionOne"));
        for text in ["", " ", "us west", "us-west-2;"] {
            assert!(region(text).is_err(), "{text:?}");
        }
    }
}
