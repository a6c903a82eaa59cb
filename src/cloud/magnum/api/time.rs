//! Moments in the answers of OpenStack's services, which are in UTC whether or not they say so.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// Reads a moment; nothing for one that is absent or not understood.
pub(super) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(read))
}

fn read(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_without_a_zone_is_in_utc() {
        let expected = "2026-11-22T10:00:00Z".parse().ok();
        for text in ["2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00"] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("yesterday"), None);
    }
}
