//! What happened to a group lately: its scaling activities.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scaling activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// The activity's id.
    pub id: String,
    /// Launch or termination.
    pub kind: ActivityKind,
    /// How it ended.
    pub status: ActivityStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// AWS's own words on how it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When somebody set the desired capacity that this activity answers, if its cause says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    /// Whether the message speaks of missing capacity or a limit; a cancelled launch counts as failed only then.
    #[serde(default)]
    pub capacity_problem: bool,
    /// The zone of a launch: where it succeeded, or the one its failure is about. Absent when that is unknown, and when a failure
    /// concerns the whole group, as a limit or a bad image does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type of a launch: what was launched, or what its failure is about. Absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Whether somebody asked to end the instance by name and to keep its place in the group, so that another is launched: what
    /// we do with unhealthy instances. AWS does not say who asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replacement: bool,
    /// Whether its cause is an instance refresh.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_instance_refresh: bool,
}

impl Activity {
    /// Whether it failed. Our own or a person's change of desired also cancels launches, so that "cancelled" alone says
    /// nothing.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        match self.status {
            ActivityStatus::Failed => true,
            ActivityStatus::Cancelled => self.capacity_problem,
            ActivityStatus::InProgress | ActivityStatus::Successful => false,
        }
    }
}

/// The launch that failed when no newer one succeeded or is under way: AWS cannot fill what was asked for.
#[must_use]
pub fn failing_launch(activities: &[Activity]) -> Option<&Activity> {
    let launches = || activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    if launches().any(|activity| activity.status == ActivityStatus::InProgress) {
        return None;
    }
    // Of two that began together the one that succeeded counts: the group may be about to be filled.
    let newest = launches().max_by_key(|activity| (activity.started_at, !activity.has_failed(), &activity.id))?;
    newest.has_failed().then_some(newest)
}

/// What a scaling activity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// Launches an instance.
    Launch,
    /// Terminates one.
    Terminate,
    /// Anything else.
    Other,
}

/// How a scaling activity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityStatus {
    /// It has not.
    InProgress,
    /// Well.
    Successful,
    /// Badly.
    Failed,
    /// It was called off.
    Cancelled,
}
