//! A part of a group in backoff, and the words for how long and why.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, moment};

/// A part of a group that is left alone because a launch there failed lately: a zone, a machine type, or a type in a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ClosedPart {
    /// The zone; absent when it is every zone of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type; absent when it is every type of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// When it will be tried again.
    pub until: Timestamp,
    /// When the launch failed.
    pub failed_at: Timestamp,
    /// AWS's words.
    pub message: String,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
}

impl fmt::Display for ClosedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("in backoff ")?;
        if let Some(machine_type) = &self.machine_type {
            write!(f, "for {machine_type} ")?;
        }
        if let Some(zone) = &self.zone {
            write!(f, "in {zone} ")?;
        }
        write_until(f, self.until, self.failed_at, &self.message, self.now)
    }
}

/// `until 14:20 UTC, in 42m (failed 18m ago): ` and AWS's words.
pub(super) fn write_until(
    f: &mut fmt::Formatter<'_>,
    until: Timestamp,
    failed_at: Timestamp,
    message: &str,
    now: Timestamp,
) -> fmt::Result {
    // AWS ends with a full stop; what follows here is a semicolon or nothing.
    let message = message.trim_end_matches('.');
    write!(f, "until {} (failed {} ago): {message}", moment(until, now), Seconds::between(failed_at, now))
}
