//! Whether a group launches machines in a zone that is named.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the cloud launches machines of a group in a zone that is named, and answers at once with
/// those that came and with what kept others away.
///
/// It is about the set-up of the group. Whether the group launches anything at present is in
/// [`Cannot::launch`](super::Cannot), and whether the caller may do it only an answer shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum ZoneChoice {
    /// It does.
    Possible {
        /// The subnets of the group by the name of their zone, for zones in which it has several.
        /// In each of the others it has one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        subnets: BTreeMap<String, Vec<String>>,
    },
    /// It does not: only the number of machines is requested, and the cloud chooses the zones.
    NotPossible {
        /// Why.
        because: NoZoneChoice,
    },
}

/// Why a group does not launch in a zone that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoZoneChoice {
    /// It has not been read, as in documents of earlier versions, whether it does.
    Unread,
    /// The cloud has no such request.
    NotOffered,
    /// It launches by a launch configuration, for which the cloud has no such request.
    LaunchConfiguration,
    /// Some of its machines are on demand and some are spot instances.
    MixedPurchase,
    /// It has a warm pool.
    WarmPool,
    /// It launches into reserved capacity of its own kind, for which the cloud states no such
    /// request.
    Reserved,
}

impl ZoneChoice {
    /// Whether the group launches in a zone that is named.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        match self {
            Self::Possible { .. } => true,
            Self::NotPossible { .. } => false,
        }
    }

    /// Returns the subnets among which the cloud would choose in a zone; none where there is
    /// nothing to choose.
    #[must_use]
    pub fn subnets_in(&self, zone: &str) -> &[String] {
        match self {
            Self::Possible { subnets } => subnets.get(zone).map_or(&[], Vec::as_slice),
            Self::NotPossible { .. } => &[],
        }
    }

    pub(super) fn is_unread(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ZoneChoice {
    fn default() -> Self {
        Self::NotPossible { because: NoZoneChoice::Unread }
    }
}

impl fmt::Display for NoZoneChoice {
    /// Writes the end of "no zone can be named for it: …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unread => "how it launches has not been read",
            Self::NotOffered => "the cloud does not offer it",
            Self::LaunchConfiguration => "it launches by a launch configuration",
            Self::MixedPurchase => "it mixes on-demand and spot instances",
            Self::WarmPool => "it has a warm pool",
            Self::Reserved => "it launches into reserved capacity of its own kind",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_subnets_are_those_of_zones_with_several() {
        let two = || vec!["subnet-1".to_owned(), "subnet-2".to_owned()];
        let choice = ZoneChoice::Possible { subnets: [("us-west-2a".to_owned(), two())].into() };
        assert_eq!(choice.subnets_in("us-west-2a"), two());
        assert!(choice.subnets_in("us-west-2b").is_empty());
        assert!(choice.is_possible() && !ZoneChoice::default().is_possible());
    }

    #[test]
    fn a_choice_is_written_in_few_words() {
        for (choice, written) in [
            (ZoneChoice::Possible { subnets: BTreeMap::new() }, json!({ "kind": "possible" })),
            (
                ZoneChoice::NotPossible { because: NoZoneChoice::WarmPool },
                json!({ "kind": "not-possible", "because": "warm-pool" }),
            ),
        ] {
            assert_eq!(serde_json::to_value(&choice).expect("JSON"), written);
            assert_eq!(serde_json::from_value::<ZoneChoice>(written).expect("a choice"), choice);
        }
    }
}
