//! Pods that spread over zones in which there is no node yet.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::{Plan, PodVerdict, plan};
use ec2_autoscale_core::policy::{Packing, Policy};
use ec2_autoscale_core::snapshot::{Labels, Snapshot, SpecId};
use serde_json::{Value, json};

/// Returns pods that must spread over zones, and a group of one zone for each maximum, whose nodes
/// have so many cores.
fn case(pods: usize, maxima: &[i64], cores: u32) -> Snapshot {
    let spread = json!({ "topology_key": "topology.kubernetes.io/zone", "max_skew": 1,
        "selector": { "match_labels": { "app": "web" } }, "honor_node_affinity": true, "honor_node_taints": false });
    let spec = json!({ "scheduler_name": "default-scheduler", "restart_policy": "never", "topology_spread": [spread],
        "containers": [{ "name": "main", "role": "main", "requests": { "cpu": "3" } }] });
    let since = "2026-11-22T11:55:00Z";
    let pod = |number: usize| {
        json!({ "namespace": "default", "name": format!("web-{number}"), "uid": format!("u{number}"), "spec": 0,
            "labels": { "app": "web" }, "phase": "pending", "created_at": since,
            "scheduling": { "state": "unschedulable", "since": since } })
    };
    let group = |(zone, max): (char, &i64)| {
        json!({ "id": { "region": "us-west-2", "name": format!("g{zone}") }, "managed_by": "cluster-tag", "min": 0, "max": max,
            "desired": 0, "zones": [format!("us-west-2{zone}")], "purchase": { "kind": "on-demand" },
            "launch_options": [{ "machine_type": "m5.xlarge", "weight": 1 }],
            "tags": { "resources": { "cpu": format!("{cores}"), "memory": "14Gi", "pods": "58" } } })
    };
    let groups: Vec<Value> = ('a'..).zip(maxima).map(group).collect();
    let snapshot = json!({
        "schema": ec2_autoscale_core::snapshot::SCHEMA, "taken_at": "2026-11-22T12:00:00Z", "cluster": { "name": "check" },
        "regions": [{ "name": "us-west-2", "preference": 0 }], "nodes": [], "pod_specs": { "0": spec },
        "pods": (0..pods).map(pod).collect::<Vec<_>>(), "groups": groups,
    });
    Snapshot::from_json(snapshot.to_string().as_bytes()).expect("a snapshot")
}

/// Returns how many pods each group gets.
fn pods_by_group(plan: &Plan) -> BTreeMap<&str, usize> {
    let mut pods = BTreeMap::new();
    for report in &plan.pods {
        if let PodVerdict::FitsNew { group, .. } = &report.verdict {
            *pods.entry(group.name.as_str()).or_default() += 1;
        }
    }
    pods
}

#[test]
fn every_zone_gets_its_share_from_nothing() {
    let plan = plan(&case(6, &[9, 9, 9], 4), &Policy::default());
    assert_eq!(pods_by_group(&plan), [("ga", 2), ("gb", 2), ("gc", 2)].into());
    assert_eq!(plan.summary.nodes_added, 6);
}

/// The spread holds for pods that share a node with earlier ones.
#[test]
fn later_pods_keep_the_spread_on_large_nodes() {
    let plan = plan(&case(7, &[9, 9, 9], 16), &Policy::default());
    let pods = pods_by_group(&plan);
    assert_eq!((pods.values().sum::<usize>(), pods.len()), (7, 3), "{pods:?}");
    assert!(pods.values().all(|pods| (2..=3).contains(pods)), "{pods:?}");
    assert_eq!(plan.summary.nodes_added, 3);
}

/// A zone whose group cannot grow has no part in it, and one whose limit is reached keeps back no
/// more than the scheduler would.
#[test]
fn a_zone_without_a_group_that_can_grow_keeps_nobody_waiting() {
    let closed = plan(&case(6, &[9, 9, 0], 4), &Policy::default());
    assert_eq!(pods_by_group(&closed), [("ga", 3), ("gb", 3)].into());
    let limited = plan(&case(6, &[9, 9, 9], 4), &Policy { max_nodes_total: Some(1), ..Policy::default() });
    assert_eq!(pods_by_group(&limited), [("ga", 1)].into());
}

/// The scheduler fills nodes of every zone with pods of all kinds. In a zone with few nodes it
/// would leave no room for the share of the pods that are spread.
#[test]
fn nodes_for_others_are_spread_as_well() {
    let mut snapshot = case(3, &[20, 20, 20], 4);
    let mut spec = snapshot.pod_specs[&SpecId(0)].clone();
    spec.topology_spread.clear();
    snapshot.pod_specs.insert(SpecId(1), spec);
    for number in 0..9 {
        let mut pod = snapshot.pods[0].clone();
        (pod.name, pod.uid) = (format!("job-{number}").into(), format!("job-{number}").into());
        (pod.spec, pod.labels) = (SpecId(1), Labels::new());
        snapshot.pods.push(pod);
    }
    let pods = |packing: Packing| {
        let plan = plan(&snapshot, &Policy { packing, ..Policy::default() });
        pods_by_group(&plan).into_values().collect::<Vec<_>>()
    };
    assert_eq!(pods(Packing::Auto), [4, 4, 4]);
    assert_eq!(pods(Packing::Dense), [10, 1, 1]);
}
