//! Placement groups: what keeps machines near each other, or apart.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What keeps the machines of a group near each other, or apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementGroup {
    /// Its name, unique within its region. Groups that name the same one share its room.
    pub name: String,
    /// How it places machines.
    pub rule: PlacementRule,
    /// The partition in which every machine of the group is; absent where the cloud chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<i64>,
    /// How many running machines in it are of no managed group, by zone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, u32>,
}

/// How a placement group places machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum PlacementRule {
    /// All in one zone, near each other.
    Together,
    /// Each on hardware of its own.
    Apart {
        /// The most that run in one zone; absent where only the hardware limits them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most_per_zone: Option<u32>,
    },
    /// In partitions that share no hardware. The number of machines is not limited.
    Partitions {
        /// How many partitions a zone has.
        partitions: i64,
    },
    /// In a way that is not modelled.
    Unknown {
        /// The cloud's word for it.
        word: String,
    },
    /// It could not be read.
    Unread,
}

impl PlacementGroup {
    /// Returns the most machines that run in one zone, where that is limited.
    #[must_use]
    pub fn most_per_zone(&self) -> Option<u32> {
        match self.rule {
            PlacementRule::Apart { most_per_zone } => most_per_zone,
            PlacementRule::Together
            | PlacementRule::Partitions { .. }
            | PlacementRule::Unknown { .. }
            | PlacementRule::Unread => None,
        }
    }

    /// Whether all its machines are in one zone.
    #[must_use]
    pub fn is_in_one_zone(&self) -> bool {
        self.rule == PlacementRule::Together
    }
}

impl fmt::Display for PlacementGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rule, partition, others: _ } = self;
        match rule {
            PlacementRule::Together => write!(f, "{name}: all in one zone, near each other"),
            PlacementRule::Apart { most_per_zone: Some(most) } => {
                write!(f, "{name}: each on hardware of its own, at most {most} in a zone")
            }
            PlacementRule::Apart { most_per_zone: None } => write!(f, "{name}: each on hardware of its own"),
            PlacementRule::Partitions { partitions } => {
                write!(f, "{name}: in {partitions} partitions a zone, which share no hardware")
            }
            PlacementRule::Unknown { word } => write!(f, "{name}: \"{word}\", which is not modelled"),
            PlacementRule::Unread => write!(f, "{name}: it could not be read how it places machines"),
        }?;
        partition.map_or(Ok(()), |partition| write!(f, "; all of this group in partition {partition}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placement_is_written_in_few_words() {
        let apart = PlacementRule::Apart { most_per_zone: Some(7) };
        for (rule, written, most, words) in [
            (PlacementRule::Together, json!({ "kind": "together" }), None, "near each other"),
            (apart, json!({ "kind": "apart", "most_per_zone": 7 }), Some(7), "at most 7 in a zone"),
            (PlacementRule::Apart { most_per_zone: None }, json!({ "kind": "apart" }), None, "of its own"),
            (PlacementRule::Partitions { partitions: 3 }, json!({ "kind": "partitions", "partitions": 3 }), None, "in 3"),
            (PlacementRule::Unknown { word: "new".into() }, json!({ "kind": "unknown", "word": "new" }), None, "\"new\""),
        ] {
            assert_eq!(serde_json::to_value(&rule).expect("JSON"), written);
            let document = json!({ "name": "p", "rule": written });
            let group: PlacementGroup = serde_json::from_value(document.clone()).expect("a placement group");
            assert_eq!((&group.rule, group.most_per_zone()), (&rule, most));
            assert_eq!(serde_json::to_value(&group).expect("JSON"), document);
            assert!(group.to_string().contains(words), "{group}");
        }
    }
}
