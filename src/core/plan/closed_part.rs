//! A part of a group in backoff, with the words for how long and why.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, moment};

/// A part of a group that does not grow for a while because a launch there failed: a zone, a
/// machine type, or a type in a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ClosedPart {
    /// The zone; absent when every zone of the group is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type; absent when every type of the group is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// When it may grow again.
    pub until: Timestamp,
    /// When the launch failed.
    pub failed_at: Timestamp,
    /// The cloud's words on the failure.
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

/// Writes `until 14:20 UTC, in 42m (failed 18m ago): ` and the cloud's words.
pub(super) fn write_until(
    f: &mut fmt::Formatter<'_>,
    until: Timestamp,
    failed_at: Timestamp,
    message: &str,
    now: Timestamp,
) -> fmt::Result {
    // The cloud's words end with a full stop; a semicolon or nothing follows here.
    let message = message.trim_end_matches('.');
    write!(f, "until {} (failed {} ago): {message}", moment(until, now), Seconds::between(failed_at, now))
}
