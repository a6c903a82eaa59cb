//! Reserved capacity.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCapacityReservations.html>
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html>
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/use-distribution-segments.html>

use std::time::Duration;

use aws_sdk_autoscaling::types::CapacityReservationPreference;
use aws_sdk_ec2::types::{CapacityReservation, CapacityReservationState, Filter, InstanceLifecycleType, Reservation};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{GROUP, REGION, activities, autoscaling, code_and_message, described, ec2, set_desired};
use crate::support::aws::{Account, AwsServer, Mixed, NewReservation};

const A: &str = "us-west-2a";
const B: &str = "us-west-2b";
const TYPE: &str = "m5.large";
const ARN: &str = "arn:aws:resource-groups:us-west-2:123456789012:group/gpus";

/// Returns what a template states that names a reservation.
fn naming(target: &Value) -> Value {
    json!({"CapacityReservationSpecification": {"CapacityReservationTarget": target}})
}

fn into(id: &str) -> Value {
    naming(&json!({"CapacityReservationId": id}))
}

fn in_market(market: &str, id: &str) -> Value {
    let mut data = into(id);
    data["InstanceMarketOptions"] = json!({"MarketType": market});
    data
}

async fn reservation(aws: &Account, id: &str) -> CapacityReservation {
    let answer = ec2(aws).await.describe_capacity_reservations().capacity_reservation_ids(id).send().await;
    answer.expect("the reservation").capacity_reservations()[0].clone()
}

/// Returns how many places are free.
async fn free(aws: &Account, id: &str) -> Option<i32> {
    reservation(aws, id).await.available_instance_count
}

/// Returns the reservation and the lifecycle of each instance that is there.
async fn places(aws: &Account) -> Vec<(Option<String>, Option<InstanceLifecycleType>)> {
    let running = Filter::builder().name("instance-state-name").values("running").build();
    let answer = ec2(aws).await.describe_instances().filters(running).send().await.expect("the instances");
    let instances = answer.reservations().iter().flat_map(Reservation::instances);
    let mut places: Vec<_> = instances.map(|it| (it.capacity_reservation_id.clone(), it.instance_lifecycle.clone())).collect();
    places.sort_by(|one, other| one.0.cmp(&other.0));
    places
}

async fn ids_of_places(aws: &Account) -> Vec<String> {
    places(aws).await.into_iter().map(|(id, _)| id.unwrap_or_else(|| "on demand".to_owned())).collect()
}

async fn last_failure(aws: &Account) -> String {
    let activities = activities(&autoscaling(aws).await, GROUP).await;
    activities.into_iter().find_map(|activity| activity.status_message).unwrap_or_default()
}

/// "Describes one or more of your Capacity Reservations", those that are shared with the account
/// included, filtered and in pages.
#[tokio::test]
async fn aws_lists_reservations_by_filters_and_pages() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-1", TYPE, A, 4));
    aws.reservation(&NewReservation::of("cr-2", "p3.2xlarge", B, 2).targeted().owner("999999999999"));
    aws.reservation(&NewReservation::of("cr-3", TYPE, B, 1).state("payment-pending"));
    let client = ec2(&aws).await;
    for (name, value, expected) in [
        ("instance-type", TYPE, &["cr-1", "cr-3"][..]),
        ("owner-id", "999999999999", &["cr-2"]),
        ("availability-zone", B, &["cr-2", "cr-3"]),
        ("state", "active", &["cr-1", "cr-2"]),
        ("instance-match-criteria", "open", &["cr-1", "cr-3"]),
        ("tenancy", "dedicated", &[]),
    ] {
        let filter = Filter::builder().name(name).values(value).build();
        let answer = client.describe_capacity_reservations().filters(filter).send().await.expect("the reservations");
        let found: Vec<_> = answer.capacity_reservations().iter().filter_map(|it| it.capacity_reservation_id()).collect();
        assert_eq!(found, expected, "{name}");
    }
    aws.short_pages(2);
    let first = client.describe_capacity_reservations().max_results(1000).send().await.expect("the first page");
    let rest = client.describe_capacity_reservations().next_token(first.next_token().expect("a token")).send().await;
    let rest = rest.expect("the second page");
    assert_eq!((first.capacity_reservations().len(), rest.capacity_reservations().len(), rest.next_token()), (2, 1, None));
    let error = client.describe_capacity_reservations().capacity_reservation_ids("cr-9").send().await;
    assert_eq!(code_and_message(&error.expect_err("refusal")).0, "InvalidCapacityReservationId.NotFound");
}

/// "Launching an instance into a Capacity Reservation reduces its available capacity"; instances
/// that match an open one use it without naming it, and those beyond it are on demand.
#[tokio::test]
async fn aws_fills_what_is_open_first() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-open", TYPE, A, 2));
    aws.reservation(&NewReservation::of("cr-named", TYPE, A, 2).targeted());
    aws.reservation(&NewReservation::of("cr-type", "m5.xlarge", A, 2));
    aws.reservation(&NewReservation::of("cr-zone", TYPE, B, 2));
    aws.reservation(&NewReservation::of("cr-platform", TYPE, A, 2).platform("Ubuntu Pro"));
    aws.group(GROUP).desired(3).create();
    assert_eq!(ids_of_places(&aws).await, ["on demand", "cr-open", "cr-open"].map(str::to_owned).to_vec());
    assert!(places(&aws).await.iter().all(|(_, lifecycle)| lifecycle.is_none()), "all of them are on demand");
    assert_eq!((free(&aws, "cr-open").await, free(&aws, "cr-named").await), (Some(0), Some(2)));
}

/// "The instance avoids running in a Capacity Reservation even if one is available."
#[tokio::test]
async fn aws_keeps_out_of_reservations_what_prefers_none() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-open", TYPE, A, 2));
    let none = json!({"CapacityReservationSpecification": {"CapacityReservationPreference": "none"}});
    aws.group(GROUP).template_data(none).desired(1).create();
    assert_eq!(free(&aws, "cr-open").await, Some(2));
}

/// "If the selected Capacity Reservation does not have sufficient capacity, the instance launch
/// fails." The words as people posted them (scylladb/scylla-cluster-tests#8839).
#[tokio::test]
async fn aws_launches_nothing_beyond_a_reservation_that_is_named() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-1", TYPE, A, 2).targeted());
    aws.group(GROUP).template_data(into("cr-1")).desired(3).create();
    assert_eq!(ids_of_places(&aws).await, ["cr-1", "cr-1"].map(str::to_owned).to_vec());
    let words = "The requested reservation does not have sufficient compatible and available capacity for this request.";
    assert_eq!(last_failure(&aws).await, format!("{words} Launching EC2 instance failed."));
}

/// "If the group does not have a Capacity Reservation with matching attributes and available
/// capacity, the instances run using On-Demand capacity."
#[tokio::test]
async fn aws_launches_on_demand_beyond_a_resource_group() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-1", TYPE, A, 1).targeted().in_resource_group(ARN));
    let target = naming(&json!({"CapacityReservationResourceGroupArn": ARN}));
    aws.group(GROUP).template_data(target).desired(2).create();
    assert_eq!(ids_of_places(&aws).await, ["on demand", "cr-1"].map(str::to_owned).to_vec());
    let client = ec2(&aws).await;
    let groups = client.get_groups_for_capacity_reservation().capacity_reservation_id("cr-1").send().await.expect("groups");
    let arns: Vec<_> = groups.capacity_reservation_groups().iter().filter_map(|group| group.group_arn()).collect();
    assert_eq!(arns, [ARN]);
}

/// "Auto Scaling will only launch instances into a Capacity Reservation … If capacity isn't
/// available, instances will fail to launch"; "will try … first".
#[tokio::test]
async fn aws_follows_the_preference_of_the_group_before_that_of_the_template() {
    for (preference, expected) in
        [("capacity-reservations-only", &["cr-1"][..]), ("capacity-reservations-first", &["on demand", "cr-1"])]
    {
        let aws = AwsServer::account();
        aws.reservation(&NewReservation::of("cr-1", TYPE, A, 1).targeted());
        aws.group(GROUP).create();
        let specification = json!({
            "CapacityReservationPreference": preference, "CapacityReservationTarget": {"CapacityReservationIds": ["cr-1"]}
        });
        aws.settings(REGION, GROUP, &json!({"capacity_reservation_specification": specification}));
        let client = autoscaling(&aws).await;
        set_desired(&client, GROUP, 2).await;
        assert_eq!(ids_of_places(&aws).await, expected, "{preference}");
        let group = described(&client, GROUP).await;
        let shown = group.capacity_reservation_specification().and_then(|it| it.capacity_reservation_preference());
        assert_eq!(shown.map(CapacityReservationPreference::as_str), Some(preference));
    }
}

/// A block takes launches while it is active, and EC2 ends its instances from 30 minutes before its
/// end on; Auto Scaling replaces them "in response to an EC2 health check", and fails.
#[tokio::test]
async fn aws_launches_into_a_block_from_its_start_and_ends_the_instances_before_its_end() {
    let aws = AwsServer::account();
    let now = Timestamp::now();
    let (starts, ends) = (now + SignedDuration::from_mins(20), now + SignedDuration::from_mins(140));
    aws.reservation(&NewReservation::of("cr-block", TYPE, A, 2).block(starts, ends));
    aws.group(GROUP).template_data(in_market("capacity-block", "cr-block")).desired(2).create();
    assert_eq!(ids_of_places(&aws).await, [""; 0]);
    assert_eq!(reservation(&aws, "cr-block").await.state, Some(CapacityReservationState::Scheduled));

    aws.age(Duration::from_mins(21));
    aws.retry_launches();
    let in_block = (Some("cr-block".to_owned()), Some(InstanceLifecycleType::CapacityBlock));
    assert_eq!(places(&aws).await, [in_block.clone(), in_block]);
    assert_eq!(free(&aws, "cr-block").await, Some(0));

    aws.age(Duration::from_mins(88));
    assert_eq!(places(&aws).await.len(), 2, "31 minutes before the end");
    aws.age(Duration::from_mins(2));
    assert_eq!(places(&aws).await.len(), 0, "29 minutes before the end");
    let causes: Vec<_> =
        activities(&autoscaling(&aws).await, GROUP).await.into_iter().filter_map(|activity| activity.cause).collect();
    assert!(causes.iter().any(|cause| cause.contains("in response to an EC2 health check")), "{causes:?}");
    assert!(last_failure(&aws).await.contains("sufficient compatible and available capacity"));
}

/// "Instances may be terminated when the owner reclaims capacity."
#[tokio::test]
async fn aws_ends_instances_of_an_interruptible_reservation_that_is_taken_back() {
    let aws = AwsServer::account();
    aws.reservation(&NewReservation::of("cr-lent", TYPE, A, 2).interruptible().owner("999999999999"));
    aws.group(GROUP).template_data(in_market("interruptible-capacity-reservation", "cr-lent")).desired(2).create();
    let lifecycle = Some(InstanceLifecycleType::InterruptibleCapacityReservation);
    assert!(places(&aws).await.iter().all(|(_, own)| *own == lifecycle));
    assert_eq!(reservation(&aws, "cr-lent").await.interruptible, Some(true));
    aws.take_back("cr-lent", 1);
    assert_eq!((places(&aws).await.len(), free(&aws, "cr-lent").await), (1, Some(0)));
}

/// "Auto Scaling attempts to launch instances in the priority order of the capacity types"; without
/// `on-demand` launches fail when the reservations are full.
#[tokio::test]
async fn aws_takes_the_kinds_of_a_segment_in_their_order() {
    let kinds = ["capacity-block", "on-demand-capacity-reservation"];
    for (types, expected) in [
        (&kinds[..], &["cr-block", "cr-plain"][..]),
        (&[kinds[0], kinds[1], "on-demand"], &["on demand", "cr-block", "cr-plain"]),
    ] {
        let aws = AwsServer::account();
        let now = Timestamp::now();
        let ends = now + SignedDuration::from_hours(4);
        aws.reservation(&NewReservation::of("cr-plain", TYPE, A, 1).targeted().in_resource_group(ARN));
        aws.reservation(&NewReservation::of("cr-block", TYPE, A, 1).block(now, ends).in_resource_group(ARN));
        aws.group(GROUP).mixed(Mixed::of([TYPE]).segment(types)).create();
        let target = json!({"CapacityReservationTarget": {"CapacityReservationResourceGroupArns": [ARN]}});
        aws.settings(REGION, GROUP, &json!({"capacity_reservation_specification": target}));
        set_desired(&autoscaling(&aws).await, GROUP, 1).await;
        assert_eq!(ids_of_places(&aws).await, ["cr-block"]);
        set_desired(&autoscaling(&aws).await, GROUP, 3).await;
        assert_eq!(ids_of_places(&aws).await, expected);
    }
}

/// "Auto Scaling will first attempt to launch into your Capacity Reservations, and then balance";
/// otherwise it pays in the one zone while the other has free places.
#[tokio::test]
async fn aws_evens_out_zones_before_reservations_unless_it_is_set_up_otherwise() {
    for (strategy, expected) in
        [("balanced-best-effort", ["on demand", "cr-b"]), ("reservations-then-balanced", ["cr-b", "cr-b"])]
    {
        let aws = AwsServer::account();
        aws.reservation(&NewReservation::of("cr-b", TYPE, B, 4));
        aws.group(GROUP).zones([A, B]).create();
        let distribution = json!({"CapacityDistributionStrategy": strategy});
        aws.settings(REGION, GROUP, &json!({"availability_zone_distribution": distribution}));
        set_desired(&autoscaling(&aws).await, GROUP, 2).await;
        assert_eq!(ids_of_places(&aws).await, expected, "{strategy}");
    }
}
