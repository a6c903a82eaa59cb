//! Quotas on what pods of some namespaces or labels may use, from a policy file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::has_labels::has_labels;
use super::named_limit::amounts_of;
use super::{BadAmount, FlagValue, Limited, covers};
use crate::snapshot::{Labels, Pod};

/// How much the pods of some namespaces, or with some labels, may use together before no more is
/// bought for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodQuota {
    /// What it is called in plans; each name once.
    pub name: String,
    /// Namespaces of the pods, or their beginnings and `*`; any when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Labels that the pods have; any when absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pods: BTreeMap<String, String>,
    /// Labels of the nodes on which the pods count; all nodes when absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, String>,
    /// The most of `nodes`, of `usd-per-hour`, or of a resource that pods request, such as `cpu`,
    /// `memory` or `nvidia.com/gpu`.
    pub most: BTreeMap<Limited, FlagValue>,
    /// The quotas of a cohort lend each other what their own pods leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<String>,
}

impl PodQuota {
    /// Returns what it limits to how much, in the units of [`Limited`].
    ///
    /// # Errors
    /// Names the first amount that is none, and what would be understood.
    pub fn amounts(&self) -> Result<Vec<(&Limited, i64)>, BadAmount> {
        amounts_of(&self.most)
    }

    /// Whether it is about a pod.
    #[must_use]
    pub fn is_about(&self, pod: &Pod) -> bool {
        let is_of_namespace = self.namespaces.is_empty() || self.namespaces.iter().any(|name| covers(name, &pod.namespace));
        is_of_namespace && has_labels(&pod.labels, &self.pods)
    }

    /// Whether pods count on a node with these labels.
    #[must_use]
    pub fn counts_on(&self, labels: &Labels) -> bool {
        has_labels(labels, &self.nodes)
    }
}
