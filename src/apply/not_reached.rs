//! Why a step was not tried.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stop::StopCause;
use crate::duration::Seconds;

/// Why a step was not tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "code")]
pub enum NotReachedReason {
    /// A person or the time limit stopped the run.
    Stopped {
        /// Which of them.
        cause: StopCause,
    },
    /// The Lease was not renewed for too long to be sure that it is still ours.
    LeaseStale {
        /// How long ago it was renewed.
        age: Seconds,
    },
    /// The Lease lapsed during the step, and was renewed since: another run may have been at work
    /// in between.
    LeaseLapsed,
    /// The Lease is not ours any more.
    LeaseLost {
        /// Its holder now.
        holder: String,
    },
}

impl fmt::Display for NotReachedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { cause } => cause.fmt(f),
            Self::LeaseStale { age } => write!(f, "the Lease was last renewed {age} ago, too long to rely on it"),
            Self::LeaseLapsed => f.write_str("the Lease lapsed while the step was on its way"),
            Self::LeaseLost { holder } => write!(f, "the Lease was taken over by {holder}"),
        }
    }
}
