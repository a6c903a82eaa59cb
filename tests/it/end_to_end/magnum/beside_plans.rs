//! What there is beside plans: prices, `explain`, `simulate`, Events, the status and metrics.

use std::fs;

use super::super::cluster::{item, run};
use super::super::world::job;
use super::cloud::{MagnumWorld, WORKERS, group};
use crate::support::openstack::DriverMode;

/// Makes a group with one node, which is full, and a pod that waits for another.
fn with_a_waiting_pod() -> MagnumWorld {
    let cluster = MagnumWorld::start(DriverMode::Heat, [group(WORKERS, 1)]);
    let nodes = cluster.register_nodes(WORKERS);
    cluster.kubernetes.add(job("train", 3000).node(&nodes[0]));
    cluster.kubernetes.add(job("waiting", 3000));
    cluster
}

#[test]
fn flavors_have_the_prices_of_a_file() {
    let cluster = with_a_waiting_pod();
    let file = cluster.folder_file("prices.csv");
    let table = format!("region,flavor,usd_per_hour\n{},m1.large,0.25\n", cluster.project.region());
    fs::write(&file, table).expect("a file can be written");
    let plan = cluster.plan(&["--prices", &file, "--expander", "price"]).exits(0).json();
    assert_eq!((&plan["bill"]["before"], &plan["bill"]["after"]), (&"0.25".into(), &"0.5".into()), "{}", plan["bill"]);
    let refused = cluster.plan(&["--spot-prices"]).exits(64).stderr;
    assert!(refused.contains("--spot-prices reads from EC2, and the cloud is magnum"), "{refused}");
}

#[test]
fn pods_nodes_and_groups_are_explained() {
    let cluster = with_a_waiting_pod();
    let explained = |kind: &str, name: &str| run(&mut cluster.command("explain", &[kind, name])).exits(0).stdout;
    let pod = explained("pod", "default/waiting");
    assert!(pod.starts_with("default/waiting fits on new node 1 of default-worker (RegionOne)"), "{pod}");
    let node = cluster.kubernetes.all("nodes")[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    let node = explained("node", &node);
    assert!(node.contains("default/train"), "{node}");
    let shown = explained("group", WORKERS);
    assert!(
        shown.contains("m1.large") && shown.contains("made by   a driver on Heat (such as k8s_fedora_coreos_v1)"),
        "{shown}"
    );
    assert!(shown.contains("topology.cinder.csi.openstack.org/zone") && !shown.contains("ebs.csi"), "{shown}");
}

#[test]
fn a_snapshot_is_simulated() {
    let cluster = with_a_waiting_pod();
    let snapshot = run(&mut cluster.command("snapshot", &[])).exits(0).stdout;
    let file = cluster.folder_file("snapshot.json");
    fs::write(&file, snapshot).expect("a file can be written");
    let trace = cluster.folder_file("trace.jsonl");
    let class = r#"{"class":"large","spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"3"}}}]}}"#;
    let work = r#"{"at":"10m","name":"one","class":"large","duration":"5m"}"#;
    fs::write(&trace, format!("{class}\n{work}\n")).expect("a file can be written");
    let mut simulation = cluster.without_flags();
    let report = run(simulation.args(["simulate", "--snapshot", &file, "--trace", &trace, "-o", "json"])).exits(0).json();
    // The running pod, the waiting one, and the one of the trace have a node each.
    assert_eq!((&report["peak_nodes"], &report["pods"]["ended"]), (&3.into(), &1.into()), "{report}");
}

#[test]
fn a_run_leaves_events_a_status_and_metrics() {
    let cluster = with_a_waiting_pod();
    cluster.apply(&["--metrics-file", "ec2.prom"]).exits(0);
    let metrics = fs::read_to_string(cluster.folder_file("ec2.prom")).expect("it was written");
    assert!(metrics.contains("group=\"default-worker\""), "{metrics}");
    let events = cluster.kubernetes.all("events");
    let of_pod = item(&serde_json::json!({ "events": events }), "events", "reason", "TriggeredScaleUp").clone();
    assert_eq!(of_pod["involvedObject"]["name"], "waiting", "{of_pod}");
    let status = cluster.kubernetes.get("configmaps", "kube-system", "ec2-autoscale-status");
    let text = status["data"]["status"].as_str().expect("text");
    assert!(text.contains("default-worker") && text.contains("1 step done"), "{text}");
}
