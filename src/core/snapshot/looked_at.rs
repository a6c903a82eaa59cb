//! The flags that decide what a run looks at, besides the cluster's name and its regions: enough to
//! look at the same groups again.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GangRules, Name, ObjectName, TakenAway};

/// The flags that decide which groups are ours. A plan carries them, so that a saved one finds the
/// groups that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookedAt {
    /// The cloud (`--cloud`); absent for the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<String>,
    /// The tags of `--group-tag`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_tags: Vec<GroupTag>,
    /// The groups of `--group`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<NamedGroup>,
    /// `--lease-namespace`: where `apply` keeps its Lease, with the notes on what it requested.
    #[serde(default = "usual_namespace")]
    pub lease_namespace: String,
    /// Whether present spot prices are read (`--spot-prices`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spot_prices: bool,
    /// Which pods count as gangs, beside those that start together anyway.
    #[serde(default, skip_serializing_if = "GangRules::is_usual")]
    pub gangs: GangRules,
    /// Whether nothing was read of what the groups launch, as no decision needed it. `plan` and
    /// `snapshot` always read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub launches_left_out: bool,
    /// The objects that manifests add (`-f`). The plan is a what-if then, and nothing of it is
    /// carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<AddedObject>,
    /// The nodes and groups that are taken away (`--without-node`, `--without-group`): a what-if as
    /// well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<TakenAway>,
}

/// An object that a manifest adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddedObject {
    /// The kind, such as `Job`.
    pub kind: String,
    /// The namespace and name.
    pub object: ObjectName,
    /// How many pods of the cluster its own pods replace.
    #[serde(default)]
    pub replaced: u32,
    /// The names of its pods.
    pub pods: Vec<Name>,
}

impl Default for LookedAt {
    fn default() -> Self {
        Self {
            cloud: None,
            group_tags: Vec::new(),
            groups: Vec::new(),
            lease_namespace: usual_namespace(),
            spot_prices: false,
            gangs: GangRules::default(),
            launches_left_out: false,
            added: Vec::new(),
            without: Vec::new(),
        }
    }
}

impl LookedAt {
    /// Whether no flag differs from its default.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

fn usual_namespace() -> String {
    "kube-system".to_owned()
}

/// A tag that groups of a run carry: `--group-tag key[=value]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupTag {
    /// The key.
    pub key: String,
    /// The value; absent when any value will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A group by its name, perhaps with tighter limits than its own: `--group name[:min:max]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedGroup {
    /// The name, which is meant in every region that has such a group.
    pub name: String,
    /// The least capacity, in the group's own unit; absent where the group's own applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most capacity, in the group's own unit; absent where the group's own applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

/// A `--group-tag` that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a tag; write key or key=value")]
pub struct GroupTagError(String);

/// A `--group` that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a group; write name or name:min:max, with min at most max (a blank one leaves the group's own)")]
pub struct NamedGroupError(String);

impl FromStr for GroupTag {
    type Err = GroupTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text.split_once('=').map_or((text, None), |(key, value)| (key, Some(value.to_owned())));
        match key.is_empty() {
            true => Err(GroupTagError(text.to_owned())),
            false => Ok(Self { key: key.to_owned(), value }),
        }
    }
}

impl fmt::Display for GroupTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

impl FromStr for NamedGroup {
    type Err = NamedGroupError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        named_group(text).ok_or_else(|| NamedGroupError(text.to_owned()))
    }
}

/// Reads `name[:min:max]`. A name holds no colon in any cloud.
fn named_group(text: &str) -> Option<NamedGroup> {
    let limit = |text: &str| match text {
        "" => Some(None),
        number => number.parse::<u32>().ok().map(|number| Some(i64::from(number))),
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (name, min, max) = match parts.as_slice() {
        [name] => (name, None, None),
        [name, min, max] => (name, limit(min)?, limit(max)?),
        _ => return None,
    };
    let in_order = min.zip(max).is_none_or(|(min, max)| min <= max);
    (!name.is_empty() && in_order).then(|| NamedGroup { name: (*name).to_owned(), min, max })
}

impl fmt::Display for NamedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.min.is_none() && self.max.is_none() {
            return Ok(());
        }
        let limit = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        write!(f, ":{}:{}", limit(self.min), limit(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_the_flag_was() {
        for text in ["p3", "p3:0:20", "p3::5", "p3:1:"] {
            assert_eq!(text.parse::<NamedGroup>().expect("a group").to_string(), text);
        }
        for text in ["a", "a=", "a=b=c"] {
            assert_eq!(text.parse::<GroupTag>().expect("a tag").to_string(), text);
        }
    }

    #[test]
    fn the_usual_is_what_an_empty_document_says() {
        assert!(serde_json::from_str::<LookedAt>("{}").expect("all fields have defaults").is_usual());
        assert!(serde_json::from_str::<LookedAt>(r#"{"groups":["p3"]}"#).is_err());
    }
}
