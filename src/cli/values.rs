//! Values that clap cannot read by itself. The errors say what would be understood; clap names the flag and the value.

use crate::gather::{GroupTag, NamedGroup};

/// A number from 0 to 1.
pub(super) fn fraction(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction)).ok_or("write a number from 0 to 1")
}

/// The name of a region, as AWS writes it. Spaces around it come from lists like `us-west-2, us-east-1`.
pub(super) fn region(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !name.is_empty() && name.bytes().all(plain) {
        true => Ok(name.to_owned()),
        false => Err("write names of regions such as us-west-2, separated by commas"),
    }
}

/// `key` or `key=value`.
pub(super) fn group_tag(text: &str) -> Result<GroupTag, &'static str> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    match key.is_empty() {
        true => Err("write the tag as key or key=value"),
        false => Ok(GroupTag { key: key.to_owned(), value }),
    }
}

/// `name` or `name:min:max`, where either number may be left out. The name itself may hold colons.
pub(super) fn named_group(text: &str) -> Result<NamedGroup, &'static str> {
    const FORM: &str = "write the group as name or name:min:max, min not above max, both 0 or more";
    let bound = |text: &str| match text {
        "" => Ok(None),
        number => number.parse::<u32>().map(|number| Some(i64::from(number))).map_err(|_| FORM),
    };
    let (name, min, max) = match text.rsplitn(3, ':').collect::<Vec<_>>()[..] {
        [max, min, name] => (name, bound(min)?, bound(max)?),
        [_] => (text, None, None),
        _ => return Err(FORM),
    };
    let ordered = min.zip(max).is_none_or(|(min, max)| min <= max);
    match !name.is_empty() && ordered {
        true => Ok(NamedGroup { name: name.to_owned(), min, max }),
        false => Err(FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_lie_between_0_and_1() {
        assert_eq!(fraction("0.45"), Ok(0.45));
        for text in ["-0.1", "1.1", "NaN", "", "10%"] {
            assert!(fraction(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn regions_may_have_spaces_around_them() {
        assert_eq!(region(" us-west-2 ").as_deref(), Ok("us-west-2"));
        for text in ["", " ", "US-WEST-2", "us_west_2"] {
            assert!(region(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_tag_may_have_a_value_and_the_value_an_equals_sign() {
        let tag = |key: &str, value: Option<&str>| GroupTag { key: key.to_owned(), value: value.map(str::to_owned) };
        assert_eq!(group_tag("team"), Ok(tag("team", None)));
        assert_eq!(group_tag("team="), Ok(tag("team", Some(""))));
        assert_eq!(group_tag("team=a=b"), Ok(tag("team", Some("a=b"))));
        assert!(group_tag("=a").is_err());
    }

    #[test]
    fn a_group_may_have_limits() {
        let group = |name: &str, min, max| NamedGroup { name: name.to_owned(), min, max };
        assert_eq!(named_group("web"), Ok(group("web", None, None)));
        assert_eq!(named_group("web:1:10"), Ok(group("web", Some(1), Some(10))));
        assert_eq!(named_group("web::10"), Ok(group("web", None, Some(10))));
        assert_eq!(named_group("web:1:"), Ok(group("web", Some(1), None)));
        assert_eq!(named_group("a:b:1:2"), Ok(group("a:b", Some(1), Some(2))));
        for text in ["", ":1:2", "web:1", "web:3:2", "web:-1:2", "web:a:b"] {
            assert!(named_group(text).is_err(), "{text:?}");
        }
    }
}
