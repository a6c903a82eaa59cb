//! The placement groups into which groups launch, as they are read from AWS.

use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{ActivityWindow, Cloud, CloudFacts, GroupsRequest};
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{AdviceCode, Gap, Group, MissingFact, PlacementGroup, PlacementRule};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::aws::{Account, AwsServer, Fault, NewGroup};

const REGION: &str = "us-west-2";
const A: &str = "us-west-2a";
const B: &str = "us-west-2b";

async fn facts(account: &Account) -> CloudFacts {
    let config = account.sdk_config(REGION);
    let cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &config));
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named: &[], spot_prices: false };
    let mut facts = cloud.read(&request, &Silent).await.expect("facts");
    let window = ActivityWindow { taken_at: Timestamp::now(), horizon: Seconds::minutes(60) };
    let gaps = cloud.read_activities(&mut facts.groups, window, |_| true).await;
    facts.gaps.extend(gaps);
    facts
}

/// Returns a group of the cluster, to be described further.
fn ours<'a>(account: &'a Account, name: &str) -> NewGroup<'a> {
    account.group(name).tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").zones([A])
}

fn placed(name: &str) -> Value {
    json!({"Placement": {"GroupName": name}})
}

fn calls(account: &Account) -> usize {
    account.calls().iter().filter(|call| call.action == "DescribePlacementGroups").count()
}

fn group<'f>(facts: &'f CloudFacts, name: &str) -> &'f Group {
    facts.groups.iter().find(|group| group.id.name == name).expect("a group of that name")
}

#[tokio::test]
async fn placement_groups_are_read_once_and_only_where_one_is_named() {
    let aws = AwsServer::account();
    ours(&aws, "plain").create();
    assert_eq!((group(&facts(&aws).await, "plain").placement.clone(), calls(&aws)), (None, 0));

    aws.placement_group(REGION, "far", "spread");
    let parts = aws.placement_group(REGION, "parts", "partition");
    ours(&aws, "own").placement_group("far").create();
    ours(&aws, "template").template_data(placed("far")).create();
    let in_second = json!({"Placement": {"GroupId": parts, "PartitionNumber": 2}});
    ours(&aws, "partition").template_data(in_second).create();
    aws.group("stranger").template_data(placed("far")).zones([B]).desired(2).create();
    let facts = facts(&aws).await;
    assert_eq!((calls(&aws), facts.gaps.len()), (1, 0), "{:?}", facts.gaps);
    let far = PlacementGroup {
        name: "far".into(),
        rule: PlacementRule::Apart { most_per_zone: Some(7) },
        partition: None,
        others: [(B.to_owned(), 2)].into(),
    };
    for name in ["own", "template"] {
        assert_eq!(group(&facts, name).placement.as_ref(), Some(&far), "{name}");
    }
    let parts = group(&facts, "partition").placement.as_ref().expect("a placement group");
    assert_eq!((parts.name.as_str(), parts.partition), ("parts", Some(2)));
    assert!(matches!(parts.rule, PlacementRule::Partitions { .. }));
}

/// The launch in the other zone fails, and says nothing of the machine type.
#[tokio::test]
async fn a_cluster_group_over_two_zones_is_advised_against() {
    let aws = AwsServer::account();
    aws.placement_group(REGION, "near", "cluster");
    ours(&aws, "web").zones([A, B]).launch_template("t3.micro").template_data(placed("near")).desired(2).create();
    let facts = facts(&aws).await;
    let web = group(&facts, "web");
    let codes: Vec<AdviceCode> = web.advice.iter().map(|advice| advice.code).collect();
    assert!(codes.contains(&AdviceCode::TogetherInOneZone) && codes.contains(&AdviceCode::TypeNotPlaced), "{:?}", web.advice);
    let failed = web.activities.iter().find(|activity| activity.has_failed()).expect("a launch that failed");
    assert!(failed.placement_full && failed.zone.as_deref() == Some(B) && failed.machine_type.is_none(), "{failed:?}");
}

/// Only the limits of placement groups are missing then.
#[tokio::test]
async fn without_the_permission_the_limits_are_missing() {
    let aws = AwsServer::account();
    aws.placement_group(REGION, "far", "spread");
    ours(&aws, "web").template_data(placed("far")).create();
    aws.fault(&Fault::on("DescribePlacementGroups").status(403).code("UnauthorizedOperation").message("no"));
    let facts = facts(&aws).await;
    let fact = MissingFact::PlacementGroups { region: REGION.into() };
    let told: Vec<&Gap> = facts.gaps.iter().collect();
    assert_eq!(told.iter().map(|gap| &gap.fact).collect::<Vec<_>>(), [&fact]);
    assert!(told[0].error.contains("ec2:DescribePlacementGroups"), "{}", told[0].error);
    let placement = group(&facts, "web").placement.as_ref().expect("the name is known");
    assert_eq!((placement.name.as_str(), &placement.rule), ("far", &PlacementRule::Unread));
}
