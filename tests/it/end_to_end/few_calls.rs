//! A run that finds nothing to do makes only the calls that show it, and states what it left out.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;

use super::cluster::{TestCluster, WEST, item, run};
use super::world::job;

/// Makes ten groups of two nodes in their zones, each with a launch template of its own, and a
/// running job on every node.
fn ten_busy_groups() -> TestCluster {
    let cluster = TestCluster::start();
    for number in 0..10 {
        let name = format!("workers-{number}");
        cluster.group(&name).launch_template("m5.large").max(5).desired(2).create();
        for (place, node) in cluster.register_nodes(WEST, &name).iter().enumerate() {
            cluster.kubernetes.add(job(&format!("{name}-{place}"), 1000).node(node));
        }
    }
    cluster
}

/// Returns how often each action was called since the calls were forgotten.
fn calls(cluster: &TestCluster, what: &str) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for call in cluster.aws.calls() {
        *calls.entry(call.action).or_default() += 1;
    }
    let line = format!("ten groups, {what}: {} calls {calls:?}\n", calls.values().sum::<usize>());
    let _ = std::io::stderr().write_all(line.as_bytes());
    calls
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.map(|(action, times)| (action.to_owned(), times)).into()
}

/// Returns why the first group cannot grow, in the plan's code.
fn problem(plan: &Value) -> &Value {
    &item(plan, "groups", "name", "workers-0")["blocked"]["problem"]["code"]
}

const PROOF: [(&str, usize); 3] = [("DescribeAutoScalingGroups", 1), ("DescribeInstances", 1), ("GetCallerIdentity", 1)];

#[test]
fn nothing_to_do_takes_three_calls_and_the_plan_states_what_was_left_out() {
    let cluster = ten_busy_groups();
    cluster.forget_calls();
    let plan = cluster.apply(&[]).exits(0).json()["plan"].clone();
    assert_eq!(calls(&cluster, "all busy"), expected(PROOF));
    assert_eq!(plan["looked_at"]["launches_left_out"], true);
    assert_eq!(problem(&plan), "not-looked-at");
    assert_eq!(plan["findings"].as_array().map(Vec::len), Some(0), "{}", plan["findings"]);
    let table = run(&mut cluster.command("apply", &[])).exits(0).stdout;
    assert!(table.starts_with("nothing to change") && table.contains("NOT LOOKED AT"), "{table}");
    cluster.assert_untouched();

    // Who asks for a plan or keeps it gets all of it.
    for arguments in [&["plan", "--out", "p.json"][..], &["apply", "--out", "p.json"]] {
        cluster.forget_calls();
        run(&mut cluster.command(arguments[0], &[&arguments[1..], &["-o", "json"]].concat())).exits(0);
        assert_eq!(calls(&cluster, arguments[0]).get("DescribeLaunchTemplateVersions"), Some(&1));
        let saved = std::fs::read(cluster.folder.path().join("p.json")).expect("a plan");
        let saved: Value = serde_json::from_slice(&saved).expect("JSON");
        assert_eq!((saved.get("looked_at"), problem(&saved)), (None, &Value::Null));
    }
}

#[test]
fn idle_nodes_are_removed_without_a_look_at_what_groups_launch() {
    let cluster = ten_busy_groups();
    let idle = &cluster.kubernetes.all("pods")[0];
    let (name, node) = (idle["metadata"]["name"].as_str().expect("a name"), idle["spec"]["nodeName"].as_str().expect("a node"));
    cluster.kubernetes.remove("pods", "default", name);
    cluster.forget_calls();
    let run = cluster.apply(&["--idle-threshold", "0", "--min-node-age", "0"]).exits(0);
    assert_eq!(run.steps(), ["mark-idle: done", "cordon: done"]);
    assert_eq!(item(&run.json()["plan"], "nodes", "node", node)["decision"], "cordon");
    let made = calls(&cluster, "one idle");
    assert!(made.values().sum::<usize>() <= 6 && !made.contains_key("DescribeLaunchTemplateVersions"), "{made:?}");
}

#[test]
fn a_pod_that_waits_has_everything_read() {
    let cluster = ten_busy_groups();
    cluster.kubernetes.add(job("large", 1900));
    cluster.forget_calls();
    assert_eq!(cluster.apply(&[]).exits(0).steps(), ["set-desired: done"]);
    let made = calls(&cluster, "one pod waits");
    for action in ["DescribeLaunchTemplateVersions", "DescribeInstanceTypes", "DescribeScalingActivities"] {
        assert_eq!(made.get(action), Some(&1), "{action}: {made:?}");
    }
}
