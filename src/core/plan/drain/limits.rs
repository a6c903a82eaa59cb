//! What pods of a node are not put to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::plan::fleet::{Fleet, NodeEntry};

/// The pods of a node that are not evicted, because they came lately or would lose too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct EvictionLimits {
    /// `--drain-grace` of the group: pods placed more recently are not evicted.
    pub grace: Seconds,
    /// `--max-lost-work` of the group: pods that would lose more are not evicted. Absent where the
    /// machine ends soon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lost_work: Option<Seconds>,
}

impl EvictionLimits {
    /// Returns those of a node. Where its machine ends soon there are none, since the pods and all
    /// that they have not saved would end with it.
    pub(crate) fn of(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Self {
        if fleet.closing(entry).is_some() {
            return Self { grace: Seconds(0), max_lost_work: None };
        }
        let (policy, group) = (fleet.policy, fleet.group_of(entry));
        Self {
            grace: group.map_or(policy.drain_grace, |group| group.policy.drain_grace),
            max_lost_work: Some(group.map_or(policy.max_lost_work, |group| group.policy.max_lost_work)),
        }
    }
}
