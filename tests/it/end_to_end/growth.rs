//! Scaling up, from the first node to the launch that fails.

use super::cluster::{BOTH, EAST, TestCluster, WEST, item, run, verdicts};
use super::world::job;
use crate::support::aws::{Fault, LaunchDelay, LaunchFailure};
use crate::support::kubernetes::objects::{Object as _, daemon_set, pod};

/// The writes of an apply that raises one group.
const ONE_PURCHASE: [&str; 3] = ["create the Lease", "write the Lease", "release the Lease"];

#[test]
fn an_empty_group_grows_and_the_pods_bind_as_planned() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    // Of the 1930m of an m5.large this leaves room for exactly two jobs of 900m.
    cluster.kubernetes.add(daemon_set("kube-system", "agent").requests(&[("cpu", "130m")]));
    cluster.kubernetes.seed((1..=5).map(|number| job(&format!("job-{number}"), 900)));

    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"]);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 3"]);
    assert_eq!(cluster.kubernetes_changes(), ONE_PURCHASE);
    assert_eq!(cluster.desired(WEST, "workers"), 3);
    let plan = &run.json()["plan"];
    assert_eq!(plan["summary"]["nodes_added"], 3);
    assert_eq!(plan["summary"]["pods_helped"], 5);

    let nodes = cluster.register_nodes(WEST, "workers");
    assert_eq!(nodes.len(), 3);
    for (number, node) in nodes.iter().enumerate() {
        let name = format!("agent-{number}");
        cluster
            .kubernetes
            .add(pod("kube-system", &name).requests(&[("cpu", "130m")]).node(node).owned_by("DaemonSet", "agent"));
    }
    cluster.schedule_as_planned(plan, "workers", &nodes);
    assert_eq!(cluster.pending(), [""; 0]);

    cluster.forget_calls();
    let after = cluster.plan(&["--detailed-exitcode"]).exits(0).json();
    assert_eq!(after["actions"], serde_json::json!([]));
    cluster.apply(&[]).exits(0);
    cluster.assert_untouched();
}

#[test]
fn a_scheduler_of_its_own_mind_finds_room_too() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.xlarge").max(10).create();
    let sizes = [500, 1900, 700, 3000, 1200, 900, 250, 2600];
    cluster.kubernetes.seed(sizes.iter().enumerate().map(|(number, size)| job(&format!("job-{number}"), *size)));

    cluster.apply(&[]).exits(0);
    // What first fit leaves over, the next run buys for: in the end every pod runs.
    for _ in 0..3 {
        cluster.register_nodes(WEST, "workers");
        cluster.schedule();
        cluster.apply(&[]).exits(0);
    }
    assert_eq!(cluster.pending(), [""; 0]);
    assert!(cluster.desired(WEST, "workers") <= 4, "11.05 cores on nodes of 3.92");
}

#[test]
fn the_group_that_the_selector_and_the_tolerations_mean_grows() {
    let cluster = TestCluster::start();
    let label = "k8s.io/cluster-autoscaler/node-template/label/pool";
    let taint = "k8s.io/cluster-autoscaler/node-template/taint/dedicated";
    cluster.group("general").launch_template("m5.large").create();
    cluster.group("gpu").launch_template("g5.xlarge").tag(label, "gpu").tag(taint, "gpu:NoSchedule").create();
    cluster.group("batch").launch_template("m5.xlarge").tag(label, "batch").tag(taint, "batch:NoSchedule").create();
    let train = job("train", 3000).requests(&[("nvidia.com/gpu", "1")]).limits(&[("nvidia.com/gpu", "1")]);
    cluster.kubernetes.add(train.node_selector("pool", "gpu").tolerates("dedicated", "NoSchedule"));
    cluster.kubernetes.add(job("stray", 100).node_selector("pool", "batch"));

    let run = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity gpu 1"]);
    assert_eq!(cluster.kubernetes_changes(), ONE_PURCHASE);
    assert_eq!(["general", "gpu", "batch"].map(|group| cluster.desired(WEST, group)), [0, 1, 0]);
    let plan = &run.json()["plan"];
    assert_eq!(verdicts(plan), ["stray: cannot-help", "train: fits-new"]);
    let message = item(plan, "pods", "name", "stray")["message"].as_str().expect("a sentence").to_owned();
    assert!(message.contains("batch") && message.contains("dedicated"), "{message}");

    let nodes =
        cluster.register_nodes_as(WEST, "gpu", |node| node.label("pool", "gpu").taint("dedicated", "gpu", "NoSchedule"));
    cluster.schedule_as_planned(plan, "gpu", &nodes);
    assert_eq!(cluster.pending(), ["stray"]);
    assert_eq!(cluster.plan(&["--detailed-exitcode"]).exits(0).json()["actions"], serde_json::json!([]));
}

#[test]
fn what_the_first_region_cannot_take_goes_to_the_second() {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").max(2).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").max(5).create();
    cluster.kubernetes.seed((1..=4).map(|number| job(&format!("job-{number}"), 1500)));

    let run = cluster.apply(&BOTH).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 2", "us-east-1 SetDesiredCapacity workers 2"]);
    let two = ["create the Lease", "write the Lease", "write the Lease", "release the Lease"];
    assert_eq!(cluster.kubernetes_changes(), two);
    assert_eq!((cluster.desired(WEST, "workers"), cluster.desired(EAST, "workers")), (2, 2));
    assert_eq!(run.steps(), ["set-desired: done", "set-desired: done"]);

    cluster.register_nodes(WEST, "workers");
    cluster.register_nodes(EAST, "workers");
    assert_eq!(cluster.schedule().len(), 4);
    assert_eq!(cluster.plan(&[&BOTH[..], &["--detailed-exitcode"]].concat()).exits(0).json()["actions"], serde_json::json!([]));
}

/// An immediate second apply must find the first one's request, whatever AWS shows of it.
fn buys_once(delay: Option<LaunchDelay>) {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    if let Some(delay) = delay {
        cluster.aws.launch_delay(delay);
    }
    cluster.kubernetes.seed((1..=4).map(|number| job(&format!("job-{number}"), 900)));
    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 2"]);

    cluster.forget_calls();
    let second = cluster.apply(&[]).exits(0);
    assert_eq!(cluster.aws_changes(), [""; 0]);
    let is_launched = !matches!(delay, Some(LaunchDelay::OnlyRequested));
    let notes = if is_launched { vec!["note-instances: done"] } else { vec![] };
    assert_eq!(second.steps(), notes, "an instance without a node is noted, also while it is starting");
    let plan = &second.json()["plan"];
    assert_eq!(verdicts(plan), [1, 2, 3, 4].map(|number| format!("job-{number}: fits-upcoming")));
    assert_eq!(item(plan, "groups", "name", "workers")["upcoming"], 2);
    assert_eq!(cluster.desired(WEST, "workers"), 2);

    cluster.aws.release_launches();
    cluster.register_nodes(WEST, "workers");
    assert_eq!(cluster.schedule().len(), 4);
}

#[test]
fn a_second_apply_counts_instances_that_are_not_nodes_yet() {
    buys_once(None);
}

#[test]
fn a_second_apply_counts_instances_that_are_launching() {
    buys_once(Some(LaunchDelay::Pending));
}

#[test]
fn a_second_apply_counts_capacity_that_shows_in_no_activity_yet() {
    buys_once(Some(LaunchDelay::OnlyRequested));
}

#[test]
fn a_purchase_whose_answer_is_lost_is_made_once() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(10).create();
    cluster.kubernetes.add(job("job", 900));
    cluster.aws.fault(&Fault::on("SetDesiredCapacity").cut_after_change().times(1));
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"]);
    assert!(run.stdout.contains("AWS's answer was lost"), "{}", run.stdout);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1"]);
    assert_eq!(cluster.kubernetes_changes(), ONE_PURCHASE);
    assert_eq!(cluster.aws.group_state(WEST, "workers").count("InService"), 1);
}

#[test]
fn a_group_that_aws_refuses_does_not_stop_the_others() {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").create();
    let region = "topology.kubernetes.io/region";
    cluster.kubernetes.seed([job("west", 900).node_selector(region, WEST), job("east", 900).node_selector(region, EAST)]);
    let words = "The request could not be validated";
    cluster.aws.fault(&Fault::on("SetDesiredCapacity").region(WEST).code("ValidationError").message(words));

    let run = run(cluster.command("apply", &BOTH).args(["--yes"])).exits(3);
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("ValidationError: {words}")), "{}", run.stdout);
    assert!(run.stdout.ends_with("1 step done, 1 failed\n"), "{}", run.stdout);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 1", "us-east-1 SetDesiredCapacity workers 1"]);
    // For the first group the request is noted, refused and withdrawn; for the other it is noted.
    let writes = ["create the Lease", "write the Lease", "write the Lease", "write the Lease", "release the Lease"];
    assert_eq!(cluster.kubernetes_changes(), writes);
    assert_eq!((cluster.desired(WEST, "workers"), cluster.desired(EAST, "workers")), (0, 1));
}

#[test]
fn launches_that_fail_put_the_group_into_backoff_and_the_pods_into_the_next() {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").create();
    cluster.aws.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity").region(WEST));
    cluster.kubernetes.seed((1..=2).map(|number| job(&format!("job-{number}"), 1500)));
    cluster.apply(&BOTH).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-west-2 SetDesiredCapacity workers 2"]);

    cluster.forget_calls();
    let run = cluster.apply(&BOTH).exits(0);
    assert_eq!(cluster.aws_changes(), ["us-east-1 SetDesiredCapacity workers 2"]);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", "write the Lease", "release the Lease"]);
    let json = run.json();
    let blocked = &item(&json["plan"], "groups", "region", WEST)["blocked"];
    assert_eq!(blocked["code"], "backoff");
    let words = blocked["message"].as_str().expect("AWS's words");
    assert!(words.contains("We currently do not have sufficient m5.large capacity"), "{words}");
    assert_eq!(cluster.desired(EAST, "workers"), 2);

    cluster.register_nodes(EAST, "workers");
    assert_eq!(cluster.schedule().len(), 2);
}
