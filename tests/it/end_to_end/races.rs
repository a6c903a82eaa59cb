//! AWS and other people act between our last look at a group and our request. There is no
//! compare-and-set. What keeps the instances is that no request lowers the desired capacity below
//! the live one, except where all are protected, and that each instance to go is named.

use std::time::Duration;

use super::cluster::{TestCluster, WEST};
use super::world::job;
use crate::support::aws::{LaunchDelay, LaunchFailure, Moment};

/// Returns the ids of what is in service.
fn in_service(cluster: &TestCluster) -> Vec<String> {
    let instances = cluster.aws.group_state(WEST, "workers").instances.into_iter();
    instances.filter(|it| it.lifecycle_state == "InService").map(|it| it.id).collect()
}

#[test]
fn instances_that_come_between_the_look_and_the_request_stay() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).desired(1).create();
    let old = in_service(&cluster);
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1500).node(&nodes[0]));
    // Two are requested, and AWS takes its time.
    cluster.aws.launch_delay(LaunchDelay::OnlyRequested);
    cluster.kubernetes.seed((1..=2).map(|number| job(&format!("early-{number}"), 1500)));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 3"]);
    assert_eq!(in_service(&cluster), old);

    // More pods come, and exactly between the look at the group and the request the two are
    // launched.
    cluster.kubernetes.seed((1..=2).map(|number| job(&format!("late-{number}"), 1500)));
    cluster.forget_calls();
    let amazon = cluster.aws.handle();
    cluster.aws.before(&Moment::before("SetDesiredCapacity"), move || amazon.release_launches());
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 5"]);
    let now = in_service(&cluster);
    assert_eq!((now.len(), cluster.desired(WEST, "workers")), (5, 5));
    assert!(now.contains(&old[0]), "{now:?} has lost {old:?}");
}

/// A node that goes is named, so that what AWS launches meanwhile is no candidate.
#[test]
fn only_the_named_instance_goes_while_others_come() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).desired(2).create();
    let nodes = cluster.register_nodes(WEST, "workers");
    let instances = in_service(&cluster);
    cluster.kubernetes.add(job("train", 1500).node(&nodes[0]));
    cluster.pass(Duration::from_hours(1));
    cluster.apply(&[]).exits(0);
    cluster.pass(Duration::from_hours(1));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["cordon: done"]);
    cluster.pass(Duration::from_hours(1));

    cluster.forget_calls();
    let somebody = cluster.aws.handle();
    let moment = Moment::before("TerminateInstanceInAutoScalingGroup");
    cluster.aws.before(&moment, move || somebody.set_desired(WEST, "workers", 4));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["terminate: done"]);
    let gone = format!("us-west-2 TerminateInstanceInAutoScalingGroup {} true", instances[1]);
    assert_eq!(cluster.aws_changes(), [gone]);
    let now = in_service(&cluster);
    assert_eq!((now.len(), cluster.desired(WEST, "workers")), (3, 3));
    assert!(now.contains(&instances[0]), "{now:?} has lost the busy {}", instances[0]);
}

/// No program can win this one order of events: another requests more than we do right before our
/// request. Where the instances are protected, AWS has no victim to choose.
#[test]
fn a_higher_request_of_somebody_else_costs_no_protected_instance() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).protected().create();
    cluster.kubernetes.add(job("job", 1500));
    let somebody = cluster.aws.handle();
    cluster.aws.before(&Moment::before("SetDesiredCapacity"), move || somebody.set_desired(WEST, "workers", 4));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!((in_service(&cluster).len(), cluster.desired(WEST, "workers")), (4, 1));

    // The next run sees more than is desired, and makes that no worse.
    cluster.forget_calls();
    cluster.register_nodes(WEST, "workers");
    cluster.schedule();
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!(in_service(&cluster).len(), 4);
}

/// `--revert-unfilled` is the one request for less. AWS launches after all, right before the
/// request arrives: everything is protected, so that none of it is ended, now or when AWS checks
/// the group again.
#[test]
fn instances_that_come_while_their_request_is_taken_back_stay() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).desired(1).protected().create();
    let nodes = cluster.register_nodes(WEST, "workers");
    cluster.kubernetes.add(job("train", 1500).node(&nodes[0]));
    cluster.aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    cluster.kubernetes.seed((1..=2).map(|number| job(&format!("job-{number}"), 1500)));
    cluster.apply(&[]).exits(0);
    assert_eq!((in_service(&cluster).len(), cluster.desired(WEST, "workers")), (1, 3));

    cluster.forget_calls();
    let amazon = cluster.aws.handle();
    cluster.aws.before(&Moment::before("SetDesiredCapacity"), move || {
        amazon.mend_launches();
        amazon.retry_launches();
    });
    assert_eq!(cluster.apply(&["--revert-unfilled"]).exits(0).steps(), ["revert-desired: done"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!((in_service(&cluster).len(), cluster.desired(WEST, "workers")), (3, 1));
    cluster.aws.retry_launches();
    assert_eq!(in_service(&cluster).len(), 3);

    cluster.forget_calls();
    cluster.register_nodes(WEST, "workers");
    assert_eq!(cluster.schedule().len(), 2);
    cluster.apply(&["--revert-unfilled"]).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!(in_service(&cluster).len(), 3);
}

/// A higher request before that is noticed by the look at the group.
#[test]
fn a_higher_request_before_the_look_is_left_alone() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.add(job("job", 1500));
    let somebody = cluster.aws.handle();
    let look = Moment::before("DescribeAutoScalingGroups").with_param("AutoScalingGroupNames.member.1", "workers");
    cluster.aws.before(&look, move || somebody.set_desired(WEST, "workers", 4));
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["set-desired: skipped"]);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!((in_service(&cluster).len(), cluster.desired(WEST, "workers")), (4, 4));
}
