//! The properties of a simulated world, besides its cluster and its trace.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::rivals::Planner;
use crate::duration::Seconds;

/// How the world goes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Settings {
    /// Who decides.
    pub planner: Planner,
    /// What chance follows from.
    pub seed: u64,
    /// From one run of `apply`, or of the planner's model, to the next; at least a second.
    pub interval: Seconds,
    /// From the launch of an instance until its node is Ready.
    pub boot_time: Seconds,
    /// The same for groups of these names.
    pub boot_times: BTreeMap<String, Seconds>,
    /// How often a spot instance is taken back, per instance and hour.
    pub spot_interruptions: f64,
    /// The simulation ends then, whatever is left to do.
    pub longest: Seconds,
    /// What the world does without.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<WorldPart>,
}

/// A part of the world that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorldPart {
    /// Pods take the places of less important ones.
    Preemption,
    /// Pods that are deleted keep their room for their grace period.
    Grace,
    /// The cloud evens out the zones of a group.
    #[serde(rename = "az-rebalance")]
    ZoneBalance,
    /// Lifecycle hooks of groups hold instances before they are nodes, and when they end.
    LifecycleHooks,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            planner: Planner::Ours,
            seed: 0,
            interval: Seconds::minutes(1),
            boot_time: Seconds::minutes(3),
            boot_times: BTreeMap::new(),
            spot_interruptions: 0.0,
            longest: Seconds::minutes(7 * 24 * 60),
            without: BTreeSet::new(),
        }
    }
}
