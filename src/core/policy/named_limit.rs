//! Limits on the size of a part of the cluster, from a policy file.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::has_labels::has_labels;
use super::{ClusterLimit, FlagValue, is_named};
use crate::snapshot::{CPU, Labels, Quantity, amount};

/// How large the nodes of some groups, or with some labels, may become together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedLimit {
    /// What it is called in plans.
    pub name: String,
    /// Names of groups, or their beginnings and `*`; all nodes when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Labels that the nodes have; all nodes when absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, String>,
    /// The most of `nodes`, of `usd-per-hour`, or of a resource that pods may request, such as
    /// `cpu`, `memory` or `nvidia.com/gpu`.
    pub most: BTreeMap<Limited, FlagValue>,
}

/// An amount of a limit that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadAmount {
    /// Of what it is.
    pub of: String,
    /// The amount.
    pub value: String,
    /// What would be understood.
    pub expected: &'static str,
}

/// What a limit is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limited {
    /// Nodes.
    Nodes,
    /// Money, in millionths of a dollar per hour.
    UsdPerHour,
    /// What pods may request of a resource: millicores, bytes, or a number of devices.
    Resource(String),
}

const NODES: &str = "nodes";
const USD_PER_HOUR: &str = "usd-per-hour";

impl Limited {
    fn named(name: &str) -> Self {
        match name {
            NODES => Self::Nodes,
            USD_PER_HOUR => Self::UsdPerHour,
            resource => Self::Resource(resource.to_owned()),
        }
    }

    /// Returns an amount of it in words.
    #[must_use]
    pub fn amount(&self, number: i64) -> String {
        match self {
            Self::Nodes => ClusterLimit::Nodes.amount(number),
            Self::UsdPerHour => ClusterLimit::HourlyCost.amount(number),
            Self::Resource(resource) => amount(resource, number),
        }
    }

    /// Reads an amount of it.
    fn read(&self, text: &str) -> Result<i64, &'static str> {
        let quantity = || Quantity::parse(text).ok();
        let (read, expected) = match self {
            Self::Nodes => return ClusterLimit::Nodes.parse(text),
            Self::UsdPerHour => return ClusterLimit::HourlyCost.parse(text),
            Self::Resource(resource) if resource == CPU => (quantity().map(Quantity::milli_value), "write a number of cores"),
            Self::Resource(_) => (quantity().map(Quantity::value), "write a quantity, such as 8 or 4Ti"),
        };
        read.filter(|number| *number >= 0).ok_or(expected)
    }
}

impl NamedLimit {
    /// Returns what it limits to how much, in the units of [`Limited`].
    ///
    /// # Errors
    /// Names the first amount that is none, and what would be understood.
    pub fn amounts(&self) -> Result<Vec<(&Limited, i64)>, BadAmount> {
        amounts_of(&self.most)
    }

    /// Whether it is about the nodes of a group, where `None` is no group, that have these labels.
    #[must_use]
    pub fn is_about(&self, group: Option<&str>, labels: &Labels) -> bool {
        let is_of_group = self.groups.is_empty() || group.is_some_and(|group| is_named(&self.groups, group));
        is_of_group && has_labels(labels, &self.nodes)
    }
}

/// Returns what is limited to how much.
///
/// # Errors
/// Names the first amount that is none, and what would be understood.
pub(super) fn amounts_of(most: &BTreeMap<Limited, FlagValue>) -> Result<Vec<(&Limited, i64)>, BadAmount> {
    let read = |(of, most): (_, &FlagValue)| {
        let (of, value): (&Limited, String) = (of, most.to_string());
        of.read(&value).map(|most| (of, most)).map_err(|expected| BadAmount { of: of.to_string(), value, expected })
    };
    most.iter().map(read).collect()
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nodes => NODES,
            Self::UsdPerHour => USD_PER_HOUR,
            Self::Resource(resource) => resource,
        })
    }
}

impl Serialize for Limited {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limited {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::named(&String::deserialize(deserializer)?))
    }
}

impl JsonSchema for Limited {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limited".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`nodes`, `usd-per-hour`, or the name of a resource." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(most: &serde_json::Value) -> NamedLimit {
        serde_json::from_value(serde_json::json!({"name": "part", "most": most})).expect("a limit")
    }

    #[test]
    fn amounts_have_the_units_of_what_is_limited() {
        let most = serde_json::json!({"nodes": 5, "usd-per-hour": 12.5, "cpu": 64, "memory": "4Ti", "nvidia.com/gpu": 8});
        let amounts: BTreeMap<String, i64> =
            limit(&most).amounts().expect("they are understood").into_iter().map(|(of, most)| (of.to_string(), most)).collect();
        let expected =
            [("cpu", 64_000), ("memory", 4 << 40), ("nodes", 5), ("nvidia.com/gpu", 8), ("usd-per-hour", 12_500_000)];
        assert_eq!(amounts, expected.map(|(of, most)| (of.to_owned(), most)).into());
        let wrong = limit(&serde_json::json!({"cpu": "many"}));
        let expected = "write a number of cores";
        assert_eq!(wrong.amounts(), Err(BadAmount { of: "cpu".into(), value: "many".into(), expected }));
    }

    #[test]
    fn it_is_about_groups_and_labels() {
        let json = serde_json::json!({"name": "x", "groups": ["gpu-*"], "nodes": {"pool": "a"}, "most": {"nodes": 1}});
        let limit: NamedLimit = serde_json::from_value(json).expect("a limit");
        let labels = |value: &str| Labels::from_iter([("pool", value)]);
        assert!(limit.is_about(Some("gpu-1"), &labels("a")));
        assert!(!limit.is_about(Some("gpu-1"), &labels("b")));
        assert!(!limit.is_about(Some("cpu"), &labels("a")));
        assert!(!limit.is_about(None, &labels("a")));
    }
}
