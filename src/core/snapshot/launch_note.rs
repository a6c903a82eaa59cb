//! A launch in a named zone, with what the cloud answered.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GroupId;

/// A request to launch instances in one zone, noted before it was sent. What the cloud answered may
/// show nowhere else yet, or nowhere at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchNote {
    /// The group.
    pub group: GroupId,
    /// The zone.
    pub zone: String,
    /// The name of the request, by which the cloud knows what it launched.
    pub token: String,
    /// How many instances were requested.
    pub nodes: u32,
    /// When it was sent.
    pub at: Timestamp,
    /// What came of it; absent when no answer was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<LaunchOutcome>,
}

/// What came of a launch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchOutcome {
    /// The instances that were launched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came: Vec<NotedInstance>,
    /// What kept others away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<NotedFailure>,
}

/// An instance that the cloud said it launched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotedInstance {
    /// Its id.
    pub id: String,
    /// Its machine type; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine_type: String,
    /// Whether it is a spot instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spot: bool,
}

/// What kept an instance away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotedFailure {
    /// The zone that it is about; absent when it is about the whole group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type that it is about; absent when it is about all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Whether it is about capacity or a limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capacity_problem: bool,
    /// Whether the placement group has no room in the zone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub placement_full: bool,
    /// The cloud's words.
    pub words: String,
}
