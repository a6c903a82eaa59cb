//! Launches in a zone that is named, over HTTP: what is sent, and what each answer means.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{Cloud, LaunchAnswer, LaunchFailure, LaunchFailureCode, LaunchRequest, LaunchedInstance};
use ec2_autoscale::snapshot::GroupId;

use crate::support::aws::{Account, AwsServer, Call, Fault, LaunchFailure as FailingLaunch, Mixed};

const REGION: &str = "us-west-2";
const GROUP: &str = "workers";
const A: &str = "us-west-2a";
const B: &str = "us-west-2b";

/// An account with a group of two zones, from 0 to 10, and the cloud as a run has it: its clients
/// send reads again, and changes not.
struct Scene {
    aws: Account,
    cloud: Cloud,
}

impl Scene {
    fn new() -> Self {
        let aws = AwsServer::account();
        aws.group(GROUP).zones([A, B]).create();
        let cloud = cloud(&aws);
        Self { aws, cloud }
    }

    async fn launch(&self, request: &LaunchRequest) -> LaunchAnswer {
        self.cloud.launch(&group(), request).await
    }

    /// Returns the calls that want to launch something.
    fn launches(&self) -> Vec<Call> {
        self.aws.mutations()
    }

    /// Returns the desired capacity and the number of instances.
    fn size(&self) -> (u32, usize) {
        let state = self.aws.group_state(REGION, GROUP);
        (state.desired, state.instances.len())
    }
}

fn cloud(account: &Account) -> Cloud {
    let config = account
        .sdk_config(REGION)
        .into_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(1)))
        .build();
    Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &config))
}

fn group() -> GroupId {
    GroupId { region: REGION.into(), name: GROUP.into() }
}

fn request(token: &str, units: i64, zone: &str) -> LaunchRequest {
    LaunchRequest { token: token.into(), units, zone: Some(zone.into()), subnet: None }
}

/// Returns the machines and failures of an answer that has them.
#[track_caller]
fn outcome(answer: LaunchAnswer) -> (Vec<LaunchedInstance>, Vec<LaunchFailure>) {
    match answer {
        LaunchAnswer::Launched { instances, failures } => (instances, failures),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn machines_are_launched_in_the_named_zone_and_told_at_once() {
    let scene = Scene::new();
    let (instances, failures) = outcome(scene.launch(&request("t-1", 2, B)).await);
    assert_eq!(failures, []);
    let state = scene.aws.group_state(REGION, GROUP);
    let in_group = state.instances.iter().map(|it| LaunchedInstance {
        id: it.id.clone(),
        machine_type: "m5.large".into(),
        zone: B.into(),
        spot: false,
    });
    assert_eq!(instances, in_group.collect::<Vec<_>>());
    let [call] = &scene.launches()[..] else { panic!("{:?}", scene.launches()) };
    let sent = ["ClientToken", "RequestedCapacity", "AvailabilityZones.member.1", "RetryStrategy", "SubnetIds.member.1"];
    assert_eq!(sent.map(|name| call.param(name)), ["t-1", "2", B, "none", ""]);
}

#[tokio::test]
async fn the_subnet_is_sent_beside_its_zone() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones([A]).second_subnet(A).create();
    let none = LaunchRequest { subnet: Some("subnet-0".into()), ..request("t-1", 1, A) };
    let answer = cloud(&aws).launch(&group(), &none).await;
    assert!(matches!(&answer, LaunchAnswer::NotPossible(words) if words.contains("subnet-0")), "{answer:?}");
    assert_eq!(aws.mutations()[0].param("SubnetIds.member.1"), "subnet-0");
}

#[tokio::test]
async fn what_came_and_what_did_not_are_both_told() {
    let aws = AwsServer::account();
    aws.group(GROUP).zones([A, B]).mixed(Mixed::of(["m5.large"]).on_demand_percentage(0)).create();
    aws.machines_left(A, "m5.large", 1);
    let (instances, failures) = outcome(cloud(&aws).launch(&group(), &request("t", 3, A)).await);
    assert!(matches!(&instances[..], [it] if it.spot && it.zone == A), "{instances:?}");
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    let told = (failure.code, failure.zone.as_deref(), failure.machine_type.as_deref());
    assert_eq!(told, (LaunchFailureCode::NoCapacity, Some(A), Some("m5.large")));
    assert!(failure.words.starts_with("InsufficientInstanceCapacity: There is no Spot capacity"), "{}", failure.words);
}

#[tokio::test]
async fn a_limit_of_the_account_is_told_from_a_zone_without_machines() {
    let scene = Scene::new();
    scene.aws.fail_launches(&FailingLaunch::code("VcpuLimitExceeded"));
    let (instances, failures) = outcome(scene.launch(&request("t", 1, A)).await);
    assert_eq!((instances.len(), failures[0].code), (0, LaunchFailureCode::LimitReached));
    assert_eq!(scene.size(), (0, 0));
}

/// The second sending is the first one, letter for letter.
#[tokio::test]
async fn a_lost_answer_is_fetched_and_nothing_is_launched_twice() {
    for fault in [Fault::on("LaunchInstances").cut_after_change(), Fault::on("LaunchInstances").cut_before_change()] {
        let scene = Scene::new();
        scene.aws.fault(&fault.times(1));
        let (instances, _) = outcome(scene.launch(&request("t", 2, A)).await);
        assert_eq!((instances.len(), scene.size()), (2, (2, 2)));
        let [first, second] = &scene.launches()[..] else { panic!("{:?}", scene.launches()) };
        assert_eq!(first.params, second.params);
    }
}

#[tokio::test]
async fn a_pending_update_is_sent_once_more() {
    let scene = Scene::new();
    scene.aws.fault(&Fault::on("LaunchInstances").status(500).code("ResourceContention").times(1));
    assert_eq!(outcome(scene.launch(&request("t", 2, A)).await).0.len(), 2);
    assert_eq!(scene.launches().len(), 2);
}

#[tokio::test]
async fn what_stays_unclear_is_sent_twice_and_no_more() {
    let scene = Scene::new();
    scene.aws.fault(&Fault::on("LaunchInstances").cut_after_change());
    assert!(matches!(scene.launch(&request("t", 2, A)).await, LaunchAnswer::Unclear(_)));
    assert_eq!((scene.launches().len(), scene.size()), (2, (2, 2)));
    let ids = scene.cloud.launched_by_token(REGION, "t").await.expect("ids");
    assert_eq!(ids.len(), 2);
    assert_eq!(scene.cloud.launched_by_token(REGION, "other").await, Ok(vec![]));

    scene.aws.clear_faults();
    scene.aws.fault(&Fault::on("LaunchInstances").status(503).code("ServiceUnavailable").message("later"));
    let answer = scene.launch(&request("t-2", 1, A)).await;
    assert_eq!(answer, LaunchAnswer::Unclear("ServiceUnavailable: later".into()));
}

/// The first may have launched machines, which is why desired has no more room.
#[tokio::test]
async fn a_refusal_after_a_lost_answer_leaves_the_outcome_unclear() {
    let scene = Scene::new();
    scene.aws.fault(&Fault::on("LaunchInstances").cut_after_change().times(1));
    scene.aws.fault(&Fault::on("LaunchInstances").code("ValidationError").message("above max"));
    let answer = scene.launch(&request("t", 2, A)).await;
    assert!(
        matches!(&answer, LaunchAnswer::Unclear(words) if words.ends_with("; then: ValidationError: above max")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_launch_that_still_runs_is_told_as_such() {
    let scene = Scene::new();
    scene.aws.launches_seem_to_run(1);
    scene.aws.fault(&Fault::on("LaunchInstances").cut_after_change().times(1));
    assert_eq!(scene.launch(&request("t", 2, A)).await, LaunchAnswer::InProgress);
    assert_eq!(outcome(scene.launch(&request("t", 2, A)).await).0.len(), 2);
    assert_eq!(scene.size(), (2, 2));
}

/// It is a fault of ours, and says nothing about what the first request launched.
#[tokio::test]
async fn a_token_of_another_request_leaves_the_outcome_unclear() {
    let scene = Scene::new();
    scene.launch(&request("t", 2, A)).await;
    let answer = scene.launch(&request("t", 1, B)).await;
    assert!(matches!(&answer, LaunchAnswer::Unclear(words) if words.contains("IdempotentParameterMismatch")), "{answer:?}");
}

#[tokio::test]
async fn a_group_that_cannot_be_launched_in_this_way_needs_another_one() {
    let scene = Scene::new();
    scene.aws.group("old").launch_configuration("m5.large").create();
    let old = GroupId { name: "old".into(), ..group() };
    let of_old = LaunchRequest { zone: None, ..request("t-1", 1, A) };
    for answer in [
        scene.cloud.launch(&old, &of_old).await,
        scene.launch(&request("t-2", 11, A)).await,
        scene.launch(&request("t-3", 1, "us-west-2c")).await,
        scene.launch(&LaunchRequest { zone: None, ..request("t-4", 1, A) }).await,
    ] {
        assert!(matches!(&answer, LaunchAnswer::NotPossible(words) if words.starts_with("ValidationError: ")), "{answer:?}");
    }
    assert_eq!((scene.size(), scene.launches().len()), ((0, 0), 4));
    assert!(matches!(scene.launch(&request("a b", 1, A)).await, LaunchAnswer::NotPossible(_)));
    assert!(matches!(scene.launch(&request("t-5", 0, A)).await, LaunchAnswer::NotPossible(_)));
    assert_eq!(scene.launches().len(), 4, "what cannot be right is not sent");
}

/// The user guide has both a cold start and an error for such a group: what the token launched is
/// looked up.
#[tokio::test]
async fn a_warm_pool_hides_no_machine_that_was_launched_beside_it() {
    let scene = Scene::new();
    scene.aws.warm_pool(REGION, GROUP, 1);
    assert_eq!(outcome(scene.launch(&request("t-1", 2, A)).await).0.len(), 2);
    scene.aws.no_cold_starts();
    let answer = scene.launch(&request("t-2", 1, A)).await;
    assert!(matches!(&answer, LaunchAnswer::NotPossible(words) if words.contains("UnsupportedOperation")), "{answer:?}");
    scene.aws.fault(&Fault::on("DescribeInstances").code("UnauthorizedOperation").message("no"));
    let answer = scene.launch(&request("t-3", 1, A)).await;
    assert!(matches!(&answer, LaunchAnswer::Unclear(words) if words.contains("(needs ec2:DescribeInstances)")), "{answer:?}");
}

#[tokio::test]
async fn a_denial_names_the_permission_wherever_it_stands() {
    let all = "autoscaling:LaunchInstances, ec2:CreateFleet and ec2:DescribeLaunchTemplateVersions";
    let scene = Scene::new();
    scene.aws.fault(&Fault::on("LaunchInstances").status(403).code("AccessDenied").message("no").times(1));
    let denied = LaunchAnswer::Denied(format!("AccessDenied: no (needs {all})"));
    assert_eq!(scene.launch(&request("t-1", 1, A)).await, denied);
    let words = "You are not authorized to perform: ec2:CreateFleet";
    scene.aws.fail_launches(&FailingLaunch::code("UnauthorizedOperation").message(words));
    let denied = LaunchAnswer::Denied(format!("UnauthorizedOperation: {words} (needs ec2:CreateFleet)"));
    assert_eq!(scene.launch(&request("t-2", 1, A)).await, denied);
    assert_eq!(scene.launches().len(), 2);
}

#[tokio::test]
async fn a_throttled_launch_is_left_to_the_caller() {
    let scene = Scene::new();
    scene.aws.fault(&Fault::on("LaunchInstances").code("Throttling").message("Rate exceeded").times(1));
    assert_eq!(scene.launch(&request("t", 1, A)).await, LaunchAnswer::Throttled("Throttling: Rate exceeded".into()));
    assert_eq!((scene.launches().len(), scene.size()), (1, (0, 0)));
}

#[tokio::test]
async fn the_machines_of_a_token_are_found_on_every_page() {
    let scene = Scene::new();
    scene.launch(&request("t", 7, A)).await;
    scene.launch(&request("other", 1, A)).await;
    scene.aws.short_pages(3);
    assert_eq!(scene.cloud.launched_by_token(REGION, "t").await.expect("ids").len(), 7);
    scene.aws.fault(&Fault::on("DescribeInstances").on_later_pages().code("InvalidParameterValue").message("no"));
    let error = scene.cloud.launched_by_token(REGION, "t").await.expect_err("half of them");
    assert_eq!(error.to_string(), "InvalidParameterValue: no");
}
