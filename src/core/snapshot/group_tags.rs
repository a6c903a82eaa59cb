//! What a group's tags say of its nodes and of its settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Labels, Resources, Taint};
use crate::duration::Seconds;
use crate::well_known::tags;

/// What a group's tags say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagFacts {
    /// Labels of its nodes.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// The tag that states a label, where it is not the usual [`tags::LABEL`] followed by the label.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub label_tags: Labels,
    /// Taints of its nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Single resources of its nodes.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// Settings that differ for this group, by flag name (`idle-threshold`) or `priority`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub settings: Labels,
    /// Tags that could not be understood, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl TagFacts {
    /// What a setting says that is a duration, if it is there and understood.
    #[must_use]
    pub fn duration(&self, setting: &str) -> Option<Seconds> {
        self.settings.get(setting)?.parse().ok()
    }

    /// The key of the tag that states a label.
    #[must_use]
    pub fn label_tag(&self, label: &str) -> String {
        self.label_tags.get(label).cloned().unwrap_or_else(|| format!("{}{label}", tags::LABEL))
    }
}
