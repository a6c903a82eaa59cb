//! The set-up of a group, and the changes of it that `fix` makes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::group_now::GroupNow;
use super::group_tags::tags::EKS_LABEL;
use crate::snapshot::Group;

/// A change of how a group is set up. Each may be made twice without a further effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum SetUpChange {
    /// The cloud ends no more instances to even out the zones.
    StopEveningOut,
    /// What the group launches from now on is protected from the cloud's own choice.
    ProtectNewInstances,
    /// Instances that are there are protected from the cloud's own choice.
    ProtectInstances {
        /// Their ids.
        instances: Vec<String>,
    },
    /// The group gets tags, which its new instances get as well.
    SetTags {
        /// The tags.
        tags: Vec<TagChange>,
    },
}

/// A tag that a group gets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct TagChange {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The value that it replaces; absent where the group has no such tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// The call by which a cloud makes a change, for a person to review and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetUpCall {
    /// What it does, in a few words.
    pub title: String,
    /// The operation, which is also the permission that it needs, such as
    /// `autoscaling:SuspendProcesses`.
    pub operation: String,
    /// Its parameters, as the cloud names them.
    pub parameters: Value,
    /// The same call as a line for a shell.
    pub command: String,
    /// What is different afterwards.
    pub effect: String,
    /// The lines for a shell that take it back.
    pub undo: Vec<String>,
}

/// A group right before its set-up is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetUpNow {
    /// Its capacity and its instances.
    pub group: GroupNow,
    /// Whether the cloud ends instances of its own choice to even out the zones.
    pub evens_out: bool,
    /// Whether a service of the cloud needs that when it replaces the nodes.
    pub needs_evening_out: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Whether a service of the cloud replaces the nodes of a group, and needs the evening out of zones
/// for that. A label that such a service gives to its nodes is taken for it, whoever states it.
#[must_use]
pub fn needs_evening_out(group: &Group) -> bool {
    [&group.tags.labels, &group.node_group.labels].into_iter().any(|labels| labels.contains_key(EKS_LABEL))
}

/// Whether a tag is one that the cloud or a service of it sets by itself.
fn is_tag_of_the_cloud(key: &str) -> bool {
    ["aws:", "eks:"].iter().any(|beginning| key.starts_with(beginning))
}

/// The most characters of the key of a tag
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Tag.html>).
const LONGEST_TAG_KEY: usize = 128;

/// Whether a text may be the key of a tag that a person sets.
#[must_use]
pub fn may_be_a_tag(key: &str) -> bool {
    key.chars().count() <= LONGEST_TAG_KEY && !is_tag_of_the_cloud(key)
}
