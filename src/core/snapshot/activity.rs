//! The scaling activities of a group: what happened to it lately.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scaling activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the cloud states")]
pub struct Activity {
    /// The activity's id.
    pub id: String,
    /// Whether it launched or terminated an instance.
    pub kind: ActivityKind,
    /// How it ended.
    pub status: ActivityStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// The cloud's words on how it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When somebody set the desired capacity that caused this activity; absent when its cause does
    /// not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    /// Whether the message is about missing capacity or a limit. A cancelled launch counts as
    /// failed only then.
    #[serde(default)]
    pub capacity_problem: bool,
    /// Whether it failed because the placement group had no room in the zone. That holds for every
    /// group that names the placement group, and whatever the machine type.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub placement_full: bool,
    /// The zone of a launch: where it succeeded, or the zone that its failure is about. Absent when
    /// that is unknown, and when the failure concerns the whole group, as a limit or a bad image
    /// does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The machine type of a launch: what was launched, or the type that its failure is about.
    /// Absent in the same cases as the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Whether somebody ended the instance by name and kept its place in the group, so that another
    /// is launched: what we do with unhealthy instances. The cloud does not state who did it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replacement: bool,
    /// Whether the machine ended by itself: while it was starting, or so that a health check found
    /// it gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub machine_died: bool,
    /// Whether its cause is an instance refresh.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_instance_refresh: bool,
}

impl Activity {
    /// Whether it failed. A change of desired capacity also cancels launches, so "cancelled" alone
    /// is no failure.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        match self.status {
            ActivityStatus::Failed => true,
            ActivityStatus::Cancelled => self.capacity_problem,
            ActivityStatus::InProgress | ActivityStatus::Successful => false,
        }
    }
}

/// Returns the launch that failed when no newer one succeeded or is under way: the cloud cannot
/// fill what was requested.
#[must_use]
pub fn failing_launch(activities: &[Activity]) -> Option<&Activity> {
    let launches = || activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
    if launches().any(|activity| activity.status == ActivityStatus::InProgress) {
        return None;
    }
    // Of two that began at the same time the successful one counts: the group may be about to be
    // filled.
    let newest = launches().max_by_key(|activity| (activity.started_at, !activity.has_failed(), &activity.id))?;
    newest.has_failed().then_some(newest)
}

/// The kind of a scaling activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityKind {
    /// It launches an instance.
    Launch,
    /// It terminates an instance.
    Terminate,
    /// It does anything else.
    Other,
}

/// The outcome of a scaling activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivityStatus {
    /// It has not ended yet.
    InProgress,
    /// It succeeded.
    Successful,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}
