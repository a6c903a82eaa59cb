//! AWS throttles calls; the run takes longer and decides the same.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::cluster::{BOTH, EAST, TestCluster, WEST, verdicts};
use super::world::job;
use crate::support::aws::{Activity, Fault};

/// Makes growth in one region, backoff in another, and an idle node.
fn busy_cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").region(WEST).launch_template("m5.large").max(5).create();
    cluster.group("workers").region(EAST).zones(["us-east-1a"]).launch_template("m5.large").max(5).desired(2).create();
    let full = Activity::failed_launch("We currently do not have sufficient m5.large capacity. Launching EC2 instance failed.");
    cluster.aws.activity(WEST, "workers", &full.ago(Duration::from_mins(30)));
    let nodes = cluster.register_nodes(EAST, "workers");
    cluster.kubernetes.add(job("train", 1500).node(&nodes[0]));
    cluster.pass(Duration::from_mins(15));
    cluster.kubernetes.seed((1..=3).map(|number| job(&format!("job-{number}"), 1500)));
    cluster
}

/// Replaces every time and distance by one word, as two runs are some seconds apart.
fn without_times(value: &mut Value) {
    match value {
        Value::String(text) if text.parse::<Timestamp>().is_ok() => "a time".clone_into(text),
        Value::String(text) if text.contains(" in ") => {
            let is_distance = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['h', 'm', 's']);
            let words = text.split(' ').filter(|word| !is_distance(&word.trim_end_matches([':', ','])));
            *text = words.collect::<Vec<_>>().join(" ");
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        Value::Object(fields) => fields.values_mut().for_each(without_times),
        _ => {}
    }
}

#[test]
fn throttled_at_every_second_call_the_plan_is_the_same() {
    let cluster = busy_cluster();
    let mut unhurried = cluster.plan(&BOTH).exits(0).json();
    let calls = cluster.aws.calls().len();

    cluster.forget_calls();
    cluster.aws.fault(&Fault::on("*").every_other_time().code("Throttling").message("Rate exceeded"));
    let mut throttled = cluster.plan(&BOTH).exits(0).json();
    let refused = cluster.aws.calls().iter().filter(|call| call.code.as_deref() == Some("Throttling")).count();
    assert_eq!((refused, cluster.aws.calls().len()), (calls, 2 * calls));

    assert_eq!(verdicts(&unhurried), ["job-1: fits-existing", "job-2: fits-new", "job-3: fits-new"]);
    [&mut unhurried, &mut throttled].into_iter().for_each(without_times);
    assert_eq!(unhurried, throttled);
}

#[test]
fn throttled_at_every_second_call_apply_asks_once() {
    let cluster = busy_cluster();
    cluster.aws.fault(&Fault::on("*").every_other_time().code("Throttling").message("Rate exceeded"));
    let run = cluster.apply(&BOTH).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"]);
    // The first was rejected before AWS looked at it.
    let request = "us-east-1 SetDesiredCapacity workers 4";
    assert_eq!(cluster.aws_changes(), [request, request]);
    assert_eq!(cluster.aws.group_state(EAST, "workers").count("InService"), 4);
}

#[test]
fn pages_that_are_shorter_than_asked_for_make_the_same_plan() {
    let cluster = busy_cluster();
    let mut whole = cluster.plan(&BOTH).exits(0).json();
    cluster.aws.short_pages(1);
    let mut pieces = cluster.plan(&BOTH).exits(0).json();
    [&mut whole, &mut pieces].into_iter().for_each(without_times);
    assert_eq!(whole, pieces);
}
