//! Settings that are one of a few names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantNames};

/// How the scheduler chooses among the nodes that a pod fits (`scoringStrategy` of the
/// NodeResourcesFit plugin).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SchedulerScoring {
    /// The emptiest node: the scheduler's own default, which spreads pods.
    #[default]
    LeastAllocated,
    /// The fullest node that still fits.
    MostAllocated,
}

/// How many nodes are bought for the pods of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Packing {
    /// As for `scheduler`; as for `dense` where `price` is among the expanders, which is for those
    /// who would rather wait than pay more.
    #[default]
    Auto,
    /// As few as hold them when packed tightly. The scheduler does not pack so tightly: some pods
    /// may wait for another run.
    Dense,
    /// Up to a tenth more, so that as few as possible wait for another run the way the scheduler
    /// will place them.
    Scheduler,
}

/// How new nodes are requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display, EnumString, VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum LaunchWay {
    /// Each in a zone that the plan chooses, where the group can do that; otherwise as for
    /// `set-desired`.
    #[default]
    Auto,
    /// By the desired capacity of the group: the cloud chooses the zones, and answers nothing.
    SetDesired,
}
