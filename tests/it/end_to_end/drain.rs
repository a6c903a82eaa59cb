//! Under-used nodes are drained and go: what a run leaves to the next one, and what `--wait` does
//! at once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::{TestCluster, WEST, item};
use super::world::job;
use crate::support::kubernetes::objects::{Object as _, Pod, budget, pod};
use crate::support::kubernetes::{CallPattern, Cluster};

/// The flags that drain all nodes at once, without a wait.
pub(super) const DRAIN: [&str; 9] = [
    "--drain-utilization=0.5",
    "--drain-grace=1m",
    "--max-scale-in-fraction=1",
    "--cordon-settle=0",
    "--idle-threshold=0",
    "--min-node-age=0",
    "--drain-timeout=10m",
    "--max-parallel-drains=10",
    "--dead-after=1h",
];

/// Returns the least pod that a controller makes again when it is evicted.
pub(super) fn web(name: &str) -> Pod {
    let asked = [("cpu", "300m"), ("memory", "256Mi")];
    pod("default", name).requests(&asked).owned_by("ReplicaSet", "web").label("app", "web")
}

/// A group of four nodes: one with a job and room for three small pods, and three with one such pod
/// each.
pub(super) struct Underused {
    pub(super) cluster: TestCluster,
    /// The node of the job.
    pub(super) busy: String,
    /// The others.
    pub(super) emptied: Vec<String>,
}

impl Underused {
    /// Makes it with kubelets that are instant.
    pub(super) fn new() -> Self {
        let world = Self::with_slow_kubelets();
        world.cluster.kubernetes.kubelets_confirm_at_once();
        world
    }

    /// Makes it with kubelets whose evicted pods stay until the test ends them.
    fn with_slow_kubelets() -> Self {
        let cluster = TestCluster::start();
        cluster.group("workers").launch_template("m5.large").max(5).desired(4).create();
        let mut emptied = cluster.register_nodes(WEST, "workers");
        let busy = emptied.remove(0);
        cluster.kubernetes.add(job("train", 1000).node(&busy));
        for (number, node) in (1..).zip(&emptied) {
            cluster.kubernetes.add(web(&format!("web-{number}")).node(node));
        }
        cluster.pass(Duration::from_hours(5));
        Self { cluster, busy, emptied }
    }

    /// Does what others do until the next run, two minutes later: pods are made again and placed,
    /// nodes without an instance go.
    pub(super) fn until_the_next_run(&self) {
        let kubernetes = &self.cluster.kubernetes;
        self.cluster.cloud_controller(WEST, "workers");
        for name in ["web-1", "web-2", "web-3"] {
            if kubernetes.find("pods", "default", name).is_none() {
                kubernetes.add(web(name).unschedulable());
            }
        }
        kubernetes.run_controllers();
        self.cluster.schedule();
        self.cluster.pass(Duration::from_mins(2));
    }
}

impl TestCluster {
    /// Removes the Node objects whose instances are gone.
    pub(super) fn cloud_controller(&self, region: &str, group: &str) {
        let state = self.aws.group_state(region, group);
        for node in self.kubernetes.all("nodes") {
            let name = node["metadata"]["name"].as_str().expect("a name");
            if state.instances.iter().all(|instance| node["spec"]["providerID"] != instance.provider_id()) {
                self.kubernetes.remove("nodes", "", name);
            }
        }
    }

    /// Returns which pods are on which node.
    pub(super) fn pods_by_node(&self) -> BTreeMap<String, Vec<String>> {
        let mut pods = BTreeMap::<String, Vec<String>>::new();
        for pod in self.kubernetes.all("pods") {
            let text = |value: &Value| value.as_str().unwrap_or("nowhere").to_owned();
            pods.entry(text(&pod["spec"]["nodeName"])).or_default().push(text(&pod["metadata"]["name"]));
        }
        pods
    }

    pub(super) fn instance_of(&self, node: &str) -> String {
        let node = self.node(node);
        let id = node["spec"]["providerID"].as_str().expect("a providerID");
        id.rsplit('/').next().expect("an instance").to_owned()
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn underused_nodes_are_emptied_by_one_run_and_ended_by_the_next() {
    let world = Underused::new();
    let cluster = &world.cluster;
    let instances: Vec<String> = world.emptied.iter().map(|node| cluster.instance_of(node)).collect();
    let run = cluster.apply(&DRAIN).exits(0);
    let expected = [vec!["start-drain: done"; 3], vec!["evict: done"; 3]].concat();
    assert_eq!(run.steps(), expected);
    let writes = cluster.kubernetes_changes();
    assert_eq!(writes.len(), 8, "{writes:?}");
    // Different nodes are drained side by side.
    let evictions = (1..=3).map(|number| format!("create pods/eviction default/web-{number}")).collect::<Vec<_>>();
    assert_eq!(sorted(writes[4..7].to_vec()), evictions);
    assert!(writes[1..4].iter().all(|line| line.starts_with("cordon ")), "{writes:?}");
    assert_eq!(cluster.aws_changes(), [""; 0], "two looks");

    world.until_the_next_run();
    cluster.forget_calls();
    // No mark is worth writing on a node that ends in the same run.
    assert_eq!(cluster.apply(&DRAIN).exits(0).steps(), ["terminate: done"; 3]);
    let ended = |id: &String| format!("us-west-2 TerminateInstanceInAutoScalingGroup {id} true");
    assert_eq!(sorted(cluster.aws_changes()), sorted(instances.iter().map(ended).collect()));
    assert_eq!(cluster.desired(WEST, "workers"), 1);

    world.until_the_next_run();
    cluster.forget_calls();
    cluster.apply(&DRAIN).exits(0);
    cluster.assert_untouched();
    let all = ["train", "web-1", "web-2", "web-3"].map(str::to_owned).to_vec();
    assert_eq!(cluster.pods_by_node(), BTreeMap::from([(world.busy.clone(), all)]));
    assert!(!cluster.is_cordoned(&world.busy));
}

#[test]
fn a_budget_of_one_lets_one_node_be_emptied_and_the_others_stay_open() {
    let world = Underused::new();
    let cluster = &world.cluster;
    cluster.kubernetes.add(budget("default", "web").selecting("app", "web").min_available(2));
    cluster.kubernetes.run_controllers();
    let run = cluster.apply(&DRAIN).exits(0);
    // One disruption is allowed, and three nodes may not all count on it.
    assert_eq!(run.steps(), ["start-drain: done", "evict: done"]);
    let closed: Vec<&String> = world.emptied.iter().filter(|node| cluster.is_cordoned(node)).collect();
    assert_eq!(closed.len(), 1);
    let first = closed[0].clone();
    let others = world.emptied.iter().filter(|node| **node != first);
    let plan = run.json();
    for node in others {
        assert_eq!(item(&plan["plan"], "nodes", "node", node)["state"], "under-utilized-undrainable");
    }

    // It is not made again: the budget stays spent, and only the drained node goes.
    cluster.kubernetes.run_controllers();
    cluster.pass(Duration::from_mins(2));
    cluster.forget_calls();
    assert_eq!(cluster.apply(&DRAIN).exits(0).steps(), ["terminate: done"]);
    assert_eq!(cluster.desired(WEST, "workers"), 3);
    assert_eq!(cluster.kubernetes_changes(), ["write the Lease", "release the Lease"]);
    let closed: Vec<_> = world.emptied.iter().filter(|node| **node != first && cluster.is_cordoned(node)).collect();
    assert!(closed.is_empty(), "{closed:?}");
}

#[test]
fn pods_that_take_their_time_are_waited_for() {
    let world = Underused::with_slow_kubelets();
    let cluster = &world.cluster;
    cluster.apply(&DRAIN).exits(0);
    world.until_the_next_run();
    cluster.forget_calls();
    let waiting = cluster.apply(&DRAIN).exits(0);
    cluster.assert_untouched();
    for node in &world.emptied {
        assert_eq!(item(&waiting.json()["plan"], "nodes", "node", node)["state"], "draining");
    }

    assert_eq!(cluster.kubernetes.confirm_deletions(), 3);
    world.until_the_next_run();
    let ended = cluster.apply(&DRAIN).exits(0).steps();
    assert_eq!(ended.iter().filter(|step| *step == "terminate: done").count(), 3, "{ended:?}");
}

/// A drain that cannot be finished is given up: the node is schedulable again with no mark of ours.
#[test]
fn a_drain_that_takes_too_long_is_given_up() {
    let world = Underused::new();
    let cluster = &world.cluster;
    cluster.kubernetes.add(budget("default", "web").selecting("app", "web").max_unavailable(3));
    cluster.kubernetes.run_controllers();
    let close = |kubernetes: &Cluster| {
        kubernetes.edit("poddisruptionbudgets", "default", "web", |budget| budget["status"]["disruptionsAllowed"] = json!(0));
    };
    // This happens before the last of the three cordons: the evictions go side by side, and all of
    // them come after it.
    cluster.kubernetes.before(CallPattern::on("patch", "nodes").nth(3), close);
    let run = cluster.apply(&DRAIN).exits(0);
    assert_eq!(run.steps(), [vec!["start-drain: done"; 3], vec!["evict: skipped"; 3]].concat());
    assert!(world.emptied.iter().all(|node| cluster.is_cordoned(node)));

    // Three times --drain-timeout.
    cluster.pass(Duration::from_mins(31));
    cluster.forget_calls();
    assert_eq!(cluster.apply(&DRAIN).exits(0).steps(), ["uncordon: done"; 3]);
    for node in &world.emptied {
        let marks = &cluster.node(node)["metadata"]["annotations"];
        assert!(!cluster.is_cordoned(node) && !marks.to_string().contains("ec2-autoscale/"), "{marks}");
    }
    assert_eq!(cluster.aws_changes(), [""; 0]);
    assert_eq!(cluster.desired(WEST, "workers"), 4);
}
