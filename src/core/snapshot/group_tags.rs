//! The facts that a group's tags state about its nodes and its settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, Name, ResourceSlice, Resources, Taint};
use crate::duration::Seconds;
use crate::well_known::tags;

/// The facts that a group's tags state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagFacts {
    /// The labels of its nodes.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The tag that states a label, where it is not the usual [`tags::LABEL`] followed by the
    /// label.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub label_tags: Labels,
    /// The taints of its nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Some of the amounts of its nodes.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// The slices of devices that the drivers will publish for a node. Each pool that has no name
    /// is named as its node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<ResourceSlice>,
    /// Settings of this group, by the name of the flag (`idle-threshold`) or `priority`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub settings: Labels,
    /// Tags that are not understood, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl TagFacts {
    /// Returns a setting that is a duration, if it is there and understood.
    #[must_use]
    pub fn duration(&self, setting: &str) -> Option<Seconds> {
        self.settings.get(setting)?.parse().ok()
    }

    /// Returns the key of the tag that states a label.
    #[must_use]
    pub fn label_tag(&self, label: &str) -> String {
        self.label_tags.get(label).map_or_else(|| format!("{}{label}", tags::LABEL), Name::to_string)
    }
}
