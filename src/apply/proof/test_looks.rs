//! The sample that tests of the proofs start from: a node for which all is well, to be spoilt in
//! one place.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    BoundPod, DeadLooks, Deletable, DeletionLooks, Evictable, EvictionLooks, EvictionProof, Expected, InstanceNames, LeaseNow,
    MissingProof, NodeDeletion, PodRules, PodsNow, Terminable, Termination, TerminationLooks, Unhealthy, UnhealthyTermination,
    UnregisteredLooks,
};
use crate::apply::lease::Tenure;
use crate::apply::steady::SteadyTime;
use crate::cloud::{GroupNow, InstanceNow, Share};
use crate::duration::Seconds;
use crate::plan::{DrainTerms, EvictionCost, EvictionLimits, NodeRef};
use crate::snapshot::{Lifecycle, MachineHealth, Node, ObjectName, Pod, PodSpec, SpecId};

/// Returns a moment in seconds after 10 o'clock, when the node was cordoned or marked.
pub(super) fn at(second: i64) -> Timestamp {
    "2026-11-22T10:00:00Z".parse::<Timestamp>().expect("a timestamp") + jiff::SignedDuration::from_secs(second)
}

fn steady(seconds: u64) -> SteadyTime {
    SteadyTime::after_start(Duration::from_secs(seconds))
}

/// Returns a Ready node `n` with fields of its own.
pub(super) fn node_with(fields: &[(&str, Value)]) -> Node {
    let mut node = json!({
        "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-20T00:00:00Z",
    });
    for (field, value) in fields {
        node[*field] = value.clone();
    }
    serde_json::from_value(node).expect("a node")
}

/// Returns the running pod `batch/train` of a job on node `n`, with fields of its own.
pub(super) fn pod_with(fields: &[(&str, Value)]) -> Pod {
    let mut pod = json!({
        "namespace": "batch", "name": "train", "uid": "train", "spec": 0, "phase": "running", "node": "n",
        "owner": { "kind": "Job", "api_version": "batch/v1", "name": "j", "uid": "j" },
        "scheduling": { "state": "scheduled" }, "created_at": "2026-11-20T00:00:00Z",
    });
    for (field, value) in fields {
        pod[*field] = value.clone();
    }
    serde_json::from_value(pod).expect("a pod")
}

fn spec() -> PodSpec {
    let spec = json!({ "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "always", "priority": 0 });
    serde_json::from_value(spec).expect("a specification")
}

/// Everything that was read, for tests to change.
pub(super) struct Scene {
    pub(super) group: GroupNow,
    pub(super) names: InstanceNames,
    pub(super) expected: Expected,
    pub(super) lease: LeaseNow,
    pub(super) nodes: Vec<Node>,
    pub(super) pods: PodsNow,
    pub(super) now: Timestamp,
    /// Pods that are bound to any of the instance's names.
    pub(super) bound: Vec<BoundPod>,
}

impl Scene {
    /// Returns node `n`, empty, which we cordoned at 10 o'clock.
    pub(super) fn new() -> Self {
        let instance = |id: &str| InstanceNow { id: id.into(), lifecycle: Lifecycle::InService, weight: 1, protected: false };
        let instances = vec![instance("i-a"), instance("i-b")];
        let held = Tenure::Held { unbroken_since: steady(100), renewed_at: steady(995) };
        let cordoned = node_with(&[
            ("marks", json!({ "ec2-autoscale/cordoned-at": at(0) })),
            ("unschedulable", json!(true)),
            ("provider_id", json!("aws:///us-west-2a/i-a")),
            ("addresses", json!(["10.0.0.1"])),
        ]);
        Self {
            group: GroupNow { min: 1, max: 5, desired: 2, instances, ..GroupNow::default() },
            names: InstanceNames {
                id: "i-a".into(),
                addresses: vec!["ip-10-0-0-1.us-west-2.compute.internal".into(), "10.0.0.1".into()],
            },
            expected: Expected::default(),
            lease: LeaseNow { tenure: held, first_look: steady(990), at: steady(1000) },
            nodes: vec![cordoned],
            pods: PodsNow { asked_at: Self::asked_at(), pods: Vec::new(), specs: [(SpecId(0), spec())].into() },
            now: at(600),
            bound: Vec::new(),
        }
    }

    /// Returns node `n`, empty, which has been dead since 10 o'clock.
    pub(super) fn dead() -> Self {
        let mut scene = Self::new();
        scene.set_node("ready", json!({ "status": "unknown", "since": at(0) }));
        scene.set_node("marks", json!({ "ec2-autoscale/not-ready-since": at(0) }));
        scene
    }

    /// Returns node `n`, which we have been draining since 10 o'clock.
    pub(super) fn draining() -> Self {
        let mut scene = Self::new();
        scene.set_node("marks", json!({ "ec2-autoscale/cordoned-at": at(0), "ec2-autoscale/draining-since": at(0) }));
        scene
    }

    /// Returns node `n`, which was marked at 10 o'clock as left behind.
    pub(super) fn left_behind() -> Self {
        let mut scene = Self::dead();
        scene.set_node("marks", json!({ "ec2-autoscale/gone-since": at(0) }));
        scene
    }

    pub(super) fn asked_at() -> SteadyTime {
        steady(1000)
    }

    /// Sets a field of the Node in question.
    pub(super) fn set_node(&mut self, field: &str, value: Value) {
        let mut node = serde_json::to_value(&self.nodes[0]).expect("plain data");
        node[field] = value;
        self.nodes[0] = serde_json::from_value(node).expect("a node");
    }

    /// Makes the Lease lapse after the step's first look, and renews it.
    pub(super) fn lapse(&mut self) {
        self.lease.tenure = Tenure::Held { unbroken_since: steady(991), renewed_at: steady(999) };
    }

    pub(super) fn terminate(&self) -> Result<Termination, MissingProof> {
        let (node, rules) = (node_ref(), rules());
        let terminable = Terminable { node: &node, instance: "i-a", cordoned_at: at(0), settle: Seconds(30), rules };
        let looks = TerminationLooks {
            group: &self.group,
            names: &self.names,
            expected: &self.expected,
            lease: &self.lease,
            nodes: &self.nodes,
            node: &self.nodes[0],
            pods: &self.pods,
            now: self.now,
        };
        Termination::prove(terminable, &looks)
    }

    pub(super) fn end_stranger(&self, bound: &[BoundPod]) -> Result<UnhealthyTermination, MissingProof> {
        let (group, names, lease, nodes) = (&self.group, &self.names, &self.lease, &self.nodes);
        let looks = UnregisteredLooks { group, names, lease, nodes, bound, asked_at: Self::asked_at() };
        UnhealthyTermination::prove_unregistered(Unhealthy { instance: "i-a", share: Share::Stays }, &looks)
    }

    pub(super) fn end_dead(&self, health: Option<MachineHealth>) -> Result<UnhealthyTermination, MissingProof> {
        let looks = DeadLooks {
            group: &self.group,
            names: &self.names,
            health,
            lease: &self.lease,
            nodes: &self.nodes,
            node: &self.nodes[0],
            bound: &self.bound,
            pods: &self.pods,
        };
        let unhealthy = Unhealthy { instance: "i-a", share: Share::Goes };
        UnhealthyTermination::prove_dead(unhealthy, (&node_ref(), at(0)), rules(), &looks)
    }

    pub(super) fn evict(&self, pods: &[&str], since: Option<Timestamp>) -> Result<Vec<EvictionProof>, MissingProof> {
        let scheduler_names = ["default-scheduler".to_owned()];
        let terms = DrainTerms {
            now: self.now,
            own_pod: None,
            expendable_below: None,
            scheduler_names: &scheduler_names,
            limits: EvictionLimits { grace: Seconds(0), max_lost_work: None },
            budgets: &[],
        };
        let looks = EvictionLooks { terms, lease: &self.lease, node: &self.nodes[0], pods: &self.pods };
        let eviction = |name: &&str| crate::plan::Eviction {
            cost: EvictionCost::ONE,
            pod: ObjectName::new("batch", *name),
            uid: (*name).to_owned(),
            room_on: "n-b".into(),
        };
        let evictions: Vec<_> = pods.iter().map(eviction).collect();
        EvictionProof::prove(Evictable { node: &node_ref(), since }, &evictions, &looks)
    }

    pub(super) fn delete(&self, health: MachineHealth) -> Result<NodeDeletion, MissingProof> {
        let looks = DeletionLooks {
            health,
            lease: &self.lease,
            node: &self.nodes[0],
            version: Some("7"),
            asked_at: Self::asked_at(),
            now: self.now,
        };
        NodeDeletion::prove(Deletable { node: &node_ref(), instance: "i-a", since: at(0) }, &looks)
    }
}

fn node_ref() -> NodeRef {
    NodeRef { name: "n".into(), uid: "u".into() }
}

fn rules() -> PodRules<'static> {
    PodRules { own_pod: None, expendable_below: None }
}
