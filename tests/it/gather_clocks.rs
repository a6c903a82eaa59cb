//! Clocks that disagree: a run uses the API server's, which wrote the times of pods and nodes.

use ec2_autoscale::snapshot::{Clocks, Snapshot};
use jiff::{SignedDuration, Timestamp};

use crate::cli::ec2_autoscale;
use crate::support::aws::Account;
use crate::support::aws_stand_in::AwsStandIn;
use crate::support::kubernetes::objects::{Object as _, node, pod};
use crate::support::kubernetes::{Fault, KubernetesServer};

const WEST: &str = "us-west-2";
const EAST: &str = "us-east-1";

struct World {
    kubernetes: KubernetesServer,
    aws: Account,
}

impl World {
    /// Makes a server whose clock is so many seconds ahead of this machine's, and a group of two
    /// nodes that are a day old.
    fn ahead(seconds: i64) -> Self {
        let world = Self { kubernetes: KubernetesServer::start(), aws: AwsStandIn::account() };
        world.kubernetes.set_clock_ahead(SignedDuration::from_secs(seconds));
        let group = world.aws.group("web").tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker");
        group.desired(2).max(5).create();
        let day_ago = Timestamp::now() - SignedDuration::from_hours(24);
        for (name, instance) in ["busy", "quiet"].iter().zip(world.aws.group_state(WEST, "web").instances) {
            let idle_since = (day_ago.as_second() + 3600).to_string();
            let node = node(name).provider_id(&instance.provider_id()).created_at(day_ago);
            world.kubernetes.add(match *name {
                "quiet" => node.taint("ec2-autoscale/idle-since", &idle_since, "PreferNoSchedule"),
                _ => node,
            });
        }
        world.kubernetes.add(pod("batch", "train").node("busy").owned_by("Job", "train"));
        world
    }

    fn run(&self, arguments: &[&str]) -> String {
        let regions = format!("--regions={WEST},{EAST}");
        let mut command = ec2_autoscale(arguments);
        command.args(["--cluster-name=prod", &regions]);
        command.envs(self.aws.env()).env("KUBECONFIG", self.kubernetes.kubeconfig());
        let output = command.output().expect("the binary starts");
        let told = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::from_json(self.run(&["snapshot"]).as_bytes()).expect("a snapshot")
    }
}

/// Whether a moment was so many seconds from now, by the clock of this machine.
fn is_near(moment: Timestamp, seconds: i64) -> bool {
    let distance = moment.duration_since(Timestamp::now()).as_secs() - seconds;
    // The run takes its time, and a date has no fraction.
    (-60..=2).contains(&distance)
}

#[test]
fn a_snapshot_is_taken_by_the_clock_of_the_api_server() {
    for ahead in [-300, 3600] {
        let world = World::ahead(ahead);
        let snapshot = world.snapshot();
        let machine = snapshot.clocks.machine.expect("the server sent dates");
        assert!((-ahead - 1..=-ahead + 1).contains(&machine), "{machine}");
        assert!(is_near(snapshot.taken_at, ahead), "{}", snapshot.taken_at);
    }
}

#[test]
fn clocks_that_agree_are_told_so_and_change_nothing() {
    let snapshot = World::ahead(0).snapshot();
    assert_eq!(snapshot.clocks, Clocks { machine: Some(0), cloud: Some(0) });
    assert!(is_near(snapshot.taken_at, 0));
}

#[test]
fn the_cloud_is_compared_with_the_api_server_and_the_region_furthest_off_counts() {
    let world = World::ahead(-300);
    world.aws.set_clock_ahead(WEST, -290);
    world.aws.set_clock_ahead(EAST, 420);
    let cloud = world.snapshot().clocks.cloud.expect("each sent dates");
    assert!((719..=721).contains(&cloud), "{cloud}");
}

/// Only the server's own answers count: a proxy's have no date here.
#[test]
fn answers_that_took_long_tell_little_and_the_others_what_there_is_to_know() {
    let world = World::ahead(-300);
    world.kubernetes.fault(Fault::on("list", "nodes").delay(std::time::Duration::from_secs(3)).times(1));
    let machine = world.snapshot().clocks.machine.expect("the server sent dates");
    assert!((299..=301).contains(&machine), "{machine}");
}

/// The next run, which may be on a machine whose clock is right, reads what a step wrote.
#[test]
fn steps_write_the_time_of_the_api_server() {
    let world = World::ahead(-300);
    world.run(&["apply", "--no-events", "--no-status"]);
    let node = world.kubernetes.get("nodes", "", "quiet");
    let cordoned_at = node["metadata"]["annotations"]["ec2-autoscale/cordoned-at"].as_str().expect("it was cordoned");
    assert!(is_near(cordoned_at.parse().expect("a time"), -300), "{cordoned_at}");
}

/// The pod has four of its five minutes of grace left, while by this machine's clock they are over.
#[test]
fn a_pod_that_ends_later_by_the_servers_clock_keeps_its_node() {
    let world = World::ahead(-300);
    let a_minute_ago = (Timestamp::now() - SignedDuration::from_mins(1)).strftime("%FT%TZ").to_string();
    let cordoned_at = (Timestamp::now() - SignedDuration::from_mins(12)).strftime("%FT%TZ").to_string();
    world.kubernetes.edit("nodes", "", "quiet", |node| {
        node["spec"]["unschedulable"] = true.into();
        node["metadata"]["annotations"] = serde_json::json!({
            "ec2-autoscale/cordoned-at": cordoned_at, "ec2-autoscale/draining-since": cordoned_at });
    });
    let leaving = pod("batch", "checkpoint").node("quiet").owned_by("ReplicaSet", "r");
    let leaving = leaving.with("/metadata/deletionTimestamp", a_minute_ago);
    world.kubernetes.add(leaving.with("/metadata/deletionGracePeriodSeconds", 300));
    world.run(&["apply", "--no-events", "--no-status"]);
    assert_eq!(world.aws.group_state(WEST, "web").desired, 2);
}
