//! LaunchInstances: instances in a zone that the caller names, answered with their ids.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchInstances.html>
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-instances-synchronously>
//!
//! Where neither page states a fact, the test says so. The words of the refusals are the
//! emulator's: AWS documents the codes alone.

use std::time::Duration;

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::operation::launch_instances::LaunchInstancesOutput;
use aws_sdk_autoscaling::operation::launch_instances::builders::LaunchInstancesFluentBuilder;
use aws_sdk_autoscaling::types::{InstanceCollection, LaunchInstancesError, RetryStrategy};
use aws_sdk_ec2::types::{Filter, Reservation};

use super::{GROUP, REGION, activities, autoscaling, code_and_message, described, ec2, lifecycle_states, on_each};
use crate::support::aws::{Account, AnsweredLag, AwsServer, Fault, LaunchDelay, LaunchFailure, Mixed};

const A: &str = "us-west-2a";
const B: &str = "us-west-2b";
const TYPE: &str = "m5.large";

/// A group of two zones, from 0 to 10 of [`TYPE`].
fn two_zones() -> Account {
    let aws = AwsServer::account();
    aws.group(GROUP).zones([A, B]).create();
    aws
}

fn request(client: &Client, token: &str, units: i32) -> LaunchInstancesFluentBuilder {
    client.launch_instances().auto_scaling_group_name(GROUP).client_token(token).requested_capacity(units)
}

async fn launched(request: LaunchInstancesFluentBuilder) -> LaunchInstancesOutput {
    request.send().await.expect("an answer")
}

async fn refused(request: LaunchInstancesFluentBuilder) -> (u16, String) {
    let error = request.send().await.expect_err("a refusal");
    let status = error.raw_response().map_or(0, |answer| answer.status().as_u16());
    (status, code_and_message(&error).0.to_owned())
}

fn ids(answer: &LaunchInstancesOutput) -> Vec<&str> {
    answer.instances().iter().flat_map(InstanceCollection::instance_ids).map(String::as_str).collect()
}

fn codes(answer: &LaunchInstancesOutput) -> Vec<&str> {
    answer.errors().iter().filter_map(LaunchInstancesError::error_code).collect()
}

/// Checks a fact about that group with the emulator and with the stand-in.
async fn on_each_with_two_zones(fact: impl AsyncFn(&Account)) {
    on_each(async |aws| {
        aws.group(GROUP).zones([A, B]).create();
        fact(aws).await;
    })
    .await;
}

/// "Returns instance IDs and other details if launch is successful"; `MarketType` as the example of
/// the user guide spells it.
#[tokio::test]
async fn aws_answers_a_launch_with_the_instances_of_the_named_zone() {
    on_each_with_two_zones(async |aws| {
        let client = autoscaling(aws).await;
        let answer = launched(request(&client, "t-1", 3).availability_zones(B)).await;
        assert_eq!((answer.auto_scaling_group_name(), answer.client_token()), (Some(GROUP), Some("t-1")));
        assert!(answer.errors().is_empty());
        let [pool] = answer.instances() else { panic!("{answer:?}") };
        let told = (pool.instance_type(), pool.market_type(), pool.availability_zone());
        assert_eq!(told, (Some(TYPE), Some("OnDemand"), Some(B)));
        assert!(pool.subnet_id().is_some_and(|subnet| subnet.starts_with("subnet-")));
        assert!(pool.availability_zone_id().is_some_and(|id| id.starts_with("usw2-az")));
        let state = aws.group_state(REGION, GROUP);
        assert_eq!((state.desired, state.instances.len()), (3, 3));
        assert!(state.instances.iter().all(|it| it.zone == B && ids(&answer).contains(&it.id.as_str())));
    })
    .await;
}

/// "For Auto Scaling groups covering multiple Availability Zones, you must specify the target
/// Availability Zone or subnet. For single-AZ groups, this parameter is optional."
#[tokio::test]
async fn aws_wants_a_place_of_the_group_where_it_has_several_zones() {
    on_each_with_two_zones(async |aws| {
        let client = autoscaling(aws).await;
        let subnets = described(&client, GROUP).await.vpc_zone_identifier.expect("subnets");
        let (of_a, _) = subnets.split_once(',').expect("two");
        for wrong in [
            request(&client, "t", 1),
            request(&client, "t", 1).availability_zones("us-west-2c"),
            request(&client, "t", 1).availability_zones("us-west-9a"),
            request(&client, "t", 1).subnet_ids("subnet-0"),
            request(&client, "t", 1).availability_zones(B).subnet_ids(of_a),
            request(&client, "t", 1).availability_zones(A).availability_zones(B),
            request(&client, "t", 1).availability_zones(A).availability_zone_ids("usw2-az1"),
        ] {
            assert_eq!(refused(wrong).await, (400, "ValidationError".to_owned()));
        }
        assert_eq!(aws.group_state(REGION, GROUP).desired, 0);
        for right in
            [request(&client, "t-1", 1).subnet_ids(of_a), request(&client, "t-2", 1).availability_zones(A).subnet_ids(of_a)]
        {
            assert_eq!(launched(right).await.instances()[0].availability_zone(), Some(A));
        }
        let by_id = launched(request(&client, "t-3", 1).availability_zone_ids("usw2-az1")).await;
        assert_eq!(by_id.instances()[0].availability_zone_id(), Some("usw2-az1"));
    })
    .await;
}

#[tokio::test]
async fn aws_needs_no_place_where_a_group_has_one_zone() {
    on_each(async |aws| {
        aws.group(GROUP).zones([B]).create();
        let answer = launched(request(&autoscaling(aws).await, "t", 1)).await;
        assert_eq!(answer.instances()[0].availability_zone(), Some(B));
    })
    .await;
}

/// A zone alone is enough where the group has two subnets in it. Neither page speaks of such a
/// group.
#[tokio::test]
async fn aws_takes_a_subnet_of_a_zone_with_two() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones([A, B]).second_subnet(A).create();
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    assert_eq!(group.availability_zones(), [A, B]);
    let subnets: Vec<&str> = group.vpc_zone_identifier().expect("subnets").split(',').collect();
    let [first, _, second] = subnets[..] else { panic!("{subnets:?}") };
    let by_zone = launched(request(&client, "t-1", 1).availability_zones(A)).await;
    assert!([Some(first), Some(second)].contains(&by_zone.instances()[0].subnet_id()));
    let by_subnet = launched(request(&client, "t-2", 1).availability_zones(A).subnet_ids(second)).await;
    assert_eq!(by_subnet.instances()[0].subnet_id(), Some(second));
}

/// `ClientToken`: 1 to 64 of `[A-Za-z0-9\-_\/]`. `RequestedCapacity`: at least 1.
#[tokio::test]
async fn aws_checks_the_form_of_a_call() {
    on_each_with_two_zones(async |aws| {
        let client = autoscaling(aws).await;
        let long = "t".repeat(65);
        for (token, units) in [("a b", 1), ("ä", 1), (long.as_str(), 1), ("t", 0), ("t", -1)] {
            let call = request(&client, token, units).availability_zones(A);
            assert_eq!(refused(call).await, (400, "ValidationError".to_owned()), "{token} {units}");
        }
        let other = RetryStrategy::from("NONE");
        assert_eq!(refused(request(&client, "t", 1).availability_zones(A).retry_strategy(other)).await.0, 400);
        launched(request(&client, &"Az09-_/t".repeat(8), 1).availability_zones(A).retry_strategy(RetryStrategy::None)).await;
    })
    .await;
}

/// "The actual instance count is limited to 100 instances per launch." That a call above the
/// maximum of the group is refused is documented nowhere.
#[tokio::test]
async fn aws_launches_no_more_than_the_maximum_and_than_100() {
    on_each(async |aws| {
        aws.group(GROUP).max(150).create();
        let client = autoscaling(aws).await;
        assert_eq!(refused(request(&client, "t-1", 101)).await, (400, "ValidationError".to_owned()));
        assert_eq!(ids(&launched(request(&client, "t-2", 100)).await).len(), 100);
        assert_eq!(refused(request(&client, "t-3", 51)).await, (400, "ValidationError".to_owned()));
        assert_eq!(aws.group_state(REGION, GROUP).desired, 100);
    })
    .await;
}

/// "The LaunchInstances API only works with groups that use launch templates", and "supports mixed
/// instances policies with fully On-Demand or fully Spot purchasing options only".
#[tokio::test]
async fn aws_launches_from_a_template_with_one_purchase_option() {
    let mixed = |base, percentage| Mixed::of([TYPE]).on_demand_base(base).on_demand_percentage(percentage);
    for (base, percentage, spot) in
        [(0, 100, Some("OnDemand")), (3, 100, Some("OnDemand")), (0, 0, Some("Spot")), (1, 0, None), (0, 50, None)]
    {
        let aws = AwsServer::account();
        aws.group(GROUP).mixed(mixed(base, percentage)).create();
        let call = request(&autoscaling(&aws).await, "t", 1);
        match spot {
            Some(_) => assert_eq!(launched(call).await.instances()[0].market_type(), spot),
            None => assert_eq!(refused(call).await, (400, "ValidationError".to_owned()), "{base} {percentage}"),
        }
    }
    on_each(async |aws| {
        aws.group(GROUP).launch_configuration(TYPE).create();
        assert_eq!(refused(request(&autoscaling(aws).await, "t", 1)).await, (400, "ValidationError".to_owned()));
    })
    .await;
}

/// `RequestedCapacity` counts weights. How many instances of weight 4 come for 6 is documented
/// nowhere; elsewhere Auto Scaling goes above rather than stay below.
#[tokio::test]
async fn aws_counts_weights_in_a_launch() {
    let aws = AwsServer::account();
    aws.group(GROUP).max(200).mixed(Mixed::weighted([("m5.2xlarge", 4)])).create();
    let client = autoscaling(&aws).await;
    assert_eq!(ids(&launched(request(&client, "t-1", 6)).await).len(), 2);
    assert_eq!(aws.group_state(REGION, GROUP).desired, 8);
    assert_eq!(ids(&launched(request(&client, "t-2", 101)).await).len(), 26);
}

/// A launch may succeed in part: the answer has what came, and an error for each place and type
/// that had no more. Desired after that is documented nowhere.
#[tokio::test]
async fn aws_answers_with_what_came_and_with_what_did_not() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones([A, B]).mixed(Mixed::of([TYPE, "m5a.large"])).create();
    aws.machines_left(A, TYPE, 2);
    aws.machines_left(A, "m5a.large", 1);
    let answer = launched(request(&autoscaling(&aws).await, "t", 5).availability_zones(A)).await;
    let came: Vec<_> = answer.instances().iter().map(|pool| (pool.instance_type(), pool.instance_ids().len())).collect();
    assert_eq!(came, [(Some(TYPE), 2), (Some("m5a.large"), 1)]);
    assert_eq!(codes(&answer), ["InsufficientInstanceCapacity"; 2]);
    let first = &answer.errors()[0];
    let place = (first.instance_type(), first.market_type(), first.availability_zone());
    assert_eq!(place, (Some(TYPE), Some("OnDemand"), Some(A)));
    assert!(first.error_message().is_some_and(|words| words.contains("do not have sufficient m5.large capacity")));
    let state = aws.group_state(REGION, GROUP);
    assert_eq!((state.desired, state.instances.len()), (3, 3));
}

/// With the strategy `none` desired stays as it is, and the HTTP status is 200. Whether an activity
/// is written is documented nowhere.
#[tokio::test]
async fn aws_leaves_desired_alone_when_nothing_came() {
    let aws = two_zones();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").zone(A));
    let client = autoscaling(&aws).await;
    let answer = launched(request(&client, "t-1", 2).availability_zones(A)).await;
    assert!(answer.instances().is_empty());
    assert_eq!(codes(&answer), ["InsufficientInstanceCapacity"]);
    assert_eq!(aws.group_state(REGION, GROUP).desired, 0);
    assert!(activities(&client, GROUP).await.is_empty());

    aws.write_answered_failures();
    launched(request(&client, "t-2", 2).availability_zones(A)).await;
    assert_eq!(activities(&client, GROUP).await.len(), 1);
}

/// `retry-with-group-configuration`: "increase desired capacity and retry with group
/// configuration", in whatever zone.
#[tokio::test]
async fn aws_can_go_on_by_itself_after_a_failed_launch() {
    let aws = two_zones();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").zone(A));
    let call = request(&autoscaling(&aws).await, "t", 2).availability_zones(A);
    let answer = launched(call.retry_strategy(RetryStrategy::RetryWithGroupConfiguration)).await;
    assert!(answer.instances().is_empty());
    let state = aws.group_state(REGION, GROUP);
    assert_eq!(state.desired, 2);
    assert!(state.instances.iter().all(|it| it.zone == B));
}

/// For 8 hours the same call with the same token has the same answer, a failure's as
/// well, and another call with it is refused. After that it launches anew.
#[tokio::test]
async fn aws_answers_a_token_once_for_eight_hours() {
    let aws = two_zones();
    aws.machines_left(A, TYPE, 1);
    let client = autoscaling(&aws).await;
    let call = || request(&client, "t", 2).availability_zones(A);
    let first = launched(call()).await;
    assert_eq!((ids(&first).len(), codes(&first).len()), (1, 1));
    aws.machines_left(A, TYPE, 9);
    let again = launched(call()).await;
    assert_eq!((ids(&again), again.errors()), (ids(&first), first.errors()));
    for other in [
        request(&client, "t", 1).availability_zones(A),
        request(&client, "t", 2).availability_zones(B),
        call().retry_strategy(RetryStrategy::RetryWithGroupConfiguration),
    ] {
        assert_eq!(refused(other).await, (400, "IdempotentParameterMismatch".to_owned()));
    }
    assert_eq!(aws.group_state(REGION, GROUP).desired, 1);
    aws.age(Duration::from_hours(8));
    assert_eq!(ids(&launched(call()).await).len(), 2);
}

/// The same call with the same token launches once, and the token finds the instances; another call
/// with it is refused.
#[tokio::test]
async fn aws_launches_once_for_a_token() {
    on_each_with_two_zones(async |aws| {
        let client = autoscaling(aws).await;
        let call = || request(&client, "t/1", 2).availability_zones(A);
        let first = launched(call()).await;
        launched(request(&client, "other", 1).availability_zones(A)).await;
        assert_eq!(ids(&launched(call()).await), ids(&first));
        for other in [request(&client, "t/1", 1).availability_zones(A), request(&client, "t/1", 2).availability_zones(B)] {
            assert_eq!(refused(other).await, (400, "IdempotentParameterMismatch".to_owned()));
        }
        assert_eq!(with_token(aws, "t/1").await, ids(&first));
        assert_eq!(aws.group_state(REGION, GROUP).desired, 3);
    })
    .await;
}

/// Returns the instances that DescribeInstances finds by the token of their launch.
async fn with_token(aws: &Account, token: &str) -> Vec<String> {
    let by_token = Filter::builder().name("client-token").values(token).build();
    let found = ec2(aws).await.describe_instances().filters(by_token).send().await.expect("instances");
    let all = found.reservations().iter().flat_map(Reservation::instances);
    all.filter_map(|it| it.instance_id().map(str::to_owned)).collect()
}

/// `IdempotentCallInProgress`, HTTP 500: "retry the request with the same client token – the
/// in-flight operation will complete and return its result". Only the SDK's model has it.
#[tokio::test]
async fn aws_says_that_the_first_call_with_a_token_still_runs() {
    let aws = two_zones();
    aws.launches_seem_to_run(1);
    aws.fault(&Fault::on("LaunchInstances").cut_after_change().times(1));
    let client = autoscaling(&aws).await;
    let call = || request(&client, "t", 2).availability_zones(A);
    call().send().await.expect_err("no answer");
    assert_eq!(refused(call()).await, (500, "IdempotentCallInProgress".to_owned()));
    assert_eq!(ids(&launched(call()).await).len(), 2);
    assert_eq!(aws.group_state(REGION, GROUP).desired, 2);
}

/// `ResourceContention`, HTTP 500: "you already have a pending update to an Amazon EC2 Auto Scaling
/// resource".
#[tokio::test]
async fn aws_launches_nothing_while_another_update_is_pending() {
    let aws = two_zones();
    aws.fault(&Fault::on("LaunchInstances").status(500).code("ResourceContention").times(1));
    let client = autoscaling(&aws).await;
    let call = || request(&client, "t", 1).availability_zones(A);
    assert_eq!(refused(call()).await, (500, "ResourceContention".to_owned()));
    assert_eq!(aws.group_state(REGION, GROUP).desired, 0);
    launched(call()).await;
}

/// A connection that breaks before the launch changes nothing, and one after it loses the answer
/// alone: the token finds the instances, in Auto Scaling and by a filter of DescribeInstances, as
/// the user guide advises after a timeout.
#[tokio::test]
async fn aws_knows_what_a_lost_answer_launched() {
    let aws = two_zones();
    let client = autoscaling(&aws).await;
    let call = || request(&client, "t/1", 2).availability_zones(A);
    aws.fault(&Fault::on("LaunchInstances").cut_before_change().times(1));
    call().send().await.expect_err("no answer");
    assert_eq!(aws.group_state(REGION, GROUP).desired, 0);
    aws.fault(&Fault::on("LaunchInstances").cut_after_change().times(1));
    call().send().await.expect_err("no answer");
    assert_eq!(aws.group_state(REGION, GROUP).desired, 2);

    launched(request(&client, "other", 1).availability_zones(A)).await;
    let found = with_token(&aws, "t/1").await;
    assert_eq!(found, ids(&launched(call()).await));
    assert_eq!(aws.group_state(REGION, GROUP).desired, 3);
}

/// The user guide has both a cold start and the error `UnsupportedOperation` for such a group.
/// Whether they come together is not clear, so the emulator has the error with and without one.
#[tokio::test]
async fn aws_does_not_answer_a_launch_beside_a_warm_pool() {
    for (cold_start, desired) in [(true, 1), (false, 0)] {
        let aws = two_zones();
        aws.warm_pool(REGION, GROUP, 2);
        if !cold_start {
            aws.no_cold_starts();
        }
        let client = autoscaling(&aws).await;
        let call = || request(&client, "t", 1).availability_zones(A);
        for _ in 0..2 {
            assert_eq!(refused(call()).await, (400, "UnsupportedOperation".to_owned()));
        }
        assert_eq!(aws.group_state(REGION, GROUP).desired, desired);
        assert_eq!(described(&client, GROUP).await.warm_pool_size(), Some(2));
    }
}

/// The permissions are the caller's: `autoscaling:LaunchInstances`, `ec2:CreateFleet` and
/// `ec2:DescribeLaunchTemplateVersions`. Whether a missing one of EC2 fails the call or is among
/// its errors is documented nowhere.
#[tokio::test]
async fn aws_denies_a_launch_as_a_whole_or_among_its_errors() {
    let aws = two_zones();
    aws.fault(&Fault::on("LaunchInstances").status(403).code("AccessDenied").times(1));
    let client = autoscaling(&aws).await;
    let call = |token| request(&client, token, 1).availability_zones(A);
    assert_eq!(refused(call("t-1")).await, (403, "AccessDenied".to_owned()));
    let words = "You are not authorized to perform: ec2:CreateFleet";
    aws.fail_launches(&LaunchFailure::code("UnauthorizedOperation").message(words));
    let answer = launched(call("t-2")).await;
    assert_eq!((codes(&answer), answer.errors()[0].error_message()), (vec!["UnauthorizedOperation"], Some(words)));
}

/// Instances that are answered are Pending. How soon the group shows them is documented nowhere:
/// its answers are eventually consistent.
#[tokio::test]
async fn aws_shows_answered_instances_later_than_it_answers() {
    let aws = two_zones();
    aws.lag_answered_launches(AnsweredLag::ForDescribes(2));
    aws.launch_delay(LaunchDelay::Pending);
    let client = autoscaling(&aws).await;
    launched(request(&client, "t", 2).availability_zones(A)).await;
    for _ in 0..2 {
        let group = described(&client, GROUP).await;
        assert_eq!((group.desired_capacity, group.instances().len()), (Some(0), 0));
    }
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(2));
    assert_eq!(lifecycle_states(&client, GROUP).await, ["Pending"; 2]);
    aws.lag_answered_launches(AnsweredLag::Held);
    launched(request(&client, "t-2", 1).availability_zones(A)).await;
    assert_eq!(lifecycle_states(&client, GROUP).await.len(), 2);
    aws.release_launches();
    assert_eq!(lifecycle_states(&client, GROUP).await, ["InService"; 3]);
}

/// With AZRebalance, a launch into one zone may set off further ones, so that there are more
/// instances than requested.
#[tokio::test]
async fn aws_may_launch_more_to_even_the_zones_out() {
    let aws = two_zones();
    aws.rebalance_at_launches(1);
    let answer = launched(request(&autoscaling(&aws).await, "t", 2).availability_zones(A)).await;
    assert_eq!(ids(&answer).len(), 2);
    let state = aws.group_state(REGION, GROUP);
    let in_b = state.instances.iter().filter(|it| it.zone == B).count();
    assert_eq!((state.desired, state.instances.len(), in_b), (2, 3, 1));
}

#[tokio::test]
async fn aws_launches_nothing_in_a_group_that_is_not_there() {
    on_each(async |aws| {
        assert_eq!(refused(request(&autoscaling(aws).await, "t", 1)).await, (400, "ValidationError".to_owned()));
    })
    .await;
}
