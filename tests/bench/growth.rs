//! How the time grows with the size of inputs that made it grow faster than the size once: `cargo
//! bench -p ec2-autoscale-core --bench growth`. Behind `--` a part of a name chooses cases.
//!
//! Each case is planned at one size and at twice that. Its answer is asserted, and that the time
//! for twice the size is less than four times the other, as it was when it grew with the square; it
//! should be at most 2.3 times, which caches and whoever else uses the machine blur. The shapes are
//! those in which a tenant, or a careless chart, writes one rule for each of thousands of pods.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod made_up;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod random;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod small_pods;

use std::env;
use std::fs;
use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::{Action, Plan, plan};
use ec2_autoscale_core::policy::{Packing, Policy};
use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, Group, Instance, Labels, Lifecycle, MEMORY, Namespace, Node, PODS, Phase, Pod, PodSpec, Readiness,
    ReadyStatus, Region, Resources, Scheduling, Snapshot, SpecId, TagFacts, Weight,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use random::Random;
use small_pods::{now, owner, pending_pod, spec};

const ROUNDS: usize = 3;
const GROWTH_TARGET: f64 = 2.3;
const MOST_GROWTH: f64 = 4.0;

const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";
const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;
/// What a node of sixteen cores leaves to pods.
const NODE: [(&str, i64); 3] = [(CPU, 15_900), (MEMORY, 32 * GIB), (PODS, 160)];

/// An input of any size, and its answer.
struct Case {
    name: &'static str,
    size: usize,
    snapshot: fn(usize) -> Snapshot,
    consolidate: bool,
    assert_answer: fn(usize, &Plan),
}

const CASES: [Case; 6] = [
    Case {
        name: "pending pods that each refuse their like",
        size: 10_000,
        snapshot: refusing_their_like,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 250, 256),
    },
    Case {
        name: "running pods that refuse their like, 100 pending",
        size: 8_000,
        snapshot: running_and_refusing,
        consolidate: false,
        assert_answer: |_, plan| assert_eq!((plan.summary.pods_helped, plan.summary.nodes_added), (100, 0)),
    },
    Case {
        name: "namespace selectors, a namespace for each pod",
        size: 800,
        snapshot: namespace_selectors,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 250, 256),
    },
    Case {
        name: "a label key for each deployment",
        size: 4_000,
        snapshot: keys,
        consolidate: false,
        assert_answer: |pods, plan| assert_eq!((plan.summary.pods_helped as usize, plan.summary.nodes_added), (pods, 0)),
    },
    Case {
        name: "pods of which no two are alike",
        size: 20_000,
        snapshot: all_different,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 850, 2_100),
    },
    Case {
        name: "nodes to consolidate, pods spread over zones",
        size: 1_000,
        snapshot: spread_and_loose,
        consolidate: true,
        assert_answer: assert_consolidated,
    },
];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let part = arguments.first().map_or("", String::as_str);
    for case in CASES.iter().filter(|case| case.name.contains(part)) {
        let [one, two] = [case.size, 2 * case.size].map(|size| measure(case, size));
        let growth = two.as_secs_f64() / one.as_secs_f64();
        let verdict =
            if growth <= GROWTH_TARGET { "as it should be" } else { "TOO FAST (on a machine that does nothing else)" };
        println!("{:<52} {:>6} {one:>9.2?}  twice {two:>9.2?}  {growth:.1} times, {verdict}", case.name, case.size);
        assert!(growth < MOST_GROWTH, "{}: twice the size takes {growth:.1} times as long", case.name);
    }
}

/// Returns the best time of some rounds.
fn measure(case: &Case, size: usize) -> Duration {
    let snapshot = (case.snapshot)(size);
    let policy = Policy {
        max_scale_up: 100_000,
        packing: Packing::Dense,
        consolidate: case.consolidate,
        max_scale_in_fraction: 1.0,
        max_parallel_drains: u32::MAX,
        ..Policy::default()
    };
    let round = |_| {
        let begun = Clock::start();
        let made = plan(&snapshot, &policy);
        let took = begun.elapsed();
        (case.assert_answer)(size, &made);
        took
    };
    (0..ROUNDS).map(round).min().expect("there is at least one round")
}

/// The time that this thread had a core, where the kernel tells (Linux's `schedstat`), since
/// others may use the machine as well; else the time that went by.
enum Clock {
    OfThread(Duration),
    OnTheWall(Instant),
}

impl Clock {
    fn start() -> Self {
        Self::on_a_core().map_or_else(|| Self::OnTheWall(Instant::now()), Self::OfThread)
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::OfThread(begun) => Self::on_a_core().map_or(Duration::ZERO, |now| now.saturating_sub(*begun)),
            Self::OnTheWall(begun) => begun.elapsed(),
        }
    }

    fn on_a_core() -> Option<Duration> {
        let counts = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(counts.split(' ').next()?.parse().ok()?))
    }
}

/// Asserts that all pods get new nodes, at most a tenth more than their requests would fill,
/// given what a pod requests on average, in millicores and MiB.
fn assert_packed(plan: &Plan, pods: usize, millicores: i64, mebibytes: i64) {
    assert_eq!(plan.summary.pods_helped as usize, pods);
    let pods = i64::try_from(pods).expect("not so many");
    let [cpu, memory] = [millicores * pods / 15_900, mebibytes * pods / (32 * 1024)];
    let (least, added) = (cpu.max(memory).max(pods / 160), i64::from(plan.summary.nodes_added));
    assert!(added <= least * 11 / 10 + 1, "{added} nodes, and {least} would be full");
}

/// Asserts that at least two in five nodes are drained: their pods use less than half of them.
fn assert_consolidated(nodes: usize, plan: &Plan) {
    let drained = plan.actions.iter().filter(|action| matches!(action, Action::StartDrain { .. })).count();
    assert!(drained * 5 >= nodes * 2, "{drained} of {nodes} nodes are drained");
}

fn refusing_their_like(pods: usize) -> Snapshot {
    let mut made = empty_cluster();
    for number in 0..pods {
        add_pending(&mut made, number, "batch", &[("app", &format!("a{number}"))], &anti_affinity(number));
    }
    made
}

fn running_and_refusing(deployments: usize) -> Snapshot {
    let mut made = cluster_of(deployments * 3 / 30);
    for number in 0..deployments {
        let labels = [("app", format!("a{number}"))];
        add_running(&mut made, number, &labels, &anti_affinity(number));
    }
    for number in 0..100 {
        add_pending(&mut made, number, "batch", &[("app", "pending")], &json!({}));
    }
    made
}

fn namespace_selectors(pods: usize) -> Snapshot {
    let mut made = empty_cluster();
    for number in 0..pods {
        let labels = json!({ "team": format!("t{}", number % 7) });
        let namespace = json!({ "name": format!("ns{number}"), "labels": labels });
        made.namespaces.push(serde_json::from_value::<Namespace>(namespace).expect("a namespace"));
        let mut rules = anti_affinity(number);
        rules["pod_anti_affinity"][0]["namespace_selector"] = json!({ "match_labels": { "team": "t1" } });
        add_pending(&mut made, number, &format!("ns{number}"), &[("app", &format!("a{number}"))], &rules);
    }
    made
}

fn keys(deployments: usize) -> Snapshot {
    let mut made = cluster_of(deployments * 3 / 30);
    for number in 0..deployments {
        let key = format!("key-{number}");
        let rules = json!({ "topology_spread": [spread(&json!({ "match_labels": { key.as_str(): "x" } }), 1)] });
        add_running(&mut made, number, &[(key.as_str(), "x".to_owned())], &rules);
        add_pending(&mut made, number, "batch", &[(&key, "x")], &rules);
    }
    made
}

fn all_different(pods: usize) -> Snapshot {
    let mut random = Random::seeded(42);
    let mut made = empty_cluster();
    for number in 0..pods {
        let (cpu, memory) = (whole(100 + random.below(1_500)), whole(100 + random.below(4_000)) * MIB + whole(number));
        let id = add_spec(&mut made, spec(amounts(cpu, memory)));
        made.pods.push(pod(format!("wait-{number:06}"), id, &[("app", "x")]));
    }
    made
}

/// Returns nodes that are used by a third, with thirty pods each of 300 deployments.
fn spread_and_loose(nodes: usize) -> Snapshot {
    let mut random = Random::seeded(7);
    let mut made = cluster_of(nodes);
    let specs: Vec<SpecId> = (0..300)
        .map(|number| {
            let selector = json!({ "match_labels": { "app": format!("a{number}") } });
            let mut asked = with_rules(&json!({ "topology_spread": [spread(&selector, 20)], "restart_policy": "always" }));
            asked.containers[0].requests = amounts(whole(100 + 50 * random.below(6)), GIB / 2);
            add_spec(&mut made, asked)
        })
        .collect();
    for number in 0..nodes * 30 {
        let deployment = random.below(specs.len());
        let pod = pod(format!("p{number:06}"), specs[deployment], &[("app", &format!("a{deployment}"))]);
        bind(&mut made, pod, number % nodes);
    }
    made
}

/// Returns anti-affinity to pods with the label of a number, on the same node.
fn anti_affinity(number: usize) -> Value {
    let term = json!({ "topology_key": HOST, "selector": { "match_labels": { "app": format!("a{number}") } } });
    json!({ "pod_anti_affinity": [term] })
}

fn spread(selector: &Value, max_skew: u32) -> Value {
    json!({ "topology_key": ZONE, "max_skew": max_skew, "selector": selector, "honor_node_affinity": true,
        "honor_node_taints": false })
}

fn add_pending(made: &mut Snapshot, number: usize, namespace: &str, labels: &[(&str, &str)], rules: &Value) {
    let id = add_spec(made, with_rules(rules));
    let mut pod = pod(format!("wait-{number:06}"), id, labels);
    pod.namespace = namespace.into();
    made.pods.push(pod);
}

/// Adds three pods, on one node after the other.
fn add_running(made: &mut Snapshot, number: usize, labels: &[(&str, String)], rules: &Value) {
    let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let id = add_spec(made, with_rules(rules));
    for copy in 0..3 {
        let node = (number * 3 + copy) % made.nodes.len();
        let pod = pod(format!("runs-{number}-{copy}"), id, &labels);
        bind(made, pod, node);
    }
}

fn with_rules(rules: &Value) -> PodSpec {
    let mut asked = serde_json::to_value(spec(amounts(250, 256 * MIB))).expect("a specification");
    for (field, value) in rules.as_object().expect("fields of a specification") {
        asked[field] = value.clone();
    }
    serde_json::from_value(asked).expect("a specification")
}

fn add_spec(made: &mut Snapshot, asked: PodSpec) -> SpecId {
    let id = SpecId(u32::try_from(made.pod_specs.len()).expect("few specifications"));
    made.pod_specs.insert(id, asked);
    id
}

fn pod(name: String, spec: SpecId, labels: &[(&str, &str)]) -> Pod {
    let mut pod = pending_pod(name, spec);
    pod.labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    pod
}

fn bind(made: &mut Snapshot, mut pod: Pod, node: usize) {
    pod.owner = Some(owner("ReplicaSet", "apps/v1", "web").into());
    pod.created_at = now() - SignedDuration::from_hours(30);
    pod.scheduling = Scheduling::Scheduled { at: Some(pod.created_at) };
    (pod.phase, pod.ready, pod.node) = (Phase::Running, true, Some(made.nodes[node].name.as_str().into()));
    made.pods.push(pod);
}

fn empty_cluster() -> Snapshot {
    let mut made = Snapshot::empty(ClusterIdentity::default(), now());
    made.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    let tags = TagFacts { resources: NODE.into_iter().collect(), ..TagFacts::default() };
    let zones = ZONES.map(str::to_owned).to_vec();
    made.groups = vec![Group { tags, ..made_up::group(REGION, "g16".to_owned(), "sixteen".to_owned(), 100_000, zones) }];
    made
}

fn cluster_of(nodes: usize) -> Snapshot {
    let mut made = empty_cluster();
    for number in 0..nodes {
        let (instance, zone, name) = (format!("i-{number:08x}"), ZONES[number % 3], format!("n{number:05}"));
        made.groups[0].desired += 1;
        let launched_at = now() - SignedDuration::from_hours(48);
        made.groups[0].instances.push(in_service(&instance, zone, launched_at));
        let labels = [(HOST, name.as_str()), (ZONE, zone)];
        made.nodes.push(Node {
            uid: format!("uid-{name}"),
            labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            marks: Labels::default(),
            taints: Vec::new(),
            unschedulable: false,
            provider_id: Some(format!("aws:///{zone}/{instance}")),
            allocatable: NODE.into_iter().collect(),
            ready: Readiness { status: ReadyStatus::True, since: Some(launched_at) },
            created_at: launched_at,
            addresses: Vec::new(),
            name,
        });
    }
    made
}

fn in_service(id: &str, zone: &str, launched_at: jiff::Timestamp) -> Instance {
    Instance {
        id: id.to_owned(),
        zone: zone.to_owned(),
        machine_type: "sixteen".to_owned(),
        lifecycle: Lifecycle::InService,
        protected: true,
        launched_at: Some(launched_at),
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        addresses: Vec::new(),
        spot: false,
    }
}

fn amounts(millicores: i64, bytes: i64) -> Resources {
    [(CPU, millicores), (MEMORY, bytes)].into_iter().collect()
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}
