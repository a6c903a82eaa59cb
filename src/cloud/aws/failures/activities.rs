//! The recent scaling activities of a group.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::operation::describe_scaling_activities::builders::DescribeScalingActivitiesFluentBuilder;
use aws_sdk_autoscaling::types::{Activity as ScalingActivity, ScalingActivityStatusCode};
use jiff::Timestamp;

use crate::snapshot::{Activity, ActivityKind, ActivityStatus, is_zone_of};

use super::launch_message::{is_about_full_placement, is_about_one_zone, speaks_of_capacity, type_at_fault, zone_at_fault};
use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::moment::timestamp;

const ACTION: &str = "autoscaling:DescribeScalingActivities";
/// AWS puts at most this many on a page.
const PAGE: i32 = 100;

/// The machine type of each known instance, by the instance's id.
pub type InstanceTypes = BTreeMap<String, String>;

/// The activities of each group, by its name.
pub(crate) type ByGroup = BTreeMap<String, Vec<Activity>>;

/// The client that reads activities, and what is known of the instances that they name.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) client: &'a Client,
    pub(crate) region: &'a str,
    pub(crate) types: &'a InstanceTypes,
}

impl Reading<'_> {
    /// Reads a group's activities back to `since`, newest first, and every unfinished one whatever
    /// its age.
    pub(crate) async fn of_group(self, name: &str, since: Timestamp) -> Result<Vec<Activity>, AwsError> {
        let call = self.client.describe_scaling_activities().auto_scaling_group_name(name);
        let found = self.read(call, since, usize::MAX).await?.unwrap_or_default();
        Ok(found.into_values().next().unwrap_or_default())
    }

    /// Reads the activities of every group of the region, by name. Returns `None` when so many
    /// pages do not reach back to `since`.
    pub(crate) async fn of_region(self, since: Timestamp, pages: usize) -> Result<Option<ByGroup>, AwsError> {
        self.read(self.client.describe_scaling_activities(), since, pages).await
    }

    async fn read(
        self,
        call: DescribeScalingActivitiesFluentBuilder,
        since: Timestamp,
        most_pages: usize,
    ) -> Result<Option<ByGroup>, AwsError> {
        let mut pages = call.into_paginator().page_size(PAGE).send();
        let mut found = ByGroup::new();
        let mut read = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| AwsError::of(ACTION, self.region, &error))?;
            let mut is_past_the_end = false;
            for told in page.activities() {
                let Some(activity) = read_activity(told, self.region, self.types) else { continue };
                if is_over_before(&activity, since) {
                    is_past_the_end = true;
                } else {
                    let group = told.auto_scaling_group_name().unwrap_or_default();
                    found.entry(group.to_owned()).or_default().push(activity);
                }
            }
            read += 1;
            if is_past_the_end || page.next_token().is_none_or(str::is_empty) {
                break;
            }
            if read >= most_pages {
                return Ok(None);
            }
        }
        for own in found.values_mut() {
            own.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.id.cmp(&b.id)));
        }
        Ok(Some(found))
    }
}

/// Whether an activity ended before `since`. AWS lists unfinished activities first, however old
/// they are, so only finished ones show how far back a page goes.
pub(crate) fn is_over_before(activity: &Activity, since: Timestamp) -> bool {
    activity.status != ActivityStatus::InProgress && activity.started_at < since
}

/// Converts an activity of a group in this region. Returns `None` for one without an id or a start,
/// which AWS does not write.
#[must_use]
pub fn read_activity(activity: &ScalingActivity, region: &str, types: &InstanceTypes) -> Option<Activity> {
    let description = activity.description().unwrap_or_default();
    let message = message(activity.status_message(), description);
    let status = activity.status_code().map_or(ActivityStatus::InProgress, status);
    let placement_full = is_about_full_placement(&message);
    let (zone, machine_type) = match status {
        ActivityStatus::Successful => (zone_tried(activity, region), launched_type(description, types)),
        _ => (
            zone_at_fault(&message, region).or_else(|| zone_tried(activity, region).filter(|_| is_about_one_zone(&message))),
            type_at_fault(&message).filter(|_| !placement_full),
        ),
    };
    Some(Activity {
        id: activity.activity_id.clone()?,
        kind: kind(description),
        status,
        started_at: timestamp(activity.start_time()?)?,
        requested_at: requested_at(activity.cause().unwrap_or_default()),
        replacement: activity.cause().is_some_and(is_replacement),
        by_instance_refresh: activity.cause().is_some_and(|cause| cause.contains("instance refresh")),
        machine_died: machine_died(&message, activity.cause().unwrap_or_default()),
        capacity_problem: speaks_of_capacity(&message),
        placement_full,
        zone,
        machine_type,
        message,
    })
}

/// Whether a cause is a termination by name that leaves the desired capacity as it is: "instance
/// i-0abc was taken out of service in response to a user request", without "shrinking the capacity
/// from 3 to 2".
fn is_replacement(cause: &str) -> bool {
    cause.contains("was taken out of service in response to a user request") && !cause.contains("shrinking the capacity")
}

/// Whether a machine ended by itself: AWS cancels its launch ("Instance became unhealthy while
/// waiting for instance to be in InService state. Termination Reason: Client.InternalError"), or a
/// health check finds it gone.
fn machine_died(message: &str, cause: &str) -> bool {
    const WHILE_IT_STARTED: [&str; 3] = [
        "became unhealthy while waiting for instance to be in InService",
        "Termination Reason: Client.",
        "Termination Reason: Server.",
    ];
    const FOUND_GONE: &str = "health check indicating it has been terminated or stopped";
    WHILE_IT_STARTED.iter().any(|words| message.contains(words)) || cause.contains(FOUND_GONE)
}

/// Returns the zone that an activity's details name: `{"Subnet ID":"subnet-1","Availability
/// Zone":"us-west-2a"}`.
fn zone_tried(activity: &ScalingActivity, region: &str) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(activity.details()?).ok()?;
    let zone = details.get("Availability Zone")?.as_str()?;
    is_zone_of(zone, region).then(|| zone.to_owned())
}

/// Returns the type of the instance that a description names, where it is still known.
fn launched_type(description: &str, types: &InstanceTypes) -> Option<String> {
    let (_, instance) = description.rsplit_once(": ")?;
    types.get(instance.trim()).cloned()
}

fn kind(description: &str) -> ActivityKind {
    // The second one is the description of an old-style spot request while it waits.
    let launches = ["Launching a new EC2 instance", "Placing Spot instance request"];
    let launches = launches.iter().any(|words| description.starts_with(words));
    // An instance for the warm pool adds no desired capacity.
    if launches && !description.contains("into warm pool") {
        ActivityKind::Launch
    } else if description.starts_with("Terminating EC2 instance") {
        ActivityKind::Terminate
    } else {
        ActivityKind::Other
    }
}

/// Converts a status. The many states between the beginning and the end
/// (`WaitingForSpotInstanceId`, `PreInService`, …) all mean the same here.
fn status(code: &ScalingActivityStatusCode) -> ActivityStatus {
    match code {
        ScalingActivityStatusCode::Successful => ActivityStatus::Successful,
        ScalingActivityStatusCode::Failed => ActivityStatus::Failed,
        ScalingActivityStatusCode::Cancelled => ActivityStatus::Cancelled,
        _ => ActivityStatus::InProgress,
    }
}

/// Returns the status message. A failed activity repeats it in its description, and some have it
/// only there.
fn message(status_message: Option<&str>, description: &str) -> String {
    let reason = || description.split_once("Status Reason:").map(|(_, reason)| reason);
    status_message.or_else(reason).unwrap_or_default().trim().to_owned()
}

/// Returns when somebody set the desired capacity, from causes such as "At 2026-11-21T10:00:00Z a
/// user request explicitly set group desired capacity changing the desired capacity from 0 to 2.
/// At 2026-11-21T10:00:07Z an instance was started in response to a difference between desired and
/// actual capacity, increasing the capacity from 0 to 2." It is the last time, if there are
/// several.
///
/// A request that came with new limits ("update of `AutoScalingGroup` constraints"), with the group
/// itself, from a schedule or from an alarm counts too: all contain "changing the desired
/// capacity".
fn requested_at(cause: &str) -> Option<Timestamp> {
    let sentences = cause.split("At ").filter_map(|sentence| sentence.split_once(' '));
    let requests = sentences
        .filter(|(_, text)| text.contains("changing the desired capacity") || text.contains("explicitly set group desired"));
    requests.filter_map(|(at, _)| at.parse().ok()).max()
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::primitives::DateTime;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn descriptions_say_what_an_activity_does() {
        for (description, expected) in [
            ("Launching a new EC2 instance: i-0598c7d356eba48d7", ActivityKind::Launch),
            ("Launching a new EC2 instance.  Status Reason: Volume limit exceeded.", ActivityKind::Launch),
            ("Launching a new EC2 instance from warm pool: i-0c8f", ActivityKind::Launch),
            ("Placing Spot instance request", ActivityKind::Launch),
            ("Launching a new EC2 instance into warm pool: i-0c8f", ActivityKind::Other),
            ("Terminating EC2 instance: i-0598c7d356eba48d7", ActivityKind::Terminate),
            ("Moving EC2 instance: i-0598c7d356eba48d7 to Standby", ActivityKind::Other),
            ("Updating load balancers/target groups: Successful. Status Reason: Added: arn", ActivityKind::Other),
            ("", ActivityKind::Other),
        ] {
            assert_eq!(kind(description), expected, "{description}");
        }
    }

    #[test]
    fn what_is_not_over_is_in_progress() {
        for (code, expected) in [
            ("Successful", ActivityStatus::Successful),
            ("Failed", ActivityStatus::Failed),
            ("Cancelled", ActivityStatus::Cancelled),
            ("InProgress", ActivityStatus::InProgress),
            ("WaitingForSpotInstanceId", ActivityStatus::InProgress),
            ("PreInService", ActivityStatus::InProgress),
            ("SomethingNew", ActivityStatus::InProgress),
        ] {
            assert_eq!(status(&ScalingActivityStatusCode::from(code)), expected, "{code}");
        }
    }

    /// Causes as the user guide and people's posts show them.
    #[test]
    fn a_replacement_is_a_termination_by_name_that_shrinks_nothing() {
        let by_name = "At 2026-11-21T10:00:00Z instance i-0abc was taken out of service in response to a user request";
        let health = "At 2026-11-21T10:00:00Z an instance was taken out of service in response to an EC2 health check indicating it \
                      has been terminated or stopped.";
        assert!(is_replacement(&format!("{by_name}.")));
        assert!(!is_replacement(&format!("{by_name}, shrinking the capacity from 3 to 2.")));
        assert!(!is_replacement(health));
    }

    #[test]
    fn a_machine_that_ends_while_it_starts_or_is_found_gone_has_died() {
        let cancelled = "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: \
                         Client.InternalError: Client error on launch";
        let found = "At 2026-11-21T10:00:00Z an instance was taken out of service in response to an EC2 health check indicating it \
                     has been terminated or stopped.";
        assert!(machine_died(cancelled, "") && machine_died("", found));
        assert!(!machine_died(
            "",
            "At 2026-11-21T10:00:00Z instance i-0abc was taken out of service in response to a user request"
        ));
    }

    #[test]
    fn a_cause_tells_when_the_capacity_was_asked_for() {
        for (cause, expected) in [
            (
                "At 2026-11-21T10:00:00Z a user request explicitly set group desired capacity changing the desired capacity from \
                 0 to 2.  At 2026-11-21T10:00:07Z an instance was started in response to a difference between desired and actual \
                 capacity, increasing the capacity from 0 to 2.",
                Some("2026-11-21T10:00:00Z"),
            ),
            (
                "At 2026-11-21T10:00:00Z a user request update of AutoScalingGroup constraints to min: 1, max: 5, desired: 4 \
                 changing the desired capacity from 2 to 4.  At 2026-11-21T10:00:02Z an instance was started in response to a \
                 difference between desired and actual capacity, increasing the capacity from 2 to 4.",
                Some("2026-11-21T10:00:00Z"),
            ),
            (
                "At 2026-11-21T09:00:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  \
                 At 2026-11-21T09:30:00Z a user request explicitly set group desired capacity changing the desired capacity from \
                 1 to 3.  At 2026-11-21T09:30:04Z an instance was started in response to a difference between desired and actual \
                 capacity, increasing the capacity from 1 to 3.",
                Some("2026-11-21T09:30:00Z"),
            ),
            (
                "At 2026-11-21T10:00:07Z an instance was started in response to a difference between desired and actual \
                 capacity, increasing the capacity from 1 to 2.",
                None,
            ),
            ("At 2026-11-21T10:00:00Z an instance was taken out of service in response to an EC2 health check.", None),
            ("At some time a user request explicitly set group desired capacity.", None),
            ("", None),
        ] {
            assert_eq!(requested_at(cause), expected.map(at), "{cause}");
        }
    }

    #[test]
    fn the_reason_is_found_where_aws_put_it() {
        let description = "Launching a new EC2 instance.  Status Reason: Volume limit exceeded.";
        assert_eq!(message(Some("As the status says. "), description), "As the status says.");
        assert_eq!(message(None, description), "Volume limit exceeded.");
        assert_eq!(message(None, "Launching a new EC2 instance: i-1"), "");
    }

    #[test]
    fn unfinished_activities_do_not_end_the_reading() {
        let activity = |code: &str, second| {
            ScalingActivity::builder()
                .activity_id("a")
                .description("Launching a new EC2 instance")
                .status_code(ScalingActivityStatusCode::from(code))
                .start_time(DateTime::from_secs(second))
                .build()
        };
        let since = Timestamp::from_second(1000).expect("a second");
        for (code, second, over) in
            [("Failed", 999, true), ("Failed", 1000, false), ("WaitingForSpotInstanceId", 1, false), ("Successful", 1, true)]
        {
            let activity =
                read_activity(&activity(code, second), "us-west-2", &InstanceTypes::new()).expect("an id and a start");
            assert_eq!(is_over_before(&activity, since), over, "{code} at {second}");
        }
    }

    /// The zone and type in which a launch failed or succeeded are closed or opened, and no others.
    #[test]
    fn a_launch_tells_its_zone_and_type() {
        const FULL: &str = "We currently do not have sufficient p3.2xlarge capacity in the Availability Zone you requested \
                            (us-west-2a). You can currently get p3.2xlarge capacity by choosing us-west-2b.";
        const UNFULFILLABLE: &str = "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity.";
        const SPREAD: &str = "InsufficientInstanceCapacity - no sufficient capacity for m5.large in placement group a.";
        const ELSEWHERE: &str = "The placement group 'a' is in use in another availability zone: us-west-2b.";
        const LIMIT: &str = "You have requested more vCPU capacity than your current vCPU limit of 32 allows.";
        const IMAGE: &str = "The AMI ID 'ami-1' does not exist.";
        let types: InstanceTypes = [("i-1".to_owned(), "m5.large".to_owned())].into();
        for (code, message, instance, zone, machine_type) in [
            ("Failed", FULL, "", Some("us-west-2a"), Some("p3.2xlarge")),
            ("Failed", UNFULFILLABLE, "", Some("us-west-2c"), None),
            ("Failed", SPREAD, "", Some("us-west-2c"), None),
            ("Failed", ELSEWHERE, "", Some("us-west-2c"), None),
            ("Failed", LIMIT, "", None, None),
            ("Failed", IMAGE, "", None, None),
            ("Successful", "", ": i-1", Some("us-west-2c"), Some("m5.large")),
            ("Successful", "", ": i-gone", Some("us-west-2c"), None),
        ] {
            let activity = ScalingActivity::builder()
                .activity_id("a")
                .description(format!("Launching a new EC2 instance{instance}"))
                .status_code(ScalingActivityStatusCode::from(code))
                .status_message(message)
                .start_time(DateTime::from_secs(1))
                .details(r#"{"Subnet ID":"subnet-1","Availability Zone":"us-west-2c"}"#)
                .build();
            let read = read_activity(&activity, "us-west-2", &types).expect("an id and a start");
            assert_eq!((read.zone.as_deref(), read.machine_type.as_deref()), (zone, machine_type), "{code} {message}");
            assert_eq!(read.placement_full, [SPREAD, ELSEWHERE].contains(&message), "{message}");
        }
    }
}
