//! Which groups launch in a zone that is named, as it is read from AWS.

use std::collections::BTreeMap;

use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{Cloud, CloudFacts, GroupsRequest};
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{Gap, MissingFact, NoZoneChoice, ZoneChoice};

use crate::support::aws::{Account, AwsServer, Fault, Mixed, NewGroup};

const REGION: &str = "us-west-2";
const A: &str = "us-west-2a";
const B: &str = "us-west-2b";

async fn facts(account: &Account) -> CloudFacts {
    let config = account.sdk_config(REGION);
    let cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &config));
    let request = GroupsRequest { cluster_name: "prod", group_tags: &[], named: &[], spot_prices: false };
    cloud.read(&request, &Silent).await.expect("facts")
}

/// Returns a group of the cluster, to be described further.
fn ours<'a>(account: &'a Account, name: &str) -> NewGroup<'a> {
    account.group(name).tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").zones([A, B])
}

fn choices(facts: CloudFacts) -> BTreeMap<String, ZoneChoice> {
    facts.groups.into_iter().map(|group| (group.id.name, group.zone_choice)).collect()
}

/// Returns how often an action was called.
fn calls(account: &Account, action: &str) -> usize {
    account.calls().iter().filter(|call| call.action == action).count()
}

#[tokio::test]
async fn the_set_up_of_a_group_decides_whether_a_zone_can_be_named() {
    let aws = AwsServer::account();
    let mixed = |percentage| Mixed::of(["m5.large"]).on_demand_percentage(percentage);
    ours(&aws, "template").create();
    ours(&aws, "on-demand").mixed(mixed(100)).create();
    ours(&aws, "spot").mixed(mixed(0)).create();
    ours(&aws, "both").mixed(mixed(50)).create();
    ours(&aws, "configuration").launch_configuration("m5.large").create();
    ours(&aws, "warm").create();
    aws.warm_pool(REGION, "warm", 1);
    let possible = || ZoneChoice::Possible { subnets: BTreeMap::new() };
    let not = |because| ZoneChoice::NotPossible { because };
    let expected = [
        ("template", possible()),
        ("on-demand", possible()),
        ("spot", possible()),
        ("both", not(NoZoneChoice::MixedPurchase)),
        ("configuration", not(NoZoneChoice::LaunchConfiguration)),
        ("warm", not(NoZoneChoice::WarmPool)),
    ];
    assert_eq!(choices(facts(&aws).await), expected.map(|(name, choice)| (name.to_owned(), choice)).into());
    assert_eq!(calls(&aws, "DescribeSubnets"), 0, "each zone has one");
}

#[tokio::test]
async fn the_subnets_of_a_zone_with_several_are_known() {
    let aws = AwsServer::account();
    ours(&aws, "one").second_subnet(A).create();
    ours(&aws, "other").second_subnet(B).create();
    let choices = choices(facts(&aws).await);
    assert_eq!(calls(&aws, "DescribeSubnets"), 1);
    let (one, other) = (&choices["one"], &choices["other"]);
    assert_eq!([one.subnets_in(A).len(), one.subnets_in(B).len()], [2, 0]);
    assert_eq!([other.subnets_in(A).len(), other.subnets_in(B).len()], [0, 2]);
}

/// A zone can be named without a subnet, and it costs the run nothing else.
#[tokio::test]
async fn without_the_permission_the_cloud_chooses_the_subnet() {
    let aws = AwsServer::account();
    ours(&aws, "one").second_subnet(A).create();
    aws.fault(&Fault::on("DescribeSubnets").status(403).code("UnauthorizedOperation").message("no"));
    let facts = facts(&aws).await;
    let fact = MissingFact::Subnets { region: REGION.into() };
    let error = "the AWS credentials lack the permission ec2:DescribeSubnets; see the IAM policy (ec2-autoscale help security)"
        .to_owned();
    assert_eq!(facts.gaps, [Gap { fact, error }]);
    assert_eq!(choices(facts)["one"], ZoneChoice::Possible { subnets: BTreeMap::new() });
}
