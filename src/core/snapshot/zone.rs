//! The zones of the regions: a zone's name belongs to the account, its id to the place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The region it is in.
    pub region: String,
    /// The name, such as `us-west-2a`.
    pub name: String,
    /// The id, such as `usw2-az2`, which is the same place for every account: the value of the
    /// label [`ZONE_ID`](crate::well_known::labels::ZONE_ID).
    pub id: String,
}

/// What the cloud does when a launch fails in the zone that has the fewest instances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneStrategy {
    /// It goes on to the other zones.
    #[default]
    BestEffort,
    /// It tries the same zone again, so that the whole group waits for it.
    BalancedOnly,
}

impl ZoneStrategy {
    /// Whether it is that of a group whose document names none.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a zone belongs to a region: `us-west-2a` to `us-west-2`, and so does the local zone
/// `us-west-2-lax-1a`.
#[must_use]
pub fn is_zone_of(zone: &str, region: &str) -> bool {
    zone.strip_prefix(region)
        .is_some_and(|rest| rest.starts_with('-') || rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_belongs_to_its_region_alone() {
        for (zone, region, expected) in [
            ("us-west-2a", "us-west-2", true),
            ("us-west-2-lax-1a", "us-west-2", true),
            ("us-west-2", "us-west-2", false),
            ("us-west-21", "us-west-2", false),
            ("us-east-1a", "us-west-2", false),
        ] {
            assert_eq!(is_zone_of(zone, region), expected, "{zone} {region}");
        }
    }
}
