//! The planner against a real kube-scheduler: promised pods must bind to exactly the planned nodes.
//!
//! Not part of `cargo test`: it needs etcd, kube-apiserver and kube-scheduler, and minutes.
//! `KUBEBUILDER_ASSETS=DIR cargo test --test scheduler` runs it; `SCHEDULER_SEEDS=7-7` runs that case alone.
//!
//! A case is a random cluster ([`case`]). Once the scheduler has said of every pod that it has a node or that there is none,
//! the cluster is read by the product's own code and planned for.
//!
//! - what is free on a node that is there must be so to the last unit ([`probes`]);
//! - what was said of the nodes that are there must be what the predicates say ([`agreement`]);
//! - each planned node is made, with only its pods waiting: all must be bound to it ([`promises::kept`]);
//! - a group that refused a pod gets a node all the same: the pod must stay pending ([`promises::refusals`]);
//! - all planned nodes are made at once: how many pods find a place is printed ([`promises::at_once`]), since the scheduler
//!   packs by rules of its own.
//!
//! From seed 101 on pods also depend on each other and on volumes ([`world`], [`constrained`]): what the scheduler's sentence
//! counts must be what the planner says of each node, and the plan is carried out place by place ([`carrying_out`]).
//! `SCHEDULER_KEEP=DIR` writes the snapshot of each such case to `DIR/seed-N.json`.
//!
//! Besides, the cases of `tests/conformance` are put before the scheduler ([`conformance`]), as are the stories of
//! `tests/situations` with their plans carried out ([`situations`]), bursts are lived through ([`bursts`]), gangs are
//! bound ([`gangs`]), and claims get devices ([`claims`]). A whole day is lived through in [`replay`], when that is named.

mod agreement;
mod bursts;
mod carrying_out;
mod case;
mod claims;
#[expect(dead_code, reason = "the contract suite uses the rest")]
#[path = "../it/kubernetes_contract/client.rs"]
mod client;
mod cluster;
mod conformance;
mod constrained;
mod constraints;
#[expect(dead_code, reason = "the contract suite uses the rest")]
#[path = "../support/control_plane.rs"]
mod control_plane;
mod devices;
#[path = "../support/dice.rs"]
mod dice;
mod fleet;
mod gangs;
mod pods;
mod probes;
mod promises;
mod replay;
mod sentence;
mod situations;
mod storage;
/// AWS, as the tests of the whole program have it.
#[expect(dead_code, unused_imports, reason = "those tests use the rest")]
#[path = "../support"]
mod support {
    pub(crate) mod admin_api;
    pub(crate) mod aws;
    pub(crate) mod aws_stand_in;
    pub(crate) mod launcher;
    pub(crate) mod python_tools;
}
mod volume_controller;
mod world;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::RangeInclusive;

use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::{GatherOptions, gather_beside};
use ec2_autoscale::kubernetes::{ApiServer, connect_kubernetes};
use ec2_autoscale::plan::{Plan, PodVerdict, plan};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::progress::Silent;
use ec2_autoscale::scheduler::Plugin;
use ec2_autoscale::server_clock::ServerClock;
use ec2_autoscale::snapshot::{GangRules, Snapshot};
use jiff::Timestamp;
use serde_json::{Value, json};

use case::Case;
use cluster::{Cluster, Outcome, names};
use dice::Dice;
use world::World;

const CASES: RangeInclusive<u64> = 1..=48;

/// Cases whose pods depend on each other and on volumes.
const CONSTRAINED: RangeInclusive<u64> = 101..=148;

/// What was tried.
#[derive(Default)]
struct Tally {
    pods: usize,
    bound_before: usize,
    promised: usize,
    planned_nodes: usize,
    refused: usize,
    nominated: usize,
    bound_at_once: usize,
    /// Nodes that the planner refused for a pod as the scheduler did.
    agreed: BTreeMap<Plugin, usize>,
}

/// A constrained case whose pending pods have been taken away again.
struct Trial<'a> {
    cluster: &'a Cluster,
    world: &'a World,
    plan: &'a Plan,
}

#[test]
fn promised_pods_bind_to_exactly_the_planned_nodes() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    make_classes(&cluster);
    say(&format!("kube-scheduler {}\n", cluster.version));
    let only = seeds_from("SCHEDULER_SEEDS");
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let seeds: Vec<u64> = only.clone().map_or_else(|| CASES.chain(CONSTRAINED).collect(), Iterator::collect);
    let mut promised_at_once = 0;
    for seed in seeds {
        let found = if seed < *CONSTRAINED.start() {
            let found = try_case(&cluster, seed, &mut tally);
            promised_at_once = tally.promised;
            found
        } else {
            constrained::try_case(&cluster, seed, &mut tally)
        };
        wrong.extend(found.into_iter().map(|what| format!("seed {seed}: {what}")));
        cluster.clear();
    }
    let share = tally.bound_at_once * 100 / promised_at_once.max(1);
    say(&format!(
        "{} pods: {} found a place, {} were promised one on {} planned nodes, {} were refused (pod and group), {} pushed \
         others out; with all nodes at once {share} % of the promised were bound\n",
        tally.pods, tally.bound_before, tally.promised, tally.planned_nodes, tally.refused, tally.nominated
    ));
    say(&format!("refused nodes on which both agree: {:?}\n", tally.agreed));
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
    assert!(only.is_some() || tally.promised > 0 && tally.refused > 0 && tally.nominated > 0, "the cases try too little");
    let is_tried = |plugin: &Plugin| only.is_some() || tally.agreed.contains_key(plugin);
    // The scheduler never sees a pod that names its node.
    let mut tried = Plugin::ALL.iter().filter(|plugin| **plugin != Plugin::NodeName);
    assert!(tried.all(is_tried), "the cases try too few plugins");
}

/// The value of a variable, as `first-last`.
fn seeds_from(variable: &str) -> Option<RangeInclusive<u64>> {
    let text = std::env::var(variable).ok()?;
    let range = text.split_once('-').and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    Some(range.unwrap_or_else(|| panic!("{variable} is {text:?}; it must be like 7-7 or 100-200")))
}

/// Past the test harness, which keeps the output of tests that pass.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The classes that the pods name. A pod without a class pushes nobody out.
fn make_classes(cluster: &Cluster) {
    for (name, value, policy) in
        [("plain", 0, "Never"), ("low", -5, "Never"), ("high", 1000, "Never"), ("urgent", 2000, "PreemptLowerPriority")]
    {
        let class =
            json!({ "metadata": { "name": name }, "value": value, "preemptionPolicy": policy, "globalDefault": value == 0 });
        cluster.create("/apis/scheduling.k8s.io/v1/priorityclasses", &class);
    }
    let overhead = json!({ "podFixed": { "cpu": "130m", "memory": "120Mi" } });
    let placing = json!({ "nodeSelector": { "pool": "a" }, "tolerations": [{ "key": "dedicated", "operator": "Exists" }] });
    for class in [
        json!({ "metadata": { "name": "padded" }, "handler": "padded", "overhead": overhead }),
        json!({ "metadata": { "name": "placed" }, "handler": "placed", "overhead": overhead, "scheduling": placing }),
    ] {
        cluster.create("/apis/node.k8s.io/v1/runtimeclasses", &class);
    }
    for class in storage::classes() {
        cluster.create("/apis/storage.k8s.io/v1/storageclasses", &class);
    }
}

fn try_case(cluster: &Cluster, seed: u64, tally: &mut Tally) -> Vec<String> {
    let dice = &mut Dice::new(seed);
    let mut case = Case::new(dice, seed);
    let daemon = case.has_daemon.then(|| make_daemon_set(cluster));
    cluster.add_nodes(&case.nodes);
    case.residents.retain(|pod| cluster.try_add_pod(pod));
    for node in names(&case.nodes).filter_map(|node| Some(daemon_pod(daemon.as_deref()?, node))) {
        cluster.add_pods([&node]);
    }
    cluster.resize(&names(&case.residents).zip(&case.resizes).collect::<Vec<_>>());
    let mut wrong = probes::disagreements(cluster, &read(cluster, &case));
    case.pending.retain(|pod| cluster.try_add_pod(pod));
    let outcomes = cluster.decisions(names(&case.pending));
    tally.pods += case.pending.len();
    tally.bound_before += outcomes.values().filter(|outcome| matches!(outcome, Outcome::Bound { .. })).count();

    let snapshot = read(cluster, &case);
    let policy = Policy::default();
    let plan = plan(&snapshot, &policy);
    let verdicts: BTreeMap<&str, &PodVerdict> =
        plan.pods.iter().map(|report| (report.pod.name.as_str(), &report.verdict)).collect();

    wrong.extend(agreement::disagreements(&snapshot, &policy, &outcomes, case.may_preempt));
    wrong.extend(promises::unexpected(&outcomes, &verdicts, false));
    if case.may_preempt {
        wrong.extend(promises::nominations(cluster, &outcomes, &verdicts, tally));
        return wrong;
    }
    let pending = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Unschedulable { .. }));
    cluster.delete_pods(pending.map(|(name, _)| name.as_str()));
    let stage = promises::Stage { cluster, case: &case, plan: &plan, daemon: daemon.as_deref() };
    wrong.extend(promises::kept(&stage, dice, tally));
    wrong.extend(promises::refusals(&stage, tally));
    tally.bound_at_once += promises::at_once(&stage, dice);
    wrong
}

/// Writes a snapshot down where `SCHEDULER_KEEP` asks for it.
fn keep(seed: u64, snapshot: &Snapshot) {
    let Some(folder) = std::env::var_os("SCHEDULER_KEEP") else { return };
    let path = std::path::Path::new(&folder).join(format!("seed-{seed}.json"));
    let text = serde_json::to_vec_pretty(snapshot).expect("snapshots are JSON");
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Reads the cluster as a run does, beside groups that are made up.
fn read(cluster: &Cluster, case: &Case) -> Snapshot {
    let options = GatherOptions {
        cluster_name: Some("check".to_owned()),
        group_tags: Vec::new(),
        groups: Vec::new(),
        lease_namespace: "kube-system".to_owned(),
        activity_horizon: Seconds::minutes(60),
        all_activities: false,
        spot_prices: false,
        gangs: GangRules::default(),
        launches_only_for: None,
        devices: false,
        finished_pods: false,
        own_pod: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let snapshot = runtime.block_on(async {
        let (client, url) = connect_kubernetes(Some(&cluster.kubeconfig), None).await?;
        let server = ApiServer { client: &client, url: &url, clock: &ServerClock::default() };
        let groups = async { Ok(case.cloud_facts()) };
        gather_beside(groups, server, &options, Timestamp::now(), &Silent).await
    });
    let snapshot = snapshot.expect("a snapshot");
    assert_eq!(snapshot.gaps, []);
    snapshot
}

/// Makes a DaemonSet that every node takes; its UID.
fn make_daemon_set(cluster: &Cluster) -> String {
    let labels = json!({ "app": "agent" });
    let set = json!({
        "metadata": { "name": "agent" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": daemon_spec() },
        },
    });
    let made = cluster.create("/apis/apps/v1/namespaces/default/daemonsets", &set);
    made["metadata"]["uid"].as_str().expect("objects have UIDs").to_owned()
}

fn daemon_spec() -> Value {
    json!({
        "containers": [{ "name": "a", "image": "none", "resources": { "requests": { "cpu": "150m", "memory": "100Mi" } } }],
        "tolerations": [{ "operator": "Exists" }],
    })
}

/// The pod that the DaemonSet controller, which does not run here, would make for a node.
fn daemon_pod(uid: &str, node: &str) -> Value {
    let owner = json!({ "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": uid, "controller": true });
    let mut spec = daemon_spec();
    spec["nodeName"] = json!(node);
    json!({ "metadata": { "name": format!("agent-{node}"), "ownerReferences": [owner] }, "spec": spec })
}
