//! Reserved capacity, and which groups use it, as it is read from AWS.

use std::collections::BTreeMap;

use ec2_autoscale::cloud::aws::AwsClients;
use ec2_autoscale::cloud::{Cloud, CloudFacts, GroupsRequest};
use ec2_autoscale::progress::Silent;
use ec2_autoscale::snapshot::{
    AdviceCode, Gap, MissingFact, NoZoneChoice, Reservation, ReservationKind, ReservationStage, ReservedUse, ZoneChoice,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::aws::{Account, AwsServer, Fault, Mixed, NewGroup, NewReservation};

const REGION: &str = "us-west-2";
const A: &str = "us-west-2a";
const B: &str = "us-west-2b";
const TYPE: &str = "m5.large";
const ARN: &str = "arn:aws:resource-groups:us-west-2:123456789012:group/gpus";
const LIST: &str = "DescribeCapacityReservations";
const MEMBERS: &str = "GetGroupsForCapacityReservation";

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

fn into(target: &Value) -> Value {
    json!({"CapacityReservationSpecification": {"CapacityReservationTarget": target}})
}

fn into_block(id: &str) -> Value {
    let mut data = into(&json!({"CapacityReservationId": id}));
    data["InstanceMarketOptions"] = json!({"MarketType": "capacity-block"});
    data
}

fn uses(facts: &CloudFacts) -> BTreeMap<&str, (Vec<&str>, bool)> {
    let of_groups = facts.groups.iter().map(|group| {
        let ids = group.reserved.reservations.iter().map(String::as_str).collect();
        (group.id.name.as_str(), (ids, group.reserved.only))
    });
    of_groups.collect()
}

fn ids(facts: &CloudFacts) -> Vec<&str> {
    facts.reservations.iter().map(|it| it.id.as_str()).collect()
}

/// Returns how often an action was called.
fn calls(account: &Account, action: &str) -> usize {
    account.calls().iter().filter(|call| call.action == action).count()
}

/// Returns the messages of one kind about a group.
fn advice(facts: &CloudFacts, group: &str, code: AdviceCode) -> Vec<String> {
    let group = facts.groups.iter().find(|it| it.id.name == group).expect("the group");
    group.advice.iter().filter(|it| it.code == code).map(|it| it.message.clone()).collect()
}

#[tokio::test]
async fn what_is_open_serves_every_group_that_matches() {
    let aws = AwsServer::account();
    let none = json!({"CapacityReservationSpecification": {"CapacityReservationPreference": "none"}});
    ours(&aws, "plain").create();
    ours(&aws, "mixed").mixed(Mixed::of(["c5.large", TYPE])).create();
    ours(&aws, "half").mixed(Mixed::of([TYPE]).on_demand_percentage(50)).create();
    ours(&aws, "configuration").launch_configuration(TYPE).create();
    ours(&aws, "spot").spot().create();
    ours(&aws, "averse").template_data(none).create();
    ours(&aws, "one-zone").zones([B]).create();
    aws.reservation(&NewReservation::of("cr-a", TYPE, A, 4));
    aws.reservation(&NewReservation::of("cr-b", "c5.large", B, 2).owner("999999999999"));
    aws.reservation(&NewReservation::of("cr-ubuntu", TYPE, A, 4).platform("Ubuntu Pro"));
    aws.reservation(&NewReservation::of("cr-targeted", TYPE, A, 4).targeted());
    aws.reservation(&NewReservation::of("cr-gone", TYPE, A, 4).state("cancelled"));
    aws.reservation(&NewReservation::of("cr-other", "r5.large", A, 4));
    let facts = facts(&aws).await;
    let expected = [
        ("plain", vec!["cr-a"]),
        ("mixed", vec!["cr-b", "cr-a"]),
        ("half", vec!["cr-a"]),
        ("configuration", vec!["cr-a"]),
        ("spot", vec![]),
        ("averse", vec![]),
        ("one-zone", vec![]),
    ];
    assert_eq!(uses(&facts), expected.map(|(name, ids)| (name, (ids, false))).into());
    assert_eq!(ids(&facts), ["cr-a", "cr-b"]);
    assert_eq!((facts.reservations[0].total, facts.reservations[0].free), (4, 4));
    assert_eq!((calls(&aws, LIST), calls(&aws, MEMBERS)), (1, 0));
    let filter = aws.calls().into_iter().find(|call| call.action == LIST).expect("the call").params;
    assert_eq!(filter["Filter.1.Name"], "instance-type");
    assert_eq!((&filter["Filter.1.Value.1"], &filter["Filter.1.Value.2"]), (&"c5.large".to_owned(), &TYPE.to_owned()));
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
}

#[tokio::test]
async fn a_block_is_read_with_its_times_and_its_machines_name_it() {
    let aws = AwsServer::account();
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).expect("a timestamp");
    let (starts, ends) =
        (second(Timestamp::now()) - SignedDuration::from_hours(1), second(Timestamp::now()) + SignedDuration::from_hours(3));
    aws.reservation(&NewReservation::of("cr-block", TYPE, A, 4).block(starts, ends));
    ours(&aws, "gpu").zones([A]).template_data(into_block("cr-block")).desired(1).create();
    let facts = facts(&aws).await;
    let expected = Reservation {
        id: "cr-block".into(),
        region: REGION.into(),
        kind: ReservationKind::Block,
        machine_type: TYPE.into(),
        zone: A.into(),
        stage: ReservationStage::Active,
        state: "active".into(),
        total: 4,
        free: 3,
        starts_at: Some(starts),
        ends_at: Some(ends),
        ends_machines_from: Some(ends - SignedDuration::from_mins(30)),
    };
    assert_eq!(facts.reservations, [expected]);
    let group = &facts.groups[0];
    assert_eq!(group.reserved, ReservedUse { reservations: vec!["cr-block".into()], only: true });
    assert_eq!(group.instances[0].reservation.as_deref(), Some("cr-block"));
    assert!(!group.instances[0].spot);
    assert_eq!(group.zone_choice, ZoneChoice::NotPossible { because: NoZoneChoice::Reserved });
}

#[tokio::test]
async fn one_that_a_template_names_binds_the_group_and_is_found_whatever_its_type() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-1", TYPE, A, 4).targeted());
    aws.reservation(&NewReservation::of("cr-wrong", "r5.large", A, 4).targeted());
    aws.reservation(&NewReservation::of("cr-over", TYPE, A, 4).targeted().state("expired"));
    for (group, id) in [("right", "cr-1"), ("wrong", "cr-wrong"), ("over", "cr-over"), ("missing", "cr-9")] {
        ours(&aws, group).template_data(into(&json!({"CapacityReservationId": id}))).create();
    }
    let facts = facts(&aws).await;
    let expected = [("right", vec!["cr-1"]), ("wrong", vec![]), ("over", vec!["cr-over"]), ("missing", vec![])];
    assert_eq!(uses(&facts), expected.map(|(name, ids)| (name, (ids, true))).into());
    assert_eq!(
        facts.reservations.iter().map(|it| it.stage).collect::<Vec<_>>(),
        [ReservationStage::Active, ReservationStage::Over]
    );
    for (group, words) in [
        ("right", None),
        ("wrong", Some("can never use its reservation cr-wrong: it is for r5.large, and the group launches m5.large")),
        ("over", Some("its reservation cr-over is expired")),
        ("missing", Some("launches into the reservation cr-9, which does not exist here")),
    ] {
        let found = advice(&facts, group, AdviceCode::ReservationUnusable);
        assert_eq!(found.len(), usize::from(words.is_some()), "{found:?}");
        assert!(words.is_none_or(|words| found[0].contains(words)), "{found:?}");
    }
    let possible = |name: &str| facts.groups.iter().any(|group| group.id.name == name && group.zone_choice.is_possible());
    assert!(possible("right"), "a zone can be named for on-demand instances");
}

#[tokio::test]
async fn the_members_of_a_resource_group_are_looked_up_one_by_one() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-in", TYPE, A, 4).targeted().in_resource_group(ARN));
    aws.reservation(&NewReservation::of("cr-out", TYPE, A, 4).targeted());
    aws.reservation(&NewReservation::of("cr-type", "r5.large", A, 4).targeted().in_resource_group(ARN));
    aws.reservation(&NewReservation::of("cr-gone", TYPE, A, 4).targeted().in_resource_group(ARN).state("cancelled"));
    ours(&aws, "in").template_data(into(&json!({"CapacityReservationResourceGroupArn": ARN}))).create();
    let facts = facts(&aws).await;
    assert_eq!(uses(&facts), [("in", (vec!["cr-in"], false))].into());
    assert_eq!((calls(&aws, LIST), calls(&aws, MEMBERS)), (1, 2));
}

#[tokio::test]
async fn a_denied_permission_costs_the_feature_and_is_said_once() {
    for action in [LIST, MEMBERS] {
        let aws = AwsServer::account();
        aws.reservation(&NewReservation::of("cr-in", TYPE, A, 4).targeted().in_resource_group(ARN));
        aws.reservation(&NewReservation::of("cr-open", TYPE, B, 4));
        let target = json!({"CapacityReservationResourceGroupArn": ARN});
        for name in ["one", "two"] {
            ours(&aws, name).template_data(into(&target)).create();
        }
        ours(&aws, "plain").create();
        aws.fault(&Fault::on(action).status(403).code("UnauthorizedOperation").message("no"));
        let facts = facts(&aws).await;
        let fact = MissingFact::Reservations { region: REGION.into() };
        let error =
            format!("the AWS credentials lack the permission ec2:{action}; see the IAM policy (ec2-autoscale help security)");
        assert_eq!(facts.gaps, [Gap { fact, error }]);
        // What is open is known without the members of resource groups.
        let plain = if action == LIST { vec![] } else { vec!["cr-open"] };
        let expected = [("one", (vec![], false)), ("plain", (plain, false)), ("two", (vec![], false))];
        assert_eq!(uses(&facts), expected.into());
    }
}

#[tokio::test]
async fn what_this_version_does_not_know_is_said_and_not_counted_on() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-new", TYPE, A, 4).state("melting"));
    ours(&aws, "plain").create();
    let facts = facts(&aws).await;
    assert_eq!((uses(&facts), ids(&facts)), ([("plain", (vec![], false))].into(), vec![]));
    let words = "plain (us-west-2): the reservation cr-new has the state \"melting\", which this version does not know, so it is \
                 not counted on";
    assert_eq!(advice(&facts, "plain", AdviceCode::ReservationUnusable), [words]);
    assert!(facts.gaps.is_empty());
}

#[tokio::test]
async fn evening_out_zones_past_reservations_is_advised_against() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-b", TYPE, B, 4));
    for (group, strategy) in [("even", "balanced-best-effort"), ("reserved", "reservations-then-balanced")] {
        ours(&aws, group).create();
        let distribution = json!({"CapacityDistributionStrategy": strategy});
        aws.settings(REGION, group, &json!({"availability_zone_distribution": distribution}));
    }
    let facts = facts(&aws).await;
    let words = "even (us-west-2): evens out its zones, so it pays on demand in us-west-2a while 4 of the reservation cr-b in \
                 us-west-2b are unused; set its capacity distribution strategy to reservations-then-balanced";
    assert_eq!(advice(&facts, "even", AdviceCode::ReservationsPassedOver), [words]);
    assert!(advice(&facts, "reserved", AdviceCode::ReservationsPassedOver).is_empty());
}

#[tokio::test]
async fn without_a_group_that_could_use_one_nothing_is_read() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-1", TYPE, A, 4));
    ours(&aws, "spot").spot().create();
    assert!(facts(&aws).await.reservations.is_empty());
    assert_eq!(calls(&aws, LIST), 0);
}
