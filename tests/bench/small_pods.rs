//! Very many small pods for one empty group: the case of Cluster Autoscaler's binpacking benchmark
//! (`estimator/binpacking_estimator_test.go`), where 2,595 nodes are the published answer.

use std::sync::LazyLock;

use ec2_autoscale_core::plan::{Plan, PodVerdict};
use ec2_autoscale_core::snapshot::{
    CPU, ClusterIdentity, Container, ContainerRole, Group, Labels, MEMORY, Name, Owner, PODS, Phase, Pod, PodSpec, Region,
    Resources, RestartPolicy, Scheduling, Snapshot, SpecId, TagFacts,
};
use jiff::Timestamp;

use crate::made_up;

/// Number, millicores and bytes of each kind.
const KINDS: [(usize, i64, i64); 2] = [(50_000, 50, 100), (1_000, 95, 190)];
const MOST_NODES: u32 = 2_595;

/// Shared, as in a gathered snapshot.
static NAMESPACE: LazyLock<Name> = LazyLock::new(|| "batch".into());

pub(crate) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

pub(crate) fn assert_answer(plan: &Plan) {
    assert_eq!(plan.pods.len(), 51_000);
    assert!(plan.pods.iter().all(|pod| matches!(pod.verdict, PodVerdict::FitsNew { .. })));
    let added = plan.summary.nodes_added;
    assert!(added <= MOST_NODES, "{added} nodes, and {MOST_NODES} are enough");
}

pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::empty(ClusterIdentity::default(), now());
    snapshot.regions = vec![Region { name: "us-west-2".to_owned(), preference: 0, unreadable: None }];
    snapshot.groups = vec![group()];
    for (kind, (count, millicores, bytes)) in (0..).zip(KINDS) {
        let id = SpecId(kind);
        let requests = [(CPU, millicores), (MEMORY, bytes)].into_iter().collect();
        snapshot.pod_specs.insert(id, spec(requests));
        snapshot.pods.extend((0..count).map(|number| pending_pod(format!("small-{kind}-{number:05}"), id)));
    }
    // As a snapshot that is gathered or read has them.
    snapshot.lay_names_together();
    snapshot
}

/// Returns a specification that requests nothing but resources.
pub(crate) fn spec(requests: Resources) -> PodSpec {
    PodSpec {
        scheduler_name: "default-scheduler".to_owned(),
        priority: 0,
        scheduling_gates: vec![],
        node_selector: Labels::new(),
        node_affinity: None,
        tolerations: vec![],
        containers: vec![Container { name: "main".to_owned(), role: ContainerRole::Main, requests, host_ports: vec![] }],
        pod_requests: Resources::default(),
        overhead: Resources::default(),
        topology_spread: vec![],
        pod_affinity: vec![],
        pod_anti_affinity: vec![],
        resource_claims: vec![],
        host_network: false,
        restart_policy: RestartPolicy::Never,
        active_deadline: None,
    }
}

/// Returns a Job's pod for which the scheduler found no node half a minute ago: of one that nodes
/// with room have refused for many minutes no further node would be expected to help.
pub(crate) fn pending_pod(name: String, spec: SpecId) -> Pod {
    let created_at = "2026-11-22T11:59:30Z".parse().expect("a time");
    Pod {
        namespace: NAMESPACE.clone(),
        uid: format!("uid-of-{name}").into(),
        labels: [("app.kubernetes.io/name", "batch"), ("batch.kubernetes.io/job-name", name.as_str())].into(),
        owner: Some(owner("Job", "batch/v1", "batch").into()),
        spec,
        phase: Phase::Pending,
        scheduling: Scheduling::Unschedulable { since: created_at },
        node: None,
        nominated_node: None,
        created_at,
        deletion_deadline: None,
        ready: false,
        mirror: false,
        drain_annotations: Labels::new(),
        volumes: vec![],
        resource_claims: vec![],
        resized: vec![],
        pod_resized: Resources::default(),
        resize_infeasible: false,
        scheduler_message: None,
        name: name.into(),
    }
}

pub(crate) fn owner(kind: &str, api_version: &str, name: &str) -> Owner {
    let uid = format!("uid-of-{name}").into();
    Owner { kind: kind.into(), api_version: api_version.into(), name: name.into(), uid }
}

fn group() -> Group {
    let resources = [(CPU, 1000), (MEMORY, 5000), (PODS, 100)].into_iter().collect();
    let tags = TagFacts { resources, ..TagFacts::default() };
    let zones = vec!["us-west-2a".to_owned()];
    Group { tags, ..made_up::group("us-west-2", "small".to_owned(), "small".to_owned(), 3000, zones) }
}
