//! A cluster in which half of the nodes could be removed: how long it takes to find them.

use std::sync::Arc;

use ec2_autoscale_core::plan::{Action, Plan};
use ec2_autoscale_core::snapshot::{
    ClusterIdentity, Group, Instance, Labels, Lifecycle, Node, Owner, Pod, PodSpec, Readiness, ReadyStatus, Region, Resources,
    Scheduling, Snapshot, SpecId, TopologySpread, Weight,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::made_up;
use crate::random::Random;
use crate::small_pods::now;

pub(crate) const NODES: usize = 1_000;
pub(crate) const PODS: usize = 30_000;
const GROUPS: usize = 10;
const SPECS: usize = 300;
const REGION: &str = "us-west-2";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];
const GIB: i64 = 1 << 30;

/// Returns the cluster: every thirtieth specification spreads its pods over the zones, and every
/// fiftieth node runs a pod of a Job.
pub(crate) fn snapshot() -> Snapshot {
    let mut random = Random::seeded(7);
    let mut snapshot = Snapshot::empty(ClusterIdentity { name: "loose".to_owned(), ..ClusterIdentity::default() }, now());
    snapshot.regions = vec![Region { name: REGION.to_owned(), preference: 0, unreadable: None }];
    snapshot.groups = (0..GROUPS).map(group).collect();
    snapshot.pod_specs = (0..SPECS).map(|number| (id(number), spec(number, &mut random))).collect();
    for number in 0..NODES {
        add_node(&mut snapshot, number);
    }
    for number in 0..PODS {
        let spec = random.below(SPECS);
        snapshot.pods.push(pod(number, spec));
    }
    snapshot
}

/// Asserts that about half of the nodes are drained: as many as could be.
pub(crate) fn assert_answer(plan: &Plan) {
    let drained = plan.actions.iter().filter(|action| matches!(action, Action::StartDrain { .. })).count();
    assert!((NODES / 2..NODES * 3 / 5).contains(&drained), "{drained} nodes are drained");
}

fn id(number: usize) -> SpecId {
    SpecId(u32::try_from(number).expect("few specifications"))
}

fn earlier(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn group(number: usize) -> Group {
    made_up::group(REGION, format!("g{number}"), "m5.4xlarge".to_owned(), 1_000, ZONES.map(str::to_owned).to_vec())
}

fn add_node(snapshot: &mut Snapshot, number: usize) {
    let (instance, zone) = (format!("i-{number:08x}"), ZONES[number % ZONES.len()]);
    let name = format!("n{number:04}");
    let group = &mut snapshot.groups[number % GROUPS];
    group.desired += 1;
    group.instances.push(Instance {
        id: instance.clone(),
        zone: zone.to_owned(),
        machine_type: "m5.4xlarge".to_owned(),
        lifecycle: Lifecycle::InService,
        protected: true,
        launched_at: Some(earlier(48)),
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        addresses: Vec::new(),
        spot: false,
        reservation: None,
    });
    let labels = [("kubernetes.io/hostname", name.as_str()), ("topology.kubernetes.io/zone", zone)];
    snapshot.nodes.push(Node {
        uid: format!("uid-{name}"),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        marks: Labels::new(),
        taints: Vec::new(),
        unschedulable: false,
        provider_id: Some(format!("aws:///{zone}/{instance}")),
        allocatable: [("cpu", 15_890), ("memory", 60 * GIB), ("pods", 234)].into_iter().collect::<Resources>(),
        ready: Readiness { status: ReadyStatus::True, since: Some(earlier(47)) },
        created_at: earlier(47),
        addresses: Vec::new(),
        name,
    });
}

fn spec(number: usize, random: &mut Random) -> PodSpec {
    let (cpu, memory) = (100 + 50 * random.below(6), 1 + random.below(2));
    let whole = |number: usize| i64::try_from(number).expect("a small number");
    let resources: Resources = [("cpu", whole(cpu)), ("memory", whole(memory) * GIB / 2)].into_iter().collect();
    let spread: Vec<TopologySpread> = number.is_multiple_of(30)
        .then(|| {
            serde_json::from_value(json!({ "topology_key": "topology.kubernetes.io/zone", "max_skew": 20,
                "selector": { "match_labels": { "app": format!("a{number}") } }, "honor_node_affinity": true, "honor_node_taints": false }))
            .expect("a constraint")
        })
        .into_iter()
        .collect();
    serde_json::from_value(json!({
        "scheduler_name": "default-scheduler", "restart_policy": "always", "topology_spread": spread,
        "containers": [{ "name": "main", "role": "main", "requests": resources }]
    }))
    .expect("a specification")
}

fn pod(number: usize, spec: usize) -> Pod {
    let node = number % NODES;
    let of_job = number < NODES && node.is_multiple_of(50);
    let (kind, api_version) = if of_job { ("Job", "batch/v1") } else { ("ReplicaSet", "apps/v1") };
    let owner = Arc::new(Owner {
        kind: kind.into(),
        api_version: api_version.into(),
        name: format!("a{spec}").into(),
        uid: format!("uid-a{spec}").into(),
    });
    let mut pod: Pod = serde_json::from_value(json!({
        "namespace": "prod", "name": format!("p{number:05}"), "uid": format!("uid-p{number}"), "spec": spec,
        "labels": { "app": format!("a{spec}") }, "phase": "running", "node": format!("n{node:04}"), "ready": true,
        "scheduling": { "state": "scheduled" }, "created_at": earlier(30)
    }))
    .expect("a pod");
    pod.scheduling = Scheduling::Scheduled { at: Some(earlier(30)) };
    pod.owner = Some(owner);
    pod
}
