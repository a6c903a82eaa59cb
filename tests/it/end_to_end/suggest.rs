//! `suggest`: shows which group to add, and with that group the next plan helps.

use serde_json::Value;

use super::cluster::{TestCluster, WEST, run};
use super::world::job;

const PRICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suggest/prices.csv");

#[test]
fn a_group_that_is_made_as_it_is_printed_helps_the_pods() {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").create();
    for name in ["big-0", "big-1", "big-2"] {
        cluster.kubernetes.add(job(name, 7000));
    }
    let unhelped = |plan: &Value| plan["summary"]["pods_unhelped"].as_u64();
    assert_eq!(unhelped(&cluster.plan(&[]).exits(0).json()), Some(3));

    let printed = run(&mut cluster.command("suggest", &["-o", "json", "--prices", PRICES, "--as", "aws"])).exits(0).json();
    cluster.assert_untouched();
    let [group] = printed["groups"].as_array().expect("a list").as_slice() else { panic!("one group: {}", printed["groups"]) };
    let text = |field: &str| group[field].as_str().expect("a text").to_owned();
    assert_eq!((text("region").as_str(), printed["after"]["pods_unhelped"].as_u64()), (WEST, Some(0)));
    let machine = group["machine_types"][0].as_str().expect("a type").to_owned();
    let script = printed["snippets"][0]["text"].as_str().expect("a text");
    assert!(script.contains(&machine) && script.contains("k8s.io/cluster-autoscaler/test"), "{script}");

    let max = u32::try_from(group["max"].as_u64().expect("a number")).expect("a small number");
    cluster.group(&text("name")).launch_template(&machine).max(max).create();
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(unhelped(&plan), Some(0));
    assert_eq!(plan["summary"]["nodes_added"], group["nodes"]);
}
