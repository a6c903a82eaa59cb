//! Answers that are lost, and requests that lie in a queue: nothing is bought or removed twice.

use serde_json::{Value, json};

use super::super::world::job;
use super::cloud::{MINUTE, MagnumCluster};

const WORKERS: &str = "default-worker";

fn workers(count: u32) -> Value {
    json!([{ "name": WORKERS, "flavor": "m1.large", "count": count, "min": 0, "max": 5 }])
}

fn lose_answer(cluster: &MagnumCluster, cut: &str) {
    cluster.ask("fault", json!({ "service": "container-infra", "path": "actions/resize", "cut": cut, "times": 1 }));
}

#[test]
fn a_growth_whose_answer_is_lost_is_made_once() {
    let cluster = MagnumCluster::start("heat", workers(0));
    cluster.kubernetes.add(job("job", 3000));
    lose_answer(&cluster, "after");
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"], "{}", run.stdout);
    assert!(run.stdout.contains("Magnum's answer was lost"), "{}", run.stdout);
    cluster.settle();
    assert_eq!(cluster.ids(WORKERS).len(), 1);
}

#[test]
fn a_growth_that_never_arrived_is_sent_once_more_with_the_same_count() {
    let cluster = MagnumCluster::start("heat", workers(0));
    cluster.kubernetes.add(job("job", 3000));
    lose_answer(&cluster, "before");
    let run = cluster.apply(&[]).exits(0);
    assert_eq!(run.steps(), ["set-desired: done"], "{}", run.stdout);
    assert_eq!(cluster.resizes(), ["default-worker 1"; 2]);
    cluster.settle();
    assert_eq!(cluster.ids(WORKERS).len(), 1);
}

#[test]
fn a_removal_whose_answer_is_lost_removes_nobody_else() {
    for cut in ["before", "after"] {
        let cluster = MagnumCluster::start("heat", workers(3));
        let nodes = cluster.register_nodes(WORKERS);
        cluster.kubernetes.add(job("train", 1000).node(&nodes[2]));
        cluster.cordon_idle();
        let ids = cluster.ids(WORKERS);
        lose_answer(&cluster, cut);
        let _ = cluster.apply(&["--max-scale-in-fraction", "1"]);
        cluster.settle();
        cluster.kubernetes_follows();
        cluster.pass(MINUTE);
        cluster.apply(&["--max-scale-in-fraction", "1"]).exits(0);
        cluster.settle();
        assert_eq!(cluster.ids(WORKERS), [ids[2].clone()], "{cut}");
    }
}
