//! The reading of AWS, over HTTP and with the SDK's own paging, retries and errors.

use std::sync::Mutex;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_autoscaling::config::Credentials;
use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{ActivityWindow, Cloud, CloudError, CloudFacts, GroupsRequest};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::is_settled;
use ec2_autoscale::progress::{Progress, ReadingStage};
use ec2_autoscale::snapshot::{
    ActivityKind, ActivityStatus, Advice, AdviceCode, Architecture, Cannot, ChangeSource, Gap, Group, Hindrance, LaunchDetails,
    LaunchOption, Lifecycle, MachineCheck, MachineHealth, MachineType, Market, MissingFact, NamedGroup, Node, OperatingSystem,
    PriceSource, Purchase, Region as AskedRegion, Rejection, ScalingPolicy, ScheduledChange, SpotPrice, WarmPool, Weight,
    WhileReplacing, ZonalShift,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::aws::{Account, Activity, AwsServer, Fault, LaunchDelay, LaunchFailure, Mixed, SpotRequest};
use crate::support::aws_stand_in::AwsStandIn;

const WEST: &str = "us-west-2";
const EAST: &str = "us-east-1";

/// Keeps the lines.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Progress for Lines {
    fn set_label(&self, line: &str) {
        self.0.lock().expect("no test panics while it says something").push(line.to_owned());
    }

    fn stage_done(&self, _: ReadingStage, _: Duration, _: usize) {}
}

/// Makes two attempts that follow at once: that retries happen is the SDK's business, that they end
/// is ours.
fn cloud(account: &Account, regions: &[&str]) -> Cloud {
    let own = account.credentials();
    let token = Some(own.session_token.clone());
    let keys = Credentials::new(&own.access_key_id, &own.secret_access_key, token, None, "the test's account");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(WEST))
        .endpoint_url(account.endpoint_url())
        .credentials_provider(aws_sdk_autoscaling::config::SharedCredentialsProvider::new(keys))
        .retry_config(RetryConfig::adaptive().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1)))
        .build();
    Cloud::Aws(AwsClients::new(regions.iter().map(ToString::to_string).collect(), &config))
}

async fn try_facts(account: &Account, regions: &[&str], named: &[NamedGroup]) -> Result<CloudFacts, CloudError> {
    facts_of(account, regions, named, |_| true).await
}

/// Reads facts with the activities of the wanted groups, an hour back.
async fn facts_of(
    account: &Account,
    regions: &[&str],
    named: &[NamedGroup],
    is_wanted: impl Fn(&Group) -> bool,
) -> Result<CloudFacts, CloudError> {
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named, spot_prices: false };
    let cloud = cloud(account, regions);
    let mut facts = cloud.read(&request, &Lines::default()).await?;
    let window = ActivityWindow { taken_at: Timestamp::now(), horizon: Seconds::minutes(60) };
    let gaps = cloud.read_activities(&mut facts.groups, window, is_wanted).await;
    facts.gaps.extend(gaps);
    Ok(facts)
}

async fn facts(account: &Account, regions: &[&str]) -> CloudFacts {
    let facts = try_facts(account, regions, &[]).await.expect("facts");
    assert!(account.mutations().is_empty(), "{:?}", account.mutations());
    facts
}

/// Returns the group of an account that has one.
async fn only_group(account: &Account) -> Group {
    let mut facts = facts(account, &[WEST]).await;
    assert_eq!(facts.groups.len(), 1, "{:?}", facts.rejected);
    assert_eq!(facts.gaps, []);
    facts.groups.remove(0)
}

/// Makes a group that carries the cluster's tags, to be described further.
macro_rules! ours {
    ($account:expr, $name:expr) => {
        $account.group($name).tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker")
    };
}

fn option(machine_type: &str, weight: i64, root_volume_gib: Option<i64>) -> LaunchOption {
    let image = Some("ami-0123456789abcdef0".to_owned());
    LaunchOption {
        machine_type: machine_type.to_owned(),
        weight: Weight::new(weight),
        image,
        launch_version: None,
        root_volume_gib,
        efa_interfaces: 0,
        details: LaunchDetails { network_interfaces: Some(1), ..LaunchDetails::default() },
    }
}

/// Adds what a live instance shows of the image.
fn shown(mut option: LaunchOption) -> LaunchOption {
    option.details.operating_system = Some(OperatingSystem::Linux);
    option.details.architecture = Some(Architecture::Amd64);
    option.details.volumes = Some(1);
    option
}

#[tokio::test]
async fn every_page_of_groups_is_read() {
    let aws = AwsServer::account();
    for number in 0..104 {
        aws.group(&format!("other-{number:03}")).create();
    }
    ours!(aws, "web-z").create();
    let facts = facts(&aws, &[WEST]).await;
    assert_eq!(facts.groups.iter().map(|it| it.id.name.as_str()).collect::<Vec<_>>(), ["web-z"]);
    assert_eq!(facts.rejected.len(), 104);
    assert!(facts.rejected.is_sorted_by_key(|it| &it.id));
    assert_eq!(facts.rejected[0].rejection, Rejection::NoClusterTag);
    let pages = aws.calls().iter().filter(|call| call.action == "DescribeAutoScalingGroups").count();
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn a_group_and_its_instances_are_told_in_full() {
    let aws = AwsServer::account();
    ours!(aws, "web-a")
        .min(1)
        .max(7)
        .desired(2)
        .zones(["us-west-2a", "us-west-2b"])
        .suspended(["AZRebalance"])
        .protected()
        .tag("kube/pool", "web")
        .create();
    let launched: Timestamp = "2026-11-20T08:00:00Z".parse().expect("a timestamp");
    let there = aws.group_state(WEST, "web-a").instances;
    for it in &there {
        aws.set_launch_time(&it.id, launched);
    }
    aws.set_lifecycle_state(&there[1].id, "Warmed:Stopped");

    let found = facts(&aws, &[WEST]).await;
    assert_eq!(found.account.as_deref(), Some(aws.id()));
    let group = &found.groups[0];
    assert_eq!((group.min, group.max, group.desired), (1, 7, 2));
    assert_eq!(group.zones, ["us-west-2a", "us-west-2b"]);
    assert!(group.launches_protected && !group.rebalances_zones);
    assert_eq!((&group.cannot, &group.advice[..]), (&Cannot::default(), &[][..]));
    assert_eq!(group.tags.labels["pool"], "web");
    let version = group.launch_options[0].launch_version.clone();
    assert!(version.as_deref().is_some_and(|version| version.starts_with("lt-") && version.ends_with(":1")), "{version:?}");
    assert_eq!(group.launch_options, [LaunchOption { launch_version: version.clone(), ..shown(option("m5.large", 1, None)) }]);
    assert_eq!(group.instances.len(), 2);
    assert!(group.instances.iter().all(|it| it.launch_version == version), "{:?}", group.instances);
    assert!(group.instances.is_sorted_by_key(|it| &it.id));
    for it in &there {
        let told = group.instances.iter().find(|told| told.id == it.id).expect("the instance");
        assert_eq!((told.zone.as_str(), told.machine_type.as_str()), (it.zone.as_str(), "m5.large"));
        assert_eq!(told.launched_at, Some(launched));
        assert!(told.protected && !told.spot);
        assert!(told.addresses.contains(&it.private_dns) && told.addresses.contains(&it.private_ip), "{told:?}");
        let warm = it.id == there[1].id;
        assert_eq!(told.lifecycle, if warm { Lifecycle::Warm } else { Lifecycle::InService });
    }
}

#[tokio::test]
async fn machine_types_are_described_once_and_only_those_in_use() {
    let aws = AwsServer::account();
    ours!(aws, "gpu").launch_template("p4d.24xlarge").create();
    ours!(aws, "web").launch_template("m5.large").create();
    ours!(aws, "more").launch_template("m5.large").create();
    let facts = facts(&aws, &[WEST]).await;
    let told: Vec<_> =
        facts.machine_types.iter().map(|it| (it.name.as_str(), it.cpus, it.memory_mib, it.network_pods)).collect();
    assert_eq!(told, [("m5.large", 2, 8192, 29), ("p4d.24xlarge", 96, 1_179_648, 737)]);
    let MachineType { devices, max_efa_interfaces, architecture, .. } = &facts.machine_types[1];
    assert_eq!((devices.get("nvidia.com/gpu"), *max_efa_interfaces, *architecture), (8, 4, Architecture::Amd64));
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeInstanceTypes").count(), 1);
}

#[tokio::test]
async fn the_ids_of_zones_are_read_once_a_region_and_only_where_a_group_is() {
    let aws = AwsServer::account();
    ours!(aws, "a").create();
    ours!(aws, "b").create();
    let found = facts(&aws, &[WEST, EAST]).await;
    assert!(found.zones.iter().all(|zone| zone.region == WEST) && found.zones.is_sorted_by_key(|zone| &zone.name));
    let id_of = |name: &str| found.zones.iter().find(|zone| zone.name == name).map(|zone| zone.id.as_str());
    assert_eq!((id_of("us-west-2a"), id_of("us-west-2b")), (Some("usw2-az2"), Some("usw2-az1")));
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeAvailabilityZones").count(), 1);
}

#[tokio::test]
async fn an_unknown_machine_type_costs_none_of_the_others() {
    let aws = AwsServer::account();
    ours!(aws, "odd").launch_template("m99.large").create();
    ours!(aws, "web").launch_template("m5.large").create();
    let facts = facts(&aws, &[WEST]).await;
    assert_eq!(facts.machine_types.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["m5.large"]);
    assert_eq!(facts.gaps.len(), 1);
    assert_eq!(facts.gaps[0].fact, MissingFact::MachineTypes { region: WEST.into() });
    assert_eq!(facts.gaps[0].error, "EC2 describes no instance type m99.large there");
}

#[tokio::test]
async fn a_launch_configuration_says_type_volume_and_bid() {
    let aws = AwsServer::account();
    ours!(aws, "old").launch_configuration("m5.xlarge").spot_price("0.10").root_volume_gib(100).create();
    let group = only_group(&aws).await;
    let launch_version = Some("old-configuration".to_owned());
    assert_eq!(group.launch_options, [LaunchOption { launch_version, ..option("m5.xlarge", 1, Some(100)) }]);
    assert_eq!(group.purchase, Purchase::Spot { max_price: Some("0.10".parse().expect("a price")) });
}

#[tokio::test]
async fn the_lowest_of_the_newest_prices_stands_beside_a_highest_price() {
    let aws = AwsServer::account();
    ours!(aws, "bids").zones(["us-west-2a", "us-west-2b"]).launch_configuration("m5.large").spot_price("0.03").create();
    ours!(aws, "pays").launch_template("m5.large").spot().create();
    let at = |minute: i8| format!("2026-11-21T12:{minute:02}:00Z").parse().expect("a time");
    aws.spot_price("us-west-2a", "m5.large", "0.0200", at(0));
    aws.spot_price("us-west-2a", "m5.large", "0.0400", at(10));
    aws.spot_price("us-west-2b", "m5.large", "0.0350", at(5));
    aws.spot_price("us-west-2c", "m5.large", "0.0100", at(5));
    aws.spot_price("us-west-2b", "m5.xlarge", "0.0100", at(5));
    let found = facts(&aws, &[WEST]).await;
    let lowest =
        SpotPrice { price: "0.0350".parse().expect("a price"), machine_type: "m5.large".into(), zone: "us-west-2b".into() };
    assert_eq!(found.groups[0].lowest_spot_price, Some(lowest));
    assert_eq!(found.groups[1].lowest_spot_price, None);
}

#[tokio::test]
async fn spot_prices_are_read_of_all_groups_of_spot_instances_when_they_are_asked_for() {
    let aws = AwsServer::account();
    ours!(aws, "pays").zones(["us-west-2a", "us-west-2b"]).launch_template("m5.large").spot().create();
    ours!(aws, "steady").launch_template("m5.xlarge").create();
    let at = |minute: i8| format!("2026-11-21T12:{minute:02}:00Z").parse().expect("a time");
    aws.spot_price("us-west-2a", "m5.large", "0.0200", at(0));
    aws.spot_price("us-west-2a", "m5.large", "0.0400", at(10));
    aws.spot_price("us-west-2b", "m5.large", "0.0350", at(5));
    aws.spot_price("us-west-2b", "m5.xlarge", "0.0100", at(5));
    assert_eq!(facts(&aws, &[WEST]).await.prices, [], "nobody asked");
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named: &[], spot_prices: true };
    let found = cloud(&aws, &[WEST]).read(&request, &Lines::default()).await.expect("AWS answers");
    let told: Vec<_> =
        found.prices.iter().map(|it| (it.zone.as_deref(), it.machine_type.as_str(), it.usd_per_hour.micros())).collect();
    assert_eq!(told, [(Some("us-west-2a"), "m5.large", 40_000), (Some("us-west-2b"), "m5.large", 35_000)]);
    assert!(found.prices.iter().all(|it| it.market == Market::Spot && it.source == PriceSource::SpotHistory));
}

#[tokio::test]
async fn spot_requests_that_wait_are_told_with_their_group() {
    let aws = AwsServer::account();
    ours!(aws, "bids").launch_configuration("m5.large").spot_price("0.03").create();
    let request = |group: &'static str| SpotRequest {
        group,
        region: WEST,
        zone: "us-west-2a",
        instance_type: "m5.large",
        price: "0.03",
        code: "capacity-not-available",
        message: "There is no Spot capacity available that matches your request.",
        at: "2026-11-21T12:00:00Z".parse().expect("a time"),
    };
    let id = aws.spot_request(&request("bids"));
    aws.spot_request(&request("another"));
    let group = only_group(&aws).await;
    let since = "2026-11-21T12:00:00Z".parse::<Timestamp>().expect("a time");
    let waiting: Vec<_> = group.advice.iter().filter(|it| it.code == AdviceCode::SpotRequestWaits).collect();
    let [advice] = waiting[..] else { panic!("{waiting:?}") };
    assert_eq!(advice.after, Some(since + SignedDuration::from_mins(5)));
    assert_eq!(
        advice.message,
        format!(
            "{}: spot request {id} waits since 2026-11-21 12:00 UTC: There is no Spot capacity available that matches your request; \
             cancel it with aws ec2 cancel-spot-instance-requests --region {WEST} --spot-instance-request-ids {id}",
            group.id
        )
    );
}

/// Prices serve a warning; without them the region is as good as read.
#[tokio::test]
async fn prices_that_may_not_be_read_are_a_gap() {
    let aws = AwsServer::account();
    ours!(aws, "bids").launch_configuration("m5.large").spot_price("0.03").create();
    ours!(aws, "web").create();
    aws.fault(&Fault::on("DescribeSpotPriceHistory").status(403).code("UnauthorizedOperation"));
    let found = facts(&aws, &[WEST]).await;
    assert_eq!(found.groups.len(), 2);
    let gaps: Vec<_> = found.gaps.iter().map(|it| &it.fact).collect();
    assert_eq!(gaps, [&MissingFact::Spot { region: WEST.into() }]);
    assert!(found.gaps[0].error.contains("ec2:DescribeSpotPriceHistory"), "{}", found.gaps[0].error);
}

#[tokio::test]
async fn a_launch_template_is_read_in_the_version_the_group_follows() {
    let aws = AwsServer::account();
    for (name, version) in [("a", "$Default"), ("b", "$Latest"), ("c", "1")] {
        ours!(aws, name).launch_template("m5.large").template_version(version).spot().create();
        aws.add_template_version(WEST, name, "m5.xlarge", true);
        aws.add_template_version(WEST, name, "m5.2xlarge", false);
    }
    let found = facts(&aws, &[WEST]).await;
    let types: Vec<_> = found.groups.iter().map(|it| it.launch_options[0].machine_type.as_str()).collect();
    assert_eq!(types, ["m5.xlarge", "m5.2xlarge", "m5.large"]);
    // The versions that were added request nothing in particular.
    let purchases: Vec<_> = found.groups.iter().map(|it| it.purchase.may_be_spot()).collect();
    assert_eq!(purchases, [false, false, true]);
}

/// Numbered versions are mostly the latest ones, by which those of all templates are described.
#[tokio::test]
async fn versions_of_many_templates_are_read_together() {
    let aws = AwsServer::account();
    let versions = [("a", "$Default"), ("b", "$Latest"), ("c", "3"), ("d", "2"), ("e", "1"), ("f", "$Default")];
    for (name, version) in versions {
        ours!(aws, name).launch_template("m5.large").template_version(version).create();
        aws.add_template_version(WEST, name, "m5.xlarge", true);
        aws.add_template_version(WEST, name, "m5.2xlarge", false);
    }
    aws.forget_calls();
    let found = facts(&aws, &[WEST]).await;
    assert_eq!(found.gaps, []);
    let types: Vec<_> = found.groups.iter().map(|it| it.launch_options[0].machine_type.as_str()).collect();
    assert_eq!(types, ["m5.xlarge", "m5.2xlarge", "m5.2xlarge", "m5.xlarge", "m5.large", "m5.xlarge"]);
    let calls = aws.calls();
    let asked = calls.iter().filter(|call| call.action == "DescribeLaunchTemplateVersions");
    let asked: Vec<_> =
        asked.map(|call| (call.param("LaunchTemplateVersion.1"), call.params.contains_key("LaunchTemplateId"))).collect();
    assert_eq!(asked, [("$Latest", false), ("$Default", false), ("1", true)]);
}

/// Servers that stand in for EC2 may know only the versions of one template.
#[tokio::test]
async fn versions_of_many_templates_are_read_one_by_one_where_that_is_all_there_is() {
    let aws = AwsServer::account();
    for name in ["a", "b", "c"] {
        ours!(aws, name).launch_template("m5.large").create();
    }
    aws.forget_calls();
    aws.fault(&Fault::on("DescribeLaunchTemplateVersions").status(400).code("InvalidParameterValue").times(1));
    let found = facts(&aws, &[WEST]).await;
    assert_eq!(found.gaps, []);
    assert!(found.groups.iter().all(|group| group.launch_options[0].machine_type == "m5.large"));
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeLaunchTemplateVersions").count(), 4);
}

/// Groups with the same requirements take one call.
#[tokio::test]
async fn the_same_requirements_are_resolved_once() {
    let aws = AwsServer::account();
    for name in ["a", "b", "c"] {
        let needs = json!({"VCpuCount": {"Min": 4, "Max": 4}, "MemoryMiB": {"Min": 16384, "Max": 16384}});
        ours!(aws, name).mixed(Mixed::meeting(&needs)).create();
    }
    aws.forget_calls();
    let found = facts(&aws, &[WEST]).await;
    let types = |group: &Group| group.launch_options.iter().map(|it| it.machine_type.clone()).collect::<Vec<_>>();
    assert!(!types(&found.groups[0]).is_empty());
    assert!(found.groups.iter().all(|group| types(group) == types(&found.groups[0])));
    let resolved = aws.calls().iter().filter(|call| call.action == "GetInstanceTypesFromInstanceRequirements").count();
    assert_eq!(resolved, 1);
}

#[tokio::test]
async fn a_mixed_policy_is_told_with_its_weights_and_its_distribution() {
    let aws = AwsServer::account();
    let mixed = Mixed::weighted([("m5.4xlarge", 4), ("m5.large", 1)]).on_demand_base(2).on_demand_percentage(25);
    ours!(aws, "mixed").mixed(mixed).max(40).desired(4).create();
    let group = only_group(&aws).await;
    let mut options = group.launch_options.clone();
    assert!(options.iter_mut().all(|option| option.launch_version.take().is_some()), "{:?}", group.launch_options);
    assert_eq!(options, [option("m5.4xlarge", 4, None), option("m5.large", 1, None)].map(shown));
    assert_eq!(group.purchase, Purchase::Mixed { on_demand_base: 2, on_demand_percentage: 25, max_price: None });
    let launched = aws.group_state(WEST, "mixed").instances;
    let told: Vec<_> = group.instances.iter().map(|it| it.weight.get()).collect();
    assert_eq!(told.len(), launched.len());
    assert_eq!(told.iter().sum::<i64>(), launched.iter().map(|it| i64::from(it.weight)).sum::<i64>());
}

#[tokio::test]
async fn requirements_are_turned_into_the_types_that_meet_them() {
    let aws = AwsServer::account();
    let needs = json!({
        "VCpuCount": {"Min": 4, "Max": 4}, "MemoryMiB": {"Min": 16384, "Max": 16384}, "AllowedInstanceTypes": ["m5.*", "m6g.*"],
    });
    ours!(aws, "any").mixed(Mixed::meeting(&needs)).create();
    let group = only_group(&aws).await;
    let types: Vec<_> = group.launch_options.iter().map(|it| it.machine_type.as_str()).collect();
    assert_eq!(types, ["m5.xlarge", "m6g.xlarge"]);
}

#[tokio::test]
async fn activities_are_read_newest_first_back_to_the_given_time() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    let hours = |hours| Duration::from_hours(hours);
    let words = "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-west-2a). \
                 Launching EC2 instance failed.";
    let asked = "a user request explicitly set group desired capacity changing the desired capacity from 0 to 1";
    for activity in [
        Activity::successful_launch("i-1").ago(hours(3)),
        Activity::launch_in_progress().ago(hours(2)),
        Activity::failed_launch(words).cause([asked]).ago(Duration::from_mins(20)),
        Activity::cancelled_launch("Desired capacity was changed by a user request").ago(Duration::from_mins(10)),
    ] {
        aws.activity(WEST, "web-a", &activity);
    }
    let group = only_group(&aws).await;
    let told: Vec<_> = group.activities.iter().map(|it| (it.kind, it.status, it.capacity_problem)).collect();
    assert_eq!(
        told,
        [
            (ActivityKind::Launch, ActivityStatus::Cancelled, false),
            (ActivityKind::Launch, ActivityStatus::Failed, true),
            (ActivityKind::Launch, ActivityStatus::InProgress, false),
        ]
    );
    let failed = &group.activities[1];
    assert_eq!(failed.message, words);
    let since_asked = failed.started_at.duration_since(failed.requested_at.expect("when it was asked for"));
    assert!(since_asked.abs() < SignedDuration::from_secs(2), "{failed:?}");
}

/// The zones that AWS proposes instead stay open.
#[tokio::test]
async fn a_launch_tells_its_zone_and_type() {
    let aws = AwsServer::account();
    aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").zone("us-west-2a"));
    ours!(aws, "web-a").zones(["us-west-2a", "us-west-2b"]).launch_template("m5.large").desired(1).create();
    let group = only_group(&aws).await;
    let place = |status: ActivityStatus| {
        let activity = group.activities.iter().find(|it| it.status == status).expect("an activity");
        (activity.zone.as_deref(), activity.machine_type.as_deref())
    };
    assert_eq!(place(ActivityStatus::Failed), (Some("us-west-2a"), Some("m5.large")));
    assert_eq!(place(ActivityStatus::Successful), (Some("us-west-2b"), Some("m5.large")));
}

#[tokio::test]
async fn more_activities_than_a_page_are_read() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    for number in 0..130 {
        aws.activity(WEST, "web-a", &Activity::failed_launch("x").ago(Duration::from_secs(number)));
    }
    assert_eq!(only_group(&aws).await.activities.len(), 130);
}

/// A group that waits longer than the others after a failure is read further back.
#[tokio::test]
async fn a_longer_backoff_of_a_group_has_its_activities_read_that_far_back() {
    let aws = AwsServer::account();
    ours!(aws, "short").create();
    ours!(aws, "long").tag("ec2-autoscale/backoff", "3h").create();
    ours!(aws, "slow").tag("ec2-autoscale/instance-init-time", "5h").create();
    for group in ["short", "long", "slow"] {
        aws.activity(WEST, group, &Activity::failed_launch("Insufficient capacity").ago(Duration::from_hours(2)));
        aws.activity(WEST, group, &Activity::failed_launch("Insufficient capacity").ago(Duration::from_hours(4)));
    }
    let found = facts(&aws, &[WEST]).await;
    let told: Vec<_> = found.groups.iter().map(|it| (it.id.name.as_str(), it.activities.len())).collect();
    assert_eq!(told, [("long", 1), ("short", 0), ("slow", 2)]);
}

#[tokio::test]
async fn a_hundred_groups_need_a_page_for_their_activities_and_not_a_call_each() {
    let aws = AwsServer::account();
    for number in 0..100 {
        ours!(aws, &format!("web-{number:03}")).create();
    }
    for minutes in [10, 20, 90] {
        aws.activity(WEST, "web-042", &Activity::failed_launch("x").ago(Duration::from_mins(minutes)));
    }
    aws.forget_calls();
    let pages = || aws.calls().iter().filter(|call| call.action == "DescribeScalingActivities").count();
    let found = facts_of(&aws, &[WEST], &[], |_| false).await.expect("facts");
    assert_eq!((found.groups.len(), pages()), (100, 0), "nobody wants to know");
    let found = facts_of(&aws, &[WEST], &[], |_| true).await.expect("facts");
    let told: Vec<usize> = found.groups.iter().map(|it| it.activities.len()).collect();
    assert_eq!((told.iter().sum::<usize>(), told[42], pages()), (2, 2, 1));

    // A region where others do so much that its pages do not get far back.
    aws.group("noisy").create();
    for number in 0..401 {
        aws.activity(WEST, "noisy", &Activity::failed_launch("x").ago(Duration::from_secs(number)));
    }
    aws.forget_calls();
    let few = |group: &Group| group.id.name.as_str() < "web-007" || group.id.name == "web-042";
    let found = facts_of(&aws, &[WEST], &[], few).await.expect("facts");
    assert_eq!((found.groups[42].activities.len(), pages()), (2, 4 + 8));
}

#[tokio::test]
async fn a_group_is_settled_when_all_it_asked_for_is_a_node() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").desired(2).create();
    let group = only_group(&aws).await;
    let ids: Vec<String> = group.instances.iter().map(|it| it.id.clone()).collect();
    let both = ids.iter().map(String::as_str).collect();
    assert!(is_settled(&group, &both));
    assert!(!is_settled(&group, &[ids[0].as_str()].into()), "one never became a node");
    for state in ["Pending:Wait", "Terminating:Wait", "Standby"] {
        aws.set_lifecycle_state(&ids[1], state);
        assert!(!is_settled(&only_group(&aws).await, &both), "{state}");
    }
}

#[tokio::test]
async fn capacity_that_is_coming_is_pending() {
    let aws = AwsServer::account();
    aws.launch_delay(LaunchDelay::Pending);
    ours!(aws, "web-a").desired(1).create();
    let group = only_group(&aws).await;
    assert_eq!(group.instances[0].lifecycle, Lifecycle::Pending);
    assert_eq!(group.activities[0].status, ActivityStatus::InProgress);
}

#[tokio::test]
async fn a_region_that_fails_costs_nothing_of_the_other() {
    let aws = AwsServer::account();
    ours!(aws, "west").create();
    ours!(aws, "east").region(EAST).create();
    aws.fault(&Fault::on("DescribeAutoScalingGroups").region(WEST).status(500).message("the region is down"));
    let facts = facts(&aws, &[WEST, EAST]).await;
    let told: Vec<_> = facts.regions.iter().map(|it| (it.name.as_str(), it.preference, it.unreadable.as_deref())).collect();
    let reason = "autoscaling:DescribeAutoScalingGroups failed with InternalFailure: the region is down";
    assert_eq!(told, [(WEST, 0, Some(reason)), (EAST, 1, None)]);
    assert_eq!(facts.groups.iter().map(|it| it.id.to_string()).collect::<Vec<_>>(), ["east (us-east-1)"]);
}

#[tokio::test]
async fn a_region_whose_instances_are_unknown_is_unreadable() {
    let aws = AwsServer::account();
    ours!(aws, "west").desired(1).create();
    aws.fault(&Fault::on("DescribeInstances").status(403).code("UnauthorizedOperation"));
    let facts = facts(&aws, &[WEST]).await;
    assert_eq!(facts.groups, []);
    let reason =
        "the AWS credentials lack the permission ec2:DescribeInstances; see the IAM policy (ec2-autoscale help security)";
    assert_eq!(facts.regions[0].unreadable.as_deref(), Some(reason));
}

#[tokio::test]
async fn groups_come_in_the_order_of_the_regions() {
    let aws = AwsServer::account();
    for (region, name) in [(EAST, "a"), (WEST, "c"), (WEST, "b")] {
        ours!(aws, name).region(region).create();
    }
    let found = facts(&aws, &[WEST, EAST]).await;
    let told: Vec<_> = found.groups.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(told, ["b (us-west-2)", "c (us-west-2)", "a (us-east-1)"]);
}

#[tokio::test]
async fn what_aws_replaces_and_who_operates_a_group_is_read() {
    let aws = AwsServer::account();
    ours!(aws, "web").protected().create();
    aws.settings(
        WEST,
        "web",
        &json!({
            "capacity_rebalance": true, "max_instance_lifetime": 604_800, "operator": {"Principal": "batch.amazonaws.com"},
            "instance_maintenance_policy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 110}
        }),
    );
    let group = only_group(&aws).await;
    assert!(group.automatic.replaces_at_risk);
    assert_eq!(group.automatic.max_instance_lifetime, Some(Seconds(604_800)));
    assert_eq!(group.automatic.while_replacing, Some(WhileReplacing { least_percent: 90, most_percent: 110 }));
    let by_it = || Some(Hindrance::OperatedBy { service: "batch.amazonaws.com".into() });
    assert_eq!((group.cannot, group.advice), (Cannot::launch_or_remove(by_it(), by_it()), vec![]));
}

/// Another service knows whether one is active; it is asked only where a group takes part.
#[tokio::test]
async fn a_zone_that_is_given_up_is_none_in_which_the_group_launches() {
    let aws = AwsServer::account();
    for name in ["web", "calm", "plain"] {
        ours!(aws, name).zones(["us-west-2a", "us-west-2b"]).protected().create();
    }
    facts(&aws, &[WEST]).await;
    assert!(aws.calls().iter().all(|call| call.action != "ListManagedResources"));
    let policy = json!({"ZonalShiftEnabled": true, "ImpairedZoneHealthCheckBehavior": "IgnoreUnhealthy"});
    for name in ["web", "calm"] {
        aws.settings(WEST, name, &json!({"availability_zone_impairment_policy": policy}));
    }
    let id = facts(&aws, &[WEST]).await.zones.iter().find(|zone| zone.name == "us-west-2a").expect("the zone").id.clone();
    aws.zonal_shift(WEST, "calm", &id, "NOT_APPLIED");
    aws.zonal_shift(WEST, "web", &id, "APPLIED");
    aws.short_pages(1);
    let found = facts(&aws, &[WEST]).await;
    let shift = |away_from: &[&str]| {
        let away_from = away_from.iter().map(|zone| (*zone).to_owned()).collect();
        Some(ZonalShift { away_from: Some(away_from), replaces_unhealthy: false })
    };
    let told: Vec<_> = found.groups.iter().map(|it| (it.id.name.as_str(), it.zones.len(), &it.automatic.zonal_shift)).collect();
    assert_eq!(told, [("calm", 2, &shift(&[])), ("plain", 2, &None), ("web", 1, &shift(&["us-west-2a"]))]);

    aws.fault(&Fault::on("ListManagedResources").status(403).code("AccessDeniedException"));
    let found = facts(&aws, &[WEST]).await;
    let fact = MissingFact::AutomaticChanges { region: WEST.into(), of: ChangeSource::ZonalShifts };
    assert_eq!(found.gaps.into_iter().map(|gap| gap.fact).collect::<Vec<_>>(), [fact]);
    let unknown = Some(ZonalShift { away_from: None, replaces_unhealthy: false });
    assert_eq!(found.groups[2].automatic.zonal_shift, unknown);
}

/// The call is made only of a group that has a pool.
#[tokio::test]
async fn the_instances_of_a_warm_pool_are_read_with_its_settings() {
    let aws = AwsServer::account();
    ours!(aws, "web").create();
    ours!(aws, "plain").create();
    aws.warm_pool(WEST, "web", 2);
    aws.short_pages(1);
    let found = facts(&aws, &[WEST]).await;
    let web = found.groups.iter().find(|group| group.id.name == "web").expect("the group");
    let pool = WarmPool { keeps: "Stopped".into(), min: 2, most: None, takes_back: false, leaving: false };
    assert_eq!(web.automatic.warm_pool, Some(pool));
    let warm: Vec<_> = web.instances.iter().map(|it| (it.lifecycle, it.launched_at.is_some())).collect();
    assert_eq!(warm, [(Lifecycle::Warm, true); 2]);
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeWarmPool").count(), 2);

    aws.fault(&Fault::on("DescribeWarmPool").status(403).code("AccessDenied"));
    let fact = MissingFact::AutomaticChanges { region: WEST.into(), of: ChangeSource::WarmPools };
    assert_eq!(facts(&aws, &[WEST]).await.gaps.into_iter().map(|gap| gap.fact).collect::<Vec<_>>(), [fact]);
}

#[tokio::test]
async fn a_policy_that_sets_desired_is_a_second_hand_with_a_name() {
    let aws = AwsServer::account();
    ours!(aws, "web").create();
    aws.scaling_policy(WEST, "web", "cpu", &json!({"PolicyType": "TargetTrackingScaling"}));
    aws.scaling_policy(WEST, "other", "cpu", &json!({"PolicyType": "StepScaling"}));
    let group = only_group(&aws).await;
    assert_eq!(group.automatic.policies, [ScalingPolicy { name: "cpu".into(), kind: "TargetTrackingScaling".into() }]);
    let words = "web (us-west-2): the policy cpu (TargetTrackingScaling) sets the desired capacity as well, and each of the two \
                 undoes what the other does; delete the policy, or suspend AlarmNotification";
    assert_eq!(group.advice, [Advice::new(AdviceCode::TwoHands, words.to_owned())]);

    aws.fault(&Fault::on("DescribePolicies").status(403).code("AccessDenied"));
    let fact = MissingFact::AutomaticChanges { region: WEST.into(), of: ChangeSource::Policies };
    assert_eq!(facts(&aws, &[WEST]).await.gaps.into_iter().map(|gap| gap.fact).collect::<Vec<_>>(), [fact]);
}

/// Only where they are not suspended, and each to its own group.
#[tokio::test]
async fn scheduled_actions_are_read_of_all_groups_at_once() {
    let aws = AwsServer::account();
    ours!(aws, "web").create();
    ours!(aws, "gpu").create();
    ours!(aws, "off").suspended(["ScheduledActions"]).create();
    for name in ["web", "gpu", "off"] {
        let sizes = json!({"recurrence": "0 18 * * *", "timezone": "Europe/Berlin", "max_size": 2});
        aws.scheduled_action(WEST, name, &format!("night-{name}"), &sizes);
    }
    let found = facts(&aws, &[WEST]).await;
    let named: Vec<_> = found.groups.iter().map(|group| (group.id.name.as_str(), &group.automatic.scheduled)).collect();
    let night = |group: &str| ScheduledChange {
        name: format!("night-{group}"),
        max: Some(2),
        recurrence: Some("0 18 * * *".into()),
        time_zone: Some("Europe/Berlin".into()),
        ..ScheduledChange::default()
    };
    assert_eq!(named, [("gpu", &vec![night("gpu")]), ("off", &vec![]), ("web", &vec![night("web")])]);
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeScheduledActions").count(), 1);

    aws.fault(&Fault::on("DescribeScheduledActions").status(403).code("AccessDenied"));
    let found = facts(&aws, &[WEST]).await;
    let fact = MissingFact::AutomaticChanges { region: WEST.into(), of: ChangeSource::ScheduledActions };
    assert_eq!(found.gaps.iter().map(|gap| &gap.fact).collect::<Vec<_>>(), [&fact]);
    assert!(!fact.leaves_a_run_incomplete());
}

#[tokio::test]
async fn a_denied_call_names_the_permission() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    let denied = |action: &str, code: &str| Fault::on(action).status(403).code(code);
    aws.fault(&denied("DescribeScalingActivities", "AccessDenied"));
    aws.fault(&denied("DescribeLaunchTemplateVersions", "UnauthorizedOperation"));
    aws.fault(&denied("DescribeAvailabilityZones", "UnauthorizedOperation"));
    aws.fault(&denied("GetCallerIdentity", "AccessDenied"));
    let found = facts(&aws, &[WEST]).await;
    let told: Vec<_> = found.gaps.iter().map(|it| (&it.fact, it.error.as_str())).collect();
    let group = found.groups[0].id.clone();
    let lacks = |permission: &str| {
        format!("the AWS credentials lack the permission {permission}; see the IAM policy (ec2-autoscale help security)")
    };
    assert_eq!(
        told,
        [
            (&MissingFact::Identity, lacks("sts:GetCallerIdentity").as_str()),
            (&MissingFact::LaunchOptions { group: group.clone() }, lacks("ec2:DescribeLaunchTemplateVersions").as_str()),
            (&MissingFact::Launches { region: WEST.into() }, lacks("ec2:DescribeLaunchTemplateVersions").as_str()),
            (&MissingFact::ZoneIds { region: WEST.into() }, lacks("ec2:DescribeAvailabilityZones").as_str()),
            (&MissingFact::Activities { group }, lacks("autoscaling:DescribeScalingActivities").as_str()),
        ]
    );
    assert_eq!(found.groups[0].launch_options, []);

    aws.clear_faults();
    aws.fault(&denied("DescribeAutoScalingGroups", "AccessDenied"));
    let found = facts(&aws, &[WEST]).await;
    assert_eq!(found.regions[0].unreadable, Some(lacks("autoscaling:DescribeAutoScalingGroups")));
}

#[tokio::test]
async fn expired_credentials_are_one_message_for_all_regions() {
    let aws = AwsServer::account();
    aws.fault(
        &Fault::on("*").status(403).code("ExpiredToken").message("The security token included in the request is expired"),
    );
    let error = try_facts(&aws, &[WEST, EAST], &[]).await.expect_err("nobody is signed in");
    assert_eq!(error.to_string(), "the AWS credentials have expired (ExpiredToken); sign in again, or renew the session token");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    aws.fault(&Fault::on("DescribeAutoScalingGroups").cut_before_change().times(1));
    only_group(&aws).await;
}

#[tokio::test]
async fn a_name_that_is_no_region_ends_the_run() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    let error = try_facts(&aws, &[WEST, "us-west-2a"], &[]).await.expect_err("no region");
    let reason = "\"us-west-2a\" is not the name of an AWS region (such as us-west-2); it is a zone of us-west-2";
    assert_eq!(error.to_string(), reason);
    // This one could exist, and no server answers for it.
    aws.fault(&Fault::on("*").region("us-west-9").cut_before_change());
    let error = try_facts(&aws, &[WEST, "us-west-9"], &[]).await.expect_err("no region").to_string();
    assert!(error.starts_with("\"us-west-9\" is not the name of an AWS region"), "{error}");
}

#[tokio::test]
async fn a_named_group_must_exist_and_may_be_narrowed() {
    let aws = AwsServer::account();
    aws.group("web-a").max(10).create();
    let named = |text: &str| [text.parse().expect("a named group")];
    let facts = try_facts(&aws, &[WEST], &named("web-a:0:4")).await.expect("facts");
    assert_eq!((facts.groups[0].max, facts.groups[0].tags.problems.len()), (4, 0));
    let error = try_facts(&aws, &[WEST], &named("web-b")).await.expect_err("no such group");
    assert_eq!(error.to_string(), "--group web-b is in none of the regions; the groups there: web-a (us-west-2)");
}

#[tokio::test]
async fn a_group_being_deleted_is_told_so() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").create();
    aws.set_status(WEST, "web-a", "Delete in progress");
    assert!(only_group(&aws).await.cannot.is_being_deleted());
}

#[tokio::test]
async fn the_names_of_clusters_are_collected_from_all_regions() {
    let aws = AwsServer::account();
    ours!(aws, "a").create();
    aws.group("b").region(EAST).tag("k8s.io/cluster-autoscaler/stage", "owned").create();
    let names = cloud(&aws, &[WEST, EAST]).cluster_names().await.expect("names");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["prod", "stage"]);
    aws.fault(&Fault::on("DescribeAutoScalingGroups").region(EAST).status(500));
    let names = cloud(&aws, &[WEST, EAST]).cluster_names().await.expect("names of the region that answers");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["prod"]);
}

#[tokio::test]
async fn many_instances_need_few_calls() {
    let aws = AwsServer::account();
    ours!(aws, "big").max(250).desired(250).create();
    let group = only_group(&aws).await;
    assert_eq!(group.instances.len(), 250);
    assert!(group.instances.iter().all(|it| it.launched_at.is_some()));
    assert_eq!(aws.calls().iter().filter(|call| call.action == "DescribeInstances").count(), 1, "by the tag of the group");
}

#[tokio::test]
async fn progress_says_what_each_region_has() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").desired(2).create();
    aws.group("other").create();
    let lines = Lines::default();
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named: &[], spot_prices: false };
    cloud(&aws, &[WEST]).read(&request, &lines).await.expect("facts");
    let said = lines.0.into_inner().expect("no panic");
    assert_eq!(said, ["reading us-west-2: 1 of 2 Auto Scaling Groups are managed", "reading us-west-2: 2 instances"]);
}

/// Returns the node of an instance in the first zone of a region.
fn node_of(instance: &str, region: &str, ready: &str) -> Node {
    let node = json!({
        "name": format!("node-of-{instance}"), "uid": instance, "allocatable": {}, "ready": { "status": ready },
        "created_at": "2026-11-22T00:00:00Z", "provider_id": format!("aws:///{region}a/{instance}"),
    });
    serde_json::from_value(node).expect("a node")
}

/// Returns the health of the instances of nodes according to EC2, the first region readable and the
/// second not.
async fn checks(account: &Account, nodes: &[Node]) -> (Vec<MachineCheck>, Vec<Gap>) {
    let region = |name: &str, unreadable: Option<&str>| AskedRegion {
        name: name.into(),
        preference: 0,
        unreadable: unreadable.map(str::to_owned),
    };
    let regions = [region(WEST, None), region(EAST, Some("torn"))];
    cloud(account, &[WEST, EAST]).check_machines(&regions, nodes).await
}

#[tokio::test]
async fn ec2_is_asked_how_the_instances_are_whose_nodes_are_not_ready() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").max(9).desired(7).create();
    let ids: Vec<String> = aws.group_state(WEST, "web-a").instances.into_iter().map(|it| it.id).collect();
    aws.impair(&ids[1]);
    for (id, state) in [(&ids[2], "stopped"), (&ids[3], "shutting-down"), (&ids[4], "terminated")] {
        aws.set_machine_state(id, state);
    }
    aws.forget_instance(&ids[5]);
    let mut nodes: Vec<Node> = ids[..6].iter().map(|id| node_of(id, WEST, "unknown")).collect();
    nodes.push(node_of(&ids[6], WEST, "true"));
    nodes.push(node_of("i-0feed", EAST, "false"));
    let (checks, gaps) = checks(&aws, &nodes).await;
    assert_eq!(gaps, []);
    let mut expected: Vec<(&str, MachineHealth, Option<&str>)> = vec![
        (&ids[0], MachineHealth::Running, Some("web-a")),
        (&ids[1], MachineHealth::Impaired, Some("web-a")),
        (&ids[2], MachineHealth::Stopped, Some("web-a")),
        (&ids[3], MachineHealth::Ending, Some("web-a")),
        (&ids[4], MachineHealth::Terminated, Some("web-a")),
        (&ids[5], MachineHealth::NotFound, None),
    ];
    expected.sort_unstable();
    let told: Vec<_> = checks.iter().map(|it| (it.instance.as_str(), it.health, it.group.as_deref())).collect();
    assert_eq!(told, expected);
    assert!(checks.iter().all(|check| check.region == WEST));
}

#[tokio::test]
async fn nobody_is_asked_while_all_nodes_are_ready_or_are_no_instances() {
    let aws = AwsServer::account();
    let other = Node { provider_id: Some("openstack:///0c4f".into()), ..node_of("i-0feed", WEST, "false") };
    let (checks, gaps) = checks(&aws, &[node_of("i-0feed", WEST, "true"), other]).await;
    assert_eq!((checks, gaps), (vec![], vec![]));
    assert!(aws.calls().is_empty());
}

/// The state is known, and so are those whose end it is; nothing is known of one that runs.
#[tokio::test]
async fn status_checks_that_may_not_be_read_are_a_gap() {
    let aws = AwsServer::account();
    ours!(aws, "web-a").desired(2).create();
    let ids: Vec<String> = aws.group_state(WEST, "web-a").instances.into_iter().map(|it| it.id).collect();
    aws.set_machine_state(&ids[1], "stopped");
    aws.fault(&Fault::on("DescribeInstanceStatus").status(403).code("UnauthorizedOperation"));
    let nodes = ids.iter().map(|id| node_of(id, WEST, "unknown")).collect::<Vec<_>>();
    let (told, gaps) = checks(&aws, &nodes).await;
    assert_eq!(told.iter().map(|it| (&it.instance, it.health)).collect::<Vec<_>>(), [(&ids[1], MachineHealth::Stopped)]);
    let error =
        "the AWS credentials lack the permission ec2:DescribeInstanceStatus; see the IAM policy (ec2-autoscale help security)";
    assert_eq!(gaps, [Gap { fact: MissingFact::MachineChecks { region: WEST.into() }, error: error.into() }]);

    aws.fault(&Fault::on("DescribeInstances").status(403).code("UnauthorizedOperation"));
    let (told, gaps) = checks(&aws, &nodes).await;
    assert_eq!((told, gaps.len()), (vec![], 1));
}

#[tokio::test]
async fn many_nodes_that_are_not_ready_need_few_calls() {
    let aws = AwsStandIn::account();
    ours!(aws, "big").max(250).desired(250).create();
    let instances = aws.group_state(WEST, "big").instances;
    let nodes: Vec<Node> = instances.iter().map(|it| node_of(&it.id, WEST, "unknown")).collect();
    let (checks, gaps) = checks(&aws, &nodes).await;
    assert_eq!((checks.len(), gaps), (250, vec![]));
    assert!(checks.iter().all(|check| check.health == MachineHealth::Running));
    let calls = |action: &str| aws.calls().iter().filter(|call| call.action == action).count();
    assert_eq!((calls("DescribeInstances"), calls("DescribeInstanceStatus")), (2, 3));
}
