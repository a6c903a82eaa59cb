//! The parts of which these clusters are made.

use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, Group, Instance, Labels, Lifecycle, MEMORY, Node, PODS, Phase, Pod, PodSpec, Readiness, ReadyStatus,
    Region, Resources, Scheduling, Snapshot, SpecId, TagFacts, Weight,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::made_up;
use crate::small_pods::{now, owner, pending_pod, spec};

const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";
pub(super) const MIB: i64 = 1 << 20;
pub(super) const GIB: i64 = 1 << 30;
/// What a node of sixteen cores leaves to pods.
const NODE: [(&str, i64); 3] = [(CPU, 15_900), (MEMORY, 32 * GIB), (PODS, 160)];

/// Returns anti-affinity to pods with the label of a number, on the same node.
pub(super) fn anti_affinity(number: usize) -> Value {
    let term = json!({ "topology_key": HOST, "selector": { "match_labels": { "app": format!("a{number}") } } });
    json!({ "pod_anti_affinity": [term] })
}

pub(super) fn spread(selector: &Value, max_skew: u32) -> Value {
    json!({ "topology_key": ZONE, "max_skew": max_skew, "selector": selector, "honor_node_affinity": true,
        "honor_node_taints": false })
}

pub(super) fn add_pending(made: &mut Snapshot, number: usize, namespace: &str, labels: &[(&str, &str)], rules: &Value) {
    let id = add_spec(made, with_rules(rules));
    let mut pod = pod(format!("wait-{number:06}"), id, labels);
    pod.namespace = namespace.into();
    made.pods.push(pod);
}

/// Adds three pods, on one node after the other.
pub(super) fn add_running(made: &mut Snapshot, number: usize, labels: &[(&str, String)], rules: &Value) {
    let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let id = add_spec(made, with_rules(rules));
    for copy in 0..3 {
        let node = (number * 3 + copy) % made.nodes.len();
        let pod = pod(format!("runs-{number}-{copy}"), id, &labels);
        bind(made, pod, node);
    }
}

pub(super) fn with_rules(rules: &Value) -> PodSpec {
    let mut asked = serde_json::to_value(spec(amounts(250, 256 * MIB))).expect("a specification");
    for (field, value) in rules.as_object().expect("fields of a specification") {
        asked[field] = value.clone();
    }
    serde_json::from_value(asked).expect("a specification")
}

pub(super) fn add_spec(made: &mut Snapshot, asked: PodSpec) -> SpecId {
    let id = SpecId(u32::try_from(made.pod_specs.len()).expect("few specifications"));
    made.pod_specs.insert(id, asked);
    id
}

pub(super) fn pod(name: String, spec: SpecId, labels: &[(&str, &str)]) -> Pod {
    let mut pod = pending_pod(name, spec);
    pod.labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    pod
}

pub(super) fn bind(made: &mut Snapshot, mut pod: Pod, node: usize) {
    pod.owner = Some(owner("ReplicaSet", "apps/v1", "web").into());
    pod.created_at = now() - SignedDuration::from_hours(30);
    pod.scheduling = Scheduling::Scheduled { at: Some(pod.created_at) };
    (pod.phase, pod.ready, pod.node) = (Phase::Running, true, Some(made.nodes[node].name.as_str().into()));
    made.pods.push(pod);
}

pub(super) fn empty_cluster() -> Snapshot {
    let mut made = Snapshot::empty(ClusterIdentity::default(), now());
    made.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    let tags = TagFacts { resources: NODE.into_iter().collect(), ..TagFacts::default() };
    let zones = ZONES.map(str::to_owned).to_vec();
    made.groups = vec![Group { tags, ..made_up::group(REGION, "g16".to_owned(), "sixteen".to_owned(), 100_000, zones) }];
    made
}

pub(super) fn cluster_of(nodes: usize) -> Snapshot {
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

pub(super) fn in_service(id: &str, zone: &str, launched_at: jiff::Timestamp) -> Instance {
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
        reservation: None,
    }
}

pub(super) fn amounts(millicores: i64, bytes: i64) -> Resources {
    [(CPU, millicores), (MEMORY, bytes)].into_iter().collect()
}

pub(super) fn whole(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}
