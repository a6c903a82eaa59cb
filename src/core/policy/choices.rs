//! Settings that are one of a few names.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the scheduler chooses among the nodes that a pod fits (`scoringStrategy` of the
/// NodeResourcesFit plugin).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulerScoring {
    /// The emptiest node: the scheduler's own default, which spreads pods.
    #[default]
    LeastAllocated,
    /// The fullest node that still fits.
    MostAllocated,
}

/// How many nodes are bought for the pods of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// As few as hold them when packed tightly. The scheduler does not pack so tightly: some pods
    /// may wait for another run.
    #[default]
    Dense,
    /// As many as hold them the way the scheduler will place them.
    Scheduler,
}

impl SchedulerScoring {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::LeastAllocated, Self::MostAllocated];

    /// Returns its name on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::LeastAllocated => "least-allocated",
            Self::MostAllocated => "most-allocated",
        }
    }
}

impl Packing {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Dense, Self::Scheduler];

    /// Returns its name on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Scheduler => "scheduler",
        }
    }
}

impl fmt::Display for SchedulerScoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
