//! A small cluster in which every kind of step may be taken.
//!
//! `a` is idle and open, `c` is idle and cordoned by us, `d` has been silent for two hours, `e` is
//! drained and has one pod of a service, `old` was left behind by an instance that is no more, and
//! `i-n` has had no Node for half an hour.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::plan::action::{Action, Eviction, NodeRef};
use crate::plan::check::{Violation, violations};
use crate::plan::drain::{EvictionCost, EvictionLimits};
use crate::plan::reason::{CordonReason, DrainReason, GrowReason, TerminateReason, UncordonReason, UnhealthyReason};
use crate::plan::{Plan, plan};
use crate::policy::Policy;
use crate::snapshot::{ClusterIdentity, GroupId, Node, ObjectName, Pod, Snapshot};
use crate::well_known::provider_id;

pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a timestamp")
}

/// Returns the time this many minutes ago.
pub(super) fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub(super) fn group() -> GroupId {
    GroupId { region: "us-west-2".into(), name: "web".into() }
}

pub(super) fn node_ref(name: &str) -> NodeRef {
    NodeRef { name: name.into(), uid: format!("uid-{name}") }
}

/// Returns the providerID of an instance.
pub(super) fn provider_id(instance: &str) -> String {
    provider_id::of("us-west-2a", instance)
}

fn instance(id: &str, minutes: i64, address: &str) -> Value {
    json!({
        "id": id, "zone": "us-west-2a", "machine_type": "m5.large", "lifecycle": "in-service", "protected": true, "weight": 1,
        "launched_at": ago(minutes), "addresses": [address, format!("ip-{}.internal", address.replace('.', "-"))],
    })
}

fn node(name: &str, instance: &str) -> Value {
    json!({
        "name": name, "uid": format!("uid-{name}"), "provider_id": provider_id(instance), "allocatable": {},
        "ready": { "status": "true" }, "created_at": ago(300),
    })
}

/// Returns a node with some fields set.
fn node_with(name: &str, instance: &str, fields: Value) -> Value {
    let mut node = node(name, instance);
    let (Value::Object(node_fields), Value::Object(fields)) = (&mut node, fields) else { unreachable!("both are objects") };
    node_fields.extend(fields);
    node
}

/// Returns a pod that runs on a node, created by a controller of that kind.
pub(super) fn pod(name: &str, on: &str, owner: &str) -> Pod {
    let pod = json!({
        "namespace": "batch", "name": name, "uid": format!("uid-{name}"), "spec": 0, "phase": "running", "node": on,
        "owner": { "kind": owner, "api_version": "apps/v1", "name": "o", "uid": "o" }, "scheduling": { "state": "scheduled" },
        "created_at": ago(200), "ready": true,
    });
    serde_json::from_value(pod).expect("a pod")
}

pub(super) fn snapshot() -> Snapshot {
    let cordoned = json!({ "ec2-autoscale/cordoned-at": ago(10) });
    let draining = json!({ "ec2-autoscale/cordoned-at": ago(10), "ec2-autoscale/draining-since": ago(10) });
    let silent = json!({ "status": "unknown", "since": ago(120) });
    let mut snapshot = Snapshot::empty(ClusterIdentity::default(), now());
    let set = json!([{
        "id": group(), "managed_by": "cluster-tag", "min": 1, "max": 9, "desired": 6, "purchase": { "kind": "on-demand" },
        "launches_protected": true,
        "instances": [
            instance("i-a", 300, "10.0.0.1"), instance("i-c", 300, "10.0.0.3"), instance("i-d", 300, "10.0.0.4"),
            instance("i-e", 300, "10.0.0.5"), instance("i-n", 30, "10.0.0.9"),
        ],
    }]);
    snapshot.groups = serde_json::from_value(set).expect("groups");
    let nodes = json!([
        node("a", "i-a"),
        node_with("c", "i-c", json!({ "unschedulable": true, "marks": cordoned })),
        node_with("d", "i-d", json!({ "ready": silent, "marks": { "ec2-autoscale/not-ready-since": ago(120) } })),
        node_with("e", "i-e", json!({ "unschedulable": true, "marks": draining })),
        node_with("old", "i-old", json!({ "ready": silent, "marks": { "ec2-autoscale/gone-since": ago(10) } })),
    ]);
    snapshot.nodes = serde_json::from_value(nodes).expect("nodes");
    let spec =
        json!({ "0": { "scheduler_name": "default-scheduler", "containers": [], "restart_policy": "never", "priority": 0 } });
    snapshot.pod_specs = serde_json::from_value(spec).expect("specifications");
    snapshot.pods = vec![pod("service", "e", "ReplicaSet")];
    let checks = json!([{ "instance": "i-old", "region": "us-west-2", "health": "terminated" }]);
    snapshot.machine_checks = serde_json::from_value(checks).expect("checks");
    let notes = json!([{ "group": group(), "instance": "i-n", "first_seen": ago(26) }]);
    snapshot.instance_notes = serde_json::from_value(notes).expect("notes");
    snapshot
}

pub(super) fn node_mut<'s>(snapshot: &'s mut Snapshot, name: &str) -> &'s mut Node {
    snapshot.nodes.iter_mut().find(|node| node.name == name).expect("a node of that name")
}

/// Returns a plan of these steps, in the cluster above after a change.
pub(super) fn planned(actions: Vec<Action>, change: impl FnOnce(&mut Snapshot, &mut Policy)) -> (Plan, Snapshot) {
    let mut snapshot = snapshot();
    let mut policy = Policy { max_scale_in_fraction: 1.0, ..Policy::default() };
    change(&mut snapshot, &mut policy);
    let mut planned = plan(&Snapshot::empty(ClusterIdentity::default(), now()), &policy);
    planned.actions = actions;
    (planned, snapshot)
}

/// Returns what is wrong with steps after a change of the cluster.
pub(super) fn judge(actions: Vec<Action>, change: impl FnOnce(&mut Snapshot, &mut Policy)) -> Vec<Violation> {
    let (plan, snapshot) = planned(actions, change);
    violations(&plan, &snapshot)
}

/// Returns what is wrong with one step after a change of the cluster.
pub(super) fn judge_one(action: Action, change: impl FnOnce(&mut Snapshot)) -> Vec<Violation> {
    judge(vec![action], |snapshot, _| change(snapshot))
}

pub(super) fn grow(from: i64, to: i64) -> Action {
    let reason = GrowReason::PendingPods { pods: 1, absent_pods: 0, spare_nodes: 0, loose_nodes: 0, minimum_nodes: 0 };
    Action::SetDesired { group: group(), from, to, nodes: 1, reason }
}

pub(super) fn revert(from: i64, to: i64) -> Action {
    Action::RevertDesired { group: group(), from, to, failed_at: ago(5), message: String::new() }
}

pub(super) fn cordon(node: &str) -> Action {
    Action::Cordon { node: node_ref(node), group: group(), reason: CordonReason::Idle { since: ago(20) } }
}

pub(super) fn uncordon(node: &str) -> Action {
    Action::Uncordon { node: node_ref(node), reason: UncordonReason::Kept }
}

fn limits() -> EvictionLimits {
    EvictionLimits { grace: Policy::default().drain_grace, max_lost_work: Some(Policy::default().max_lost_work) }
}

pub(super) fn start_drain(node: &str) -> Action {
    Action::StartDrain { node: node_ref(node), group: group(), limits: limits(), reason: DrainReason::Consolidated }
}

/// Evicts pods of the namespace from `e`.
pub(super) fn evict(pods: &[&str]) -> Action {
    let eviction = |name: &&str| Eviction {
        cost: EvictionCost::default(),
        pod: ObjectName::new("batch", *name),
        uid: format!("uid-{name}"),
        room_on: "a".into(),
    };
    Action::Evict {
        node: node_ref("e"),
        group: group(),
        since: Some(ago(10)),
        limits: limits(),
        timeout: Policy::default().drain_timeout,
        pods: pods.iter().map(eviction).collect(),
    }
}

pub(super) fn terminate(node: &str) -> Action {
    Action::Terminate {
        node: node_ref(node),
        group: group(),
        instance: format!("i-{node}"),
        cordoned_at: ago(10),
        reason: TerminateReason::StillIdle,
    }
}

pub(super) fn end_dead() -> Action {
    Action::TerminateUnhealthy {
        group: group(),
        instance: "i-d".into(),
        node: Some(node_ref("d")),
        decrement: true,
        reason: UnhealthyReason::Dead { since: ago(120), machine: None },
    }
}

pub(super) fn end_nobodys() -> Action {
    Action::TerminateUnhealthy {
        group: group(),
        instance: "i-n".into(),
        node: None,
        decrement: false,
        reason: UnhealthyReason::NeverRegistered { first_seen: ago(26) },
    }
}

pub(super) fn delete() -> Action {
    Action::DeleteNode { node: node_ref("old"), region: "us-west-2".into(), instance: "i-old".into(), since: ago(10) }
}
