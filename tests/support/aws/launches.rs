//! How launches take time and how they fail.

use std::time::Duration;

use serde_json::{Value, json};

/// What a raised desired capacity leads to for a while. Nothing waits by itself:
/// `Account::release_launches` ends every delay.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LaunchDelay {
    /// Desired is raised and nothing has started: no instance, no activity.
    OnlyRequested,
    /// Instances are Pending and their activities InProgress.
    Pending,
    /// They are Pending in so many answers of DescribeAutoScalingGroups, then InService.
    PendingForDescribes(u32),
    /// They are Pending for so long.
    PendingFor(Duration),
}

impl LaunchDelay {
    pub(super) fn wish(self) -> Value {
        match self {
            Self::OnlyRequested => json!({"stage": "requested"}),
            Self::Pending => json!({"stage": "pending"}),
            Self::PendingForDescribes(times) => json!({"stage": "pending", "describes": times}),
            Self::PendingFor(time) => json!({"stage": "pending", "seconds": time.as_secs_f64()}),
        }
    }
}

/// How late scaling activities are listed. Nothing waits by itself: `Account::release_activities`
/// ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ActivityLag {
    /// Until they are released.
    Held,
    /// They are missing from so many answers of DescribeScalingActivities.
    ForDescribes(u32),
    /// They are missing for so long.
    For(Duration),
}

impl ActivityLag {
    pub(super) fn wish(self) -> Value {
        match self {
            Self::Held => json!({}),
            Self::ForDescribes(times) => json!({"describes": times}),
            Self::For(time) => json!({"seconds": time.as_secs_f64()}),
        }
    }
}

/// Launches that fail, with AWS's own words for the code (`emulator/launch_messages.py`).
/// Unless narrowed down it takes every launch of the account.
pub(crate) struct LaunchFailure {
    wish: Value,
}

impl LaunchFailure {
    /// `InsufficientInstanceCapacity`, `VcpuLimitExceeded`, `MaxSpotInstanceCountExceeded`, …
    pub(crate) fn code(code: &str) -> Self {
        Self { wish: json!({"code": code}) }
    }

    /// The words, when the code's own aren't wanted.
    pub(crate) fn message(self, message: &str) -> Self {
        self.with("message", json!(message))
    }

    pub(crate) fn group(self, group: &str) -> Self {
        self.with("group", json!(group))
    }

    pub(crate) fn region(self, region: &str) -> Self {
        self.with("region", json!(region))
    }

    pub(crate) fn zone(self, zone: &str) -> Self {
        self.with("zone", json!(zone))
    }

    pub(crate) fn instance_type(self, instance_type: &str) -> Self {
        self.with("instance_type", json!(instance_type))
    }

    /// Only launches of spot instances.
    pub(crate) fn spot(self) -> Self {
        self.with("lifecycle", json!("spot"))
    }

    pub(crate) fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// The activity ends Cancelled instead of Failed.
    pub(crate) fn cancelled(self) -> Self {
        self.with("status", json!("Cancelled"))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.wish[key] = value;
        self
    }

    pub(super) fn wish(&self) -> Value {
        self.wish.clone()
    }
}
