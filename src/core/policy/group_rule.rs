//! Settings of single groups that a policy file names.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FlagValue, covers};

/// What holds for the groups of some names. It outweighs their tags, and of two rules for a group
/// the later one counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// Names of groups; a name that ends in `*` stands for all that begin so.
    pub names: Vec<String>,
    /// The least capacity that is left, where the group's own minimum is lower. A group that is
    /// smaller grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most capacity that is requested, where the group's own maximum is higher. Nothing is
    /// removed because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Settings that a group's tags can have, such as `idle-threshold`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, FlagValue>,
}

impl GroupRule {
    /// Whether it is about a group of this name.
    #[must_use]
    pub fn is_about(&self, group: &str) -> bool {
        is_named(&self.names, group)
    }
}

/// Whether a group has one of these names, of which those that end in `*` stand for all that begin
/// so.
pub(super) fn is_named(names: &[String], group: &str) -> bool {
    names.iter().any(|name| covers(name, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_about_whole_names_and_beginnings() {
        let rule = GroupRule { names: vec!["gpu-*".into(), "cpu".into()], min: None, max: None, set: BTreeMap::new() };
        let about = ["gpu-", "gpu-a100", "cpu", "gpu", "cpu-2"].map(|group| rule.is_about(group));
        assert_eq!(about, [true, true, true, false, false]);
    }
}
