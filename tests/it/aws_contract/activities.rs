//! DescribeScalingActivities.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html>

use std::time::{Duration, SystemTime};

use aws_sdk_autoscaling::types::Activity as Described;

use super::{GROUP, REGION, activities, autoscaling, code_and_message, described, on_each, set_desired};
use crate::support::aws::{Activity, ActivityLag, AwsServer, LaunchDelay, LaunchFailure, Mixed};

fn status(activity: &Described) -> &str {
    activity.status_code().map_or("", |it| it.as_str())
}

fn age(activity: &Described) -> Duration {
    let start = SystemTime::try_from(*activity.start_time().expect("start")).expect("system time");
    SystemTime::now().duration_since(start).unwrap_or_default()
}

/// Returns "At 2026-01-02T03:04:05Z …" without the times, which differ from run to run.
fn without_times(cause: &str) -> String {
    let words = cause.split(' ');
    words.filter(|word| !(word.len() == 20 && word.ends_with('Z'))).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn aws_writes_an_activity_for_each_launch() {
    on_each(async |aws| {
        aws.group(GROUP).create();
        let client = autoscaling(aws).await;
        set_desired(&client, GROUP, 2).await;
        let written = activities(&client, GROUP).await;
        assert_eq!(written.len(), 2);
        for activity in &written {
            assert_eq!(status(activity), "Successful");
            assert_eq!(activity.status_message(), None);
            let description = activity.description().expect("description");
            assert!(description.starts_with("Launching a new EC2 instance: i-"), "{description}");
            assert_eq!(
                without_times(activity.cause().expect("cause")),
                "At a user request explicitly set group desired capacity changing the desired capacity \
             from 0 to 2.  At an instance was started in response to a difference between desired \
             and actual capacity, increasing the capacity from 0 to 2."
            );
            let details = activity.details().expect("details");
            assert!(details.contains(r#""Availability Zone":"us-west-2a""#), "{details}");
        }
    })
    .await;
}

#[tokio::test]
async fn aws_says_when_a_group_was_created_with_capacity() {
    on_each(async |aws| {
        aws.group(GROUP).desired(1).create();
        let written = activities(&autoscaling(aws).await, GROUP).await;
        assert_eq!(
            without_times(written[0].cause().expect("cause")),
            "At a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  \
         At an instance was started in response to a difference between desired and actual \
         capacity, increasing the capacity from 0 to 1."
        );
    })
    .await;
}

#[tokio::test]
async fn aws_writes_why_a_launch_failed() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    aws.group(GROUP).zones(["us-west-2a", "us-west-2b"]).launch_template("p4d.24xlarge").create();
    let client = autoscaling(&aws).await;
    set_desired(&client, GROUP, 1).await;
    let written = activities(&client, GROUP).await;
    // There is one for each zone that was tried, the newest first.
    assert_eq!(written.len(), 2);
    let last = &written[1];
    assert_eq!(status(last), "Failed");
    assert_eq!(last.progress, Some(100));
    let message = "We currently do not have sufficient p4d.24xlarge capacity in the Availability \
        Zone you requested (us-west-2a). Our system will be working on provisioning additional \
        capacity. You can currently get p4d.24xlarge capacity by not specifying an Availability \
        Zone in your request or choosing us-west-2b. Launching EC2 instance failed.";
    assert_eq!(last.status_message(), Some(message));
    let described = format!("Launching a new EC2 instance.  Status Reason: {message}");
    assert_eq!(last.description(), Some(described.as_str()));
}

/// `Details` is what AWS shows of each launch, whether it came to something or not:
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html>
#[tokio::test]
async fn aws_details_name_subnet_and_zone_of_every_launch() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").zone("us-west-2a"));
    aws.group(GROUP).zones(["us-west-2a", "us-west-2b"]).desired(1).create();
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    let subnets: Vec<_> = group.vpc_zone_identifier().expect("subnets").split(',').collect();
    let details: Vec<_> = activities(&client, GROUP).await.into_iter().map(|it| it.details.expect("details")).collect();
    let expected = |at: usize, zone: &str| format!(r#"{{"Subnet ID":"{}","Availability Zone":"{zone}"}}"#, subnets[at]);
    // The newest is first: the launch in the other zone, then the one that failed.
    assert_eq!(details, [expected(1, "us-west-2b"), expected(0, "us-west-2a")]);
}

/// A zone without capacity and a type without capacity are passed over one by one, each with an
/// activity of its own.
#[tokio::test]
async fn aws_goes_on_to_another_type_and_says_which_failed() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").instance_type("m5.large"));
    aws.group(GROUP).mixed(Mixed::of(["m5.large", "m5a.large"])).desired(1).create();
    let written = activities(&autoscaling(&aws).await, GROUP).await;
    assert_eq!(written.iter().map(status).collect::<Vec<_>>(), ["Successful", "Failed"]);
    let message = written[1].status_message().expect("message");
    let start = "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient \
                 m5.large capacity in the Availability Zone you requested (us-west-2a).";
    assert!(message.starts_with(start), "{message}");
}

/// "There is no Spot capacity available that matches your request." is EC2's text for the code when
/// it is about spot. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html>
#[tokio::test]
async fn aws_has_other_words_for_missing_spot_capacity() {
    let words = "There is no Spot capacity available that matches your request. Launching EC2 instance failed.";
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").spot());
    aws.group(GROUP).spot().desired(1).create();
    aws.group("mixed").mixed(Mixed::of(["m5.large"]).on_demand_percentage(0)).desired(1).create();
    let client = autoscaling(&aws).await;
    assert_eq!(activities(&client, GROUP).await[0].status_message(), Some(words));
    let mixed = format!("Could not launch Spot Instances. InsufficientInstanceCapacity - {words}");
    assert_eq!(activities(&client, "mixed").await[0].status_message(), Some(mixed.as_str()));
}

/// Activities are written some seconds after the request; until then only the group itself shows
/// it.
#[tokio::test]
async fn aws_activities_come_late() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    let client = autoscaling(&aws).await;
    aws.lag_activities(ActivityLag::ForDescribes(2));
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    set_desired(&client, GROUP, 1).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(activities(&client, GROUP).await.len());
    }
    assert_eq!(seen, [0, 0, 1]);
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(1));

    aws.lag_activities(ActivityLag::For(Duration::from_secs(30)));
    aws.retry_launches();
    assert_eq!(activities(&client, GROUP).await.len(), 1);
    aws.age(Duration::from_secs(30));
    assert_eq!(activities(&client, GROUP).await.len(), 2);

    aws.lag_activities(ActivityLag::Held);
    aws.retry_launches();
    assert_eq!(activities(&client, GROUP).await.len(), 2);
    aws.release_activities();
    assert_eq!(activities(&client, GROUP).await.len(), 3);
}

/// "Activities are sorted by start time. Activities still in progress are described first."
#[tokio::test]
async fn aws_lists_what_is_in_progress_first() {
    on_each(async |aws| {
        aws.group(GROUP).create();
        aws.activity(REGION, GROUP, &Activity::launch_in_progress().ago(Duration::from_hours(3)));
        aws.activity(REGION, GROUP, &Activity::failed_launch("full").ago(Duration::from_hours(1)));
        aws.activity(REGION, GROUP, &Activity::failed_launch("full").ago(Duration::from_hours(2)));
        let written = activities(&autoscaling(aws).await, GROUP).await;
        assert_eq!(written.iter().map(|it| age(it).as_secs() / 3600).collect::<Vec<_>>(), [3, 1, 2]);
    })
    .await;
}

#[tokio::test]
async fn aws_names_option_and_code_when_a_mixed_group_fails() {
    for (code, said) in [
        (
            "UnfulfillableCapacity",
            "Unable to fulfill capacity due to your request configuration. Please adjust your \
             request and try again.",
        ),
        ("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded."),
    ] {
        let aws = AwsServer::account();
        aws.fail_launches(&LaunchFailure::code(code).spot());
        let mixed = Mixed::of(["m5.large"]).on_demand_percentage(0);
        aws.group(GROUP).mixed(mixed).desired(1).create();
        let written = activities(&autoscaling(&aws).await, GROUP).await;
        let expected = format!("Could not launch Spot Instances. {code} - {said} Launching EC2 instance failed.");
        assert_eq!(written[0].status_message(), Some(expected.as_str()));
    }
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("VcpuLimitExceeded"));
    aws.group(GROUP).mixed(Mixed::of(["m5.large"])).desired(1).create();
    let written = activities(&autoscaling(&aws).await, GROUP).await;
    let said = written[0].status_message().expect("message");
    let start = "Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more";
    assert!(said.starts_with(start), "{said}");
}

#[tokio::test]
async fn aws_may_cancel_a_launch() {
    let aws = AwsServer::account();
    let reason = "Your quota allows for 0 more running instance(s).";
    aws.fail_launches(&LaunchFailure::code("InstanceLimitExceeded").message(reason).cancelled());
    aws.group(GROUP).desired(1).create();
    let written = activities(&autoscaling(&aws).await, GROUP).await;
    assert_eq!(status(&written[0]), "Cancelled");
    let said = written[0].status_message().expect("message");
    assert_eq!(said, format!("{reason} Launching EC2 instance failed."));
}

#[tokio::test]
async fn aws_activities_are_in_progress_until_the_instance_is_in_service() {
    let aws = AwsServer::account();
    aws.launch_delay(LaunchDelay::Pending);
    aws.group(GROUP).desired(1).create();
    let client = autoscaling(&aws).await;
    let pending = &activities(&client, GROUP).await[0];
    assert_eq!(status(pending), "InProgress");
    assert_eq!(pending.end_time(), None);
    aws.release_launches();
    let done = &activities(&client, GROUP).await[0];
    assert_eq!(done.activity_id(), pending.activity_id());
    assert_eq!(status(done), "Successful");
    assert!(done.end_time().is_some());
}

#[tokio::test]
async fn aws_pages_activities_newest_first() {
    on_each(async |aws| {
        aws.group(GROUP).create();
        for minutes in [30, 10, 50, 20, 40] {
            let zone = format!("us-west-2{minutes}");
            let ago = Duration::from_mins(minutes);
            aws.activity(REGION, GROUP, &Activity::failed_launch("full").zone(&zone).ago(ago));
        }
        let client = autoscaling(aws).await;
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = client
                .describe_scaling_activities()
                .auto_scaling_group_name(GROUP)
                .max_records(2)
                .set_next_token(token)
                .send()
                .await
                .expect("page of activities");
            assert!(page.activities().len() <= 2);
            seen.extend(page.activities().iter().map(|it| age(it).as_secs() / 60));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [10, 20, 30, 40, 50]);
    })
    .await;
}

#[tokio::test]
async fn aws_lists_the_activities_of_all_groups_of_a_region() {
    on_each(async |aws| {
        aws.group(GROUP).create();
        aws.group("web-b").create();
        aws.group("east").region("us-east-1").desired(1).create();
        aws.activity(REGION, GROUP, &Activity::successful_launch("i-0123456789abcdef0").ago(Duration::from_mins(2)));
        aws.activity(REGION, "web-b", &Activity::launch_in_progress());
        let answer = autoscaling(aws).await.describe_scaling_activities().send().await;
        let answer = answer.expect("activities of the region");
        let groups: Vec<_> = answer.activities().iter().map(|it| it.auto_scaling_group_name()).collect();
        assert_eq!(groups, [Some("web-b"), Some(GROUP)]);
    })
    .await;
}

#[tokio::test]
async fn aws_knows_no_activities_of_an_unknown_group() {
    on_each(async |aws| {
        let client = autoscaling(aws).await;
        let error = client.describe_scaling_activities().auto_scaling_group_name("nobody").send().await.expect_err("refusal");
        let (code, message) = code_and_message(&error);
        assert_eq!(code, "ValidationError");
        assert_eq!(message, "AutoScalingGroup name not found - AutoScalingGroup nobody not found");
    })
    .await;
}

#[tokio::test]
async fn aws_activities_can_be_made_up() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    let waiting = Activity::waiting_for_spot("Placed Spot instance request: sir-0123. Waiting for instance(s)")
        .ago(Duration::from_mins(7))
        .cause(["a user request explicitly set group desired capacity changing the desired capacity from 0 to 1"]);
    aws.activity(REGION, GROUP, &waiting);
    aws.activity(REGION, GROUP, &Activity::cancelled_launch("Max spot instance count exceeded."));
    let client = autoscaling(&aws).await;
    let written = activities(&client, GROUP).await;
    assert_eq!(status(&written[0]), "WaitingForSpotInstanceId");
    assert_eq!(status(&written[1]), "Cancelled");
    let cause = written[0].cause().expect("cause");
    assert!(
        cause.ends_with("Z a user request explicitly set group desired capacity changing the desired capacity from 0 to 1."),
        "{cause}"
    );
}

#[tokio::test]
async fn aws_past_can_be_moved_further_back() {
    let aws = AwsServer::account();
    aws.group(GROUP).desired(1).create();
    let client = autoscaling(&aws).await;
    let before = activities(&client, GROUP).await[0].cause.clone();
    aws.age(Duration::from_hours(2));
    let after = &activities(&client, GROUP).await[0];
    assert!(age(after) >= Duration::from_hours(2));
    assert_ne!(after.cause, before);
}
