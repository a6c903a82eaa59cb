//! The reasons why `--consolidate` leaves the pods of a busy node where they are.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConsolidationScore, Hold, RoomFor};
use crate::duration::Seconds;
use crate::plan::drain::PodInTheWay;
use crate::plan::reason::count;

/// Why a busy node is not emptied although `--consolidate` is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum NotEmptied {
    /// It is not Ready, so that nothing is known of its pods.
    NotReady,
    /// It is younger than `--min-node-age`.
    TooYoung {
        /// Its age.
        age: Seconds,
        /// `--min-node-age`.
        until: Seconds,
    },
    /// The PodDisruptionBudgets could not be read, and one of them might forbid every eviction.
    BudgetsUnread,
    /// Pending pods are expected on it.
    PodsExpected {
        /// How many pods are expected.
        pods: u32,
    },
    /// It has room for pods that are not in the API.
    RoomKept {
        /// For how many pods.
        pods: u32,
        /// The object that stands for them, or for the first of them.
        room_for: RoomFor,
    },
    /// It is early in an hour that is paid as a whole.
    LaunchHour {
        /// How much of the hour has passed.
        into: Seconds,
        /// `--launch-hour-threshold`.
        threshold: Seconds,
    },
    /// It would save little for what it disrupts.
    NotWorthIt {
        /// What it saves against what it disrupts.
        score: ConsolidationScore,
        /// `--min-consolidation-score`.
        least: ConsolidationScore,
    },
    /// Some of its pods stay.
    PodsStay {
        /// The first of them, each with its reason.
        pods: Vec<PodInTheWay>,
        /// How many more there are.
        more: u32,
    },
    /// Its group would fall below its minimum without it, once the nodes before it have gone.
    GroupAtMin {
        /// The minimum, in the group's own unit.
        min: i64,
    },
    /// Something holds it in this run, so that it was not tried whether its pods fit elsewhere.
    NotTried {
        /// What holds it.
        held_by: Hold,
    },
}

impl NotEmptied {
    /// Returns the pods that stay, as far as they are listed.
    #[must_use]
    pub fn pods(&self) -> &[PodInTheWay] {
        match self {
            Self::PodsStay { pods, .. } => pods,
            Self::NotReady
            | Self::TooYoung { .. }
            | Self::BudgetsUnread
            | Self::PodsExpected { .. }
            | Self::RoomKept { .. }
            | Self::LaunchHour { .. }
            | Self::NotWorthIt { .. }
            | Self::GroupAtMin { .. }
            | Self::NotTried { .. } => &[],
        }
    }
}

impl fmt::Display for NotEmptied {
    /// Writes a sentence about the node.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not emptied")?;
        match self {
            Self::NotReady => f.write_str(": it is not Ready"),
            Self::TooYoung { age, until } => write!(f, ": it is {age} old, less than --min-node-age {until}"),
            Self::BudgetsUnread => f.write_str(": the PodDisruptionBudgets could not be read"),
            Self::PodsExpected { pods } => write!(f, ": {} expected on it", count(u64::from(*pods), "pending pod")),
            Self::RoomKept { pods, room_for } => {
                write!(f, ": room for {} of {room_for} is kept on it", count(u64::from(*pods), "pod"))
            }
            Self::LaunchHour { into, threshold } => {
                write!(f, ": {into} into an hour since its launch, kept until {threshold} (--launch-hour-threshold)")
            }
            Self::NotWorthIt { score, least } => {
                write!(f, ": it saves little for what it disrupts, score {score} of --min-consolidation-score {least}")
            }
            Self::PodsStay { pods, more } => {
                if let Some(PodInTheWay { pod, message, .. }) = pods.first() {
                    write!(f, ": {pod} {message}")?;
                }
                match u64::from(*more) + pods.len().saturating_sub(1) as u64 {
                    0 => Ok(()),
                    1 => f.write_str("; 1 more pod stays"),
                    others => write!(f, "; {others} more pods stay"),
                }
            }
            Self::GroupAtMin { min } => write!(f, ": its group is at its minimum {min} without the nodes that go"),
            Self::NotTried { held_by } => write!(f, " in this run: {held_by}"),
        }
    }
}
