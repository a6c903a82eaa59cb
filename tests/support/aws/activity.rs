//! A scaling activity that a test makes up.

use std::time::Duration;

use serde_json::{Value, json};

/// Unsaid: it started now, and its cause is that Auto Scaling filled a gap of one.
pub(crate) struct Activity {
    status: &'static str,
    message: Option<String>,
    description: String,
    cause: Vec<String>,
    ago: Duration,
    zone: Option<String>,
}

impl Activity {
    fn launch(status: &'static str, message: Option<&str>) -> Self {
        let reason = message.map(|said| format!(".  Status Reason: {said}"));
        Self {
            status,
            message: message.map(str::to_owned),
            description: format!("Launching a new EC2 instance{}", reason.unwrap_or_default()),
            cause: vec![
                "an instance was started in response to a difference between desired and actual \
                 capacity, increasing the capacity from 0 to 1"
                    .to_owned(),
            ],
            ago: Duration::ZERO,
            zone: None,
        }
    }

    /// A launch that failed; `message` becomes its StatusMessage.
    pub(crate) fn failed_launch(message: &str) -> Self {
        Self::launch("Failed", Some(message))
    }

    pub(crate) fn cancelled_launch(message: &str) -> Self {
        Self::launch("Cancelled", Some(message))
    }

    /// A launch that succeeded; its instance need not exist.
    pub(crate) fn successful_launch(instance: &str) -> Self {
        let mut activity = Self::launch("Successful", None);
        activity.description = format!("Launching a new EC2 instance: {instance}");
        activity
    }

    /// A launch that is under way.
    pub(crate) fn launch_in_progress() -> Self {
        Self::launch("InProgress", None)
    }

    /// The old-style spot request that AWS has not fulfilled yet.
    pub(crate) fn waiting_for_spot(message: &str) -> Self {
        let mut activity = Self::launch("WaitingForSpotInstanceId", Some(message));
        "Placing Spot instance request".clone_into(&mut activity.description);
        activity
    }

    /// Replaces the cause: sentences without "At …" in front and without the full stop.
    pub(crate) fn cause<const N: usize>(mut self, sentences: [&str; N]) -> Self {
        self.cause = sentences.map(str::to_owned).to_vec();
        self
    }

    pub(crate) fn ago(mut self, ago: Duration) -> Self {
        self.ago = ago;
        self
    }

    pub(crate) fn zone(mut self, zone: &str) -> Self {
        self.zone = Some(zone.to_owned());
        self
    }

    pub(super) fn wish(&self, region: &str, group: &str) -> Value {
        json!({
            "region": region, "group": group, "status": self.status, "message": self.message,
            "description": self.description, "cause": self.cause, "zone": self.zone,
            "seconds_ago": self.ago.as_secs(),
        })
    }
}
