//! Why pods wait for a node, and what keeps groups from growing meanwhile.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Seconds;
use crate::plan::Ruling;

/// Why a pod waits, by what the last run of `apply` has decided about it. It holds until the next
/// run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitCause {
    /// A node is on its way for it.
    Boot,
    /// Launches fail: the cloud launches nothing for a group, or groups that could take the pod are
    /// left alone after a failure.
    FailedLaunches,
    /// Groups that could take it may not grow: they are at their maximum, or a limit, a quota or a
    /// setting does not allow it.
    Limit,
    /// No group could take it, however large.
    NoGroup,
    /// Others of its gang have no place or do not exist yet.
    Gang,
    /// No run has seen it yet: it waits for the next one.
    Interval,
    /// There is room for it on a node, and the scheduler has not placed it there yet.
    Scheduler,
    /// The planner leaves it alone: gates, another scheduler, its priority, or what is not
    /// modelled.
    LeftAlone,
    /// A planner that gives no reasons has seen it, and no node is on its way for anybody.
    Unexplained,
}

impl WaitCause {
    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::Boot,
        Self::FailedLaunches,
        Self::Limit,
        Self::NoGroup,
        Self::Gang,
        Self::Interval,
        Self::Scheduler,
        Self::LeftAlone,
        Self::Unexplained,
    ];
}

/// Writes a few words that complete "time lost to …".
impl fmt::Display for WaitCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boot => "boot",
            Self::FailedLaunches => "failed launches and backoff",
            Self::Limit => "maximum or limit",
            Self::NoGroup => "no group for it",
            Self::Gang => "others of the gang",
            Self::Interval => "the interval",
            Self::Scheduler => "the scheduler",
            Self::LeftAlone => "left alone",
            Self::Unexplained => "not explained",
        })
    }
}

/// A part of the wait of a pod: all of it with one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitPart {
    /// The cause.
    pub cause: WaitCause,
    /// How long.
    pub time: Seconds,
    /// The last verdict of a plan that was this cause; absent where no run had seen the pod.
    pub ruling: Option<Arc<Ruling>>,
}

/// What keeps a group from growing for pods that wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBack {
    /// It is at its maximum.
    AtMaximum,
    /// Its launches failed lately.
    FailedLaunches,
    /// A limit, a quota or a setting does not allow it.
    Limit,
}

/// Writes the predicate of a sentence whose subject is a group.
impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMaximum => "at its maximum",
            Self::FailedLaunches => "in backoff after failed launches",
            Self::Limit => "held back by a limit",
        })
    }
}
