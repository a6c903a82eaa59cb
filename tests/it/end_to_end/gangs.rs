//! Pods that start together get nodes for as many as that takes, or none.

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, verdicts};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, Pod, object};
use crate::support::kubernetes::{Fault, Rule};

const GROUP: &str = "scheduling.k8s.io/v1alpha2";

/// Makes a cluster with a group of which each node has room for one pod of these gangs.
fn cluster() -> TestCluster {
    let cluster = TestCluster::start();
    cluster.group("workers").launch_template("m5.large").max(4).create();
    cluster
}

fn pod_group(name: &str, min: u32) -> Value {
    object(GROUP, "PodGroup", "default", name).with("/spec/schedulingPolicy", json!({ "gang": { "minCount": min } }))
}

/// Returns pods of which each fills a node.
fn members(count: usize) -> impl Iterator<Item = Pod> {
    (1..=count).map(|number| job(&format!("train-{number}"), 1500).with("/spec/schedulingGroup/podGroupName", "train"))
}

/// Returns the paths of the calls that only gangs need.
fn calls_for_gangs(cluster: &TestCluster) -> Vec<String> {
    let calls = cluster.kubernetes.calls().into_iter();
    calls.filter(|call| call.path == "/apis" || call.resource == "podgroups").map(|call| call.path).collect()
}

#[test]
fn a_gang_of_four_with_room_for_two_gets_none_and_with_room_for_four_gets_four() {
    let cluster = cluster();
    cluster.kubernetes.add(pod_group("train", 4));
    cluster.kubernetes.seed(members(4));

    let plan = cluster.apply(&["--group", "workers:0:2"]).exits(0).json()["plan"].clone();
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!(plan["gangs"][0]["outcome"], "without-room", "{}", plan["gangs"]);
    assert_eq!(verdicts(&plan), [1, 2, 3, 4].map(|number| format!("train-{number}: gang-without-room")));

    cluster.apply(&[]).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 4);
    cluster.register_nodes(WEST, "workers");
    assert_eq!(cluster.schedule().len(), 4);
    assert_eq!(cluster.plan(&["--detailed-exitcode"]).exits(0).json()["actions"], json!([]));
}

#[test]
fn a_gang_that_is_not_whole_yet_is_waited_for() {
    let cluster = cluster();
    cluster.kubernetes.add(pod_group("train", 4));
    cluster.kubernetes.seed(members(3));
    let plan = cluster.plan(&[]).exits(0).json();
    assert_eq!(plan["actions"], json!([]));
    let message = plan["gangs"][0]["message"].as_str().expect("a sentence");
    assert!(message.contains("3 of 4 pods"), "{message}");
}

#[test]
fn a_group_that_does_not_exist_makes_no_gang() {
    let cluster = cluster();
    cluster.kubernetes.add(pod_group("other", 4));
    cluster.kubernetes.seed(members(3));
    let plan = cluster.plan(&["--group", "workers:0:2"]).exits(0).json();
    assert_eq!((&plan["gangs"], &plan["summary"]["nodes_added"]), (&Value::Null, &json!(2)), "{plan}");
    assert_eq!(plan["findings"], json!([]));
}

#[test]
fn what_states_no_gang_and_what_is_not_served_makes_none() {
    for groups_fail in [false, true] {
        let cluster = cluster();
        let basic = object(GROUP, "PodGroup", "default", "train").with("/spec/schedulingPolicy", json!({ "basic": {} }));
        cluster.kubernetes.add(basic);
        cluster.kubernetes.seed(members(3));
        if groups_fail {
            cluster.kubernetes.fault(Fault::on("list", "podgroups").status(404));
        }
        let plan = cluster.plan(&["--group", "workers:0:2"]).exits(0).json();
        assert_eq!(plan["summary"]["nodes_added"], 2, "{plan}");
    }
}

#[test]
fn nothing_is_bought_for_pods_whose_group_may_not_be_read_and_others_are_helped() {
    let cluster = cluster();
    cluster.kubernetes.add(pod_group("train", 4));
    cluster.kubernetes.seed(members(2));
    cluster.kubernetes.add(job("single", 1500));
    let reading =
        [Rule::everything().in_namespace("kube-system"), Rule::allow(&["*"], "", "*"), Rule::allow(&["*"], "apps", "*")];
    let more = ["policy", "storage.k8s.io", "resource.k8s.io", "node.k8s.io", "coordination.k8s.io"];
    let rules: Vec<Rule> = reading.into_iter().chain(more.map(|group| Rule::allow(&["*"], group, "*"))).collect();
    let mut command = cluster.command("plan", &["-o", "json"]);
    command.env("KUBECONFIG", cluster.kubernetes.token_limited_to(&rules));
    let plan = super::cluster::run(&mut command).exits(3).json();
    assert_eq!(verdicts(&plan), ["single: fits-new", "train-1: gang-unknown", "train-2: gang-unknown"]);
    assert_eq!(plan["summary"]["nodes_added"], 1);
    let findings = plan["findings"].to_string();
    assert!(findings.contains("lacks the permission list podgroups.scheduling.k8s.io"), "{findings}");
}

#[test]
fn only_pods_that_wait_and_name_a_group_cause_calls() {
    let cluster = cluster();
    cluster.kubernetes.add(pod_group("train", 2));
    cluster.kubernetes.add(job("single", 1500));
    cluster.plan(&[]).exits(0);
    assert_eq!(calls_for_gangs(&cluster), ["/apis"]);

    cluster.kubernetes.seed(members(2));
    cluster.forget_calls();
    cluster.plan(&[]).exits(0);
    assert_eq!(calls_for_gangs(&cluster), ["/apis", "/apis/scheduling.k8s.io/v1alpha2/podgroups"]);
}

#[test]
fn an_indexed_job_is_a_gang_by_a_wish() {
    let cluster = cluster();
    let spec = json!({ "completionMode": "Indexed", "parallelism": 4, "completions": 4 });
    cluster.kubernetes.add(object("batch/v1", "Job", "default", "train").with("/spec", spec));
    let pods = (0..4).map(|number| job(&format!("train-{number}"), 1500).label("batch.kubernetes.io/job-name", "train"));
    cluster.kubernetes.seed(pods);
    let narrow = ["--group", "workers:0:2"];
    let added = |flags: &[&str]| cluster.plan(&[&narrow[..], flags].concat()).exits(0).json()["summary"]["nodes_added"].clone();
    assert_eq!(added(&[]), 2);
    assert_eq!(added(&["--gang-wishes", "job-set"]), 2);
    assert_eq!(added(&["--gang-wishes", "indexed-job"]), 0);
    assert_eq!(added(&["--gang-wishes", "all"]), 0);
}

#[test]
fn a_gang_without_a_place_of_its_own_stays_in_one_zone_by_a_flag() {
    let cluster = TestCluster::start();
    cluster.group("a").zones(["us-west-2a"]).launch_template("m5.large").max(2).create();
    cluster.group("b").zones(["us-west-2b"]).launch_template("m5.large").max(2).create();
    cluster.kubernetes.add(pod_group("train", 4));
    cluster.kubernetes.seed(members(4));
    let summary = |flags: &[&str]| cluster.plan(flags).exits(0).json()["summary"]["nodes_added"].clone();
    assert_eq!(summary(&[]), 4);
    assert_eq!(summary(&["--gang-topology", "zone"]), 0);
}

/// Returns a Job that wants so many pods.
fn wanting(name: &str, parallelism: u32) -> Value {
    let spec = json!({ "parallelism": parallelism, "completions": parallelism });
    object("batch/v1", "Job", "default", name).with("/metadata/uid", format!("uid-{name}")).with("/spec", spec)
}

#[test]
fn pods_that_a_job_is_about_to_make_get_nodes_by_a_flag() {
    let cluster = cluster();
    cluster.kubernetes.add(wanting("train", 4));
    let owner = json!([{ "apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "uid-train", "controller": true }]);
    cluster
        .kubernetes
        .seed((1..=2).map(|number| job(&format!("train-{number}"), 1500).with("/metadata/ownerReferences", owner.clone())));
    let lists_jobs = || cluster.kubernetes.calls().iter().any(|call| call.resource == "jobs");

    assert_eq!(cluster.plan(&[]).exits(0).json()["summary"]["nodes_added"], 2);
    assert!(!lists_jobs());

    let flag = ["--expect-job-pods"];
    let plan = cluster.plan(&flag).exits(0).json();
    assert!(lists_jobs());
    let expected = &plan["expected"][0];
    assert_eq!(
        (&expected["kind"], &expected["pods"], &expected["object"]["name"]),
        (&json!("job"), &json!(2), &json!("train")),
        "{plan}"
    );
    assert_eq!(plan["summary"]["nodes_added"], 4);

    cluster.apply(&flag).exits(0);
    assert_eq!(cluster.desired(WEST, "workers"), 4);
    cluster.register_nodes(WEST, "workers");
    cluster.schedule();
    let plan = cluster.plan(&flag).exits(0).json();
    let kept = plan["nodes"].as_array().into_iter().flatten().filter(|node| node["code"] == "room-kept").count();
    assert_eq!((kept, &plan["summary"]["nodes_added"]), (0, &json!(0)), "no pod of it waits any more: {plan}");
}

#[test]
fn a_job_that_may_not_be_read_expects_nothing() {
    let cluster = cluster();
    cluster.kubernetes.add(wanting("train", 4));
    let owner = json!([{ "apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "uid-train", "controller": true }]);
    cluster.kubernetes.add(job("train-1", 1500).with("/metadata/ownerReferences", owner));
    cluster.kubernetes.fault(Fault::on("list", "jobs").status(403));
    let plan = cluster.plan(&["--expect-job-pods"]).exits(3).json();
    assert_eq!(plan["summary"]["nodes_added"], 1, "{plan}");
    assert!(plan["findings"].to_string().contains("jobs"), "{}", plan["findings"]);
}
