//! Situations with one fact turned: what was bought, opened or said because of it is not.

use std::path::Path;

use ec2_autoscale_core::plan::{Action, FindingCode, Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{ForeignAutoscaler, ForeignLease, Snapshot};

fn planned(situation: &str, turn: impl Fn(&mut Snapshot)) -> Plan {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/situations/{situation}.json"));
    let story: serde_json::Value = serde_json::from_slice(&std::fs::read(file).expect("readable")).expect("JSON");
    let mut snapshot = Snapshot::from_json(story["snapshot"].to_string().as_bytes()).expect("a snapshot");
    turn(&mut snapshot);
    plan(&snapshot, &Policy::default())
}

#[test]
fn a_taint_of_cluster_autoscaler_is_nothing_odd_while_that_is_active() {
    let is_found = |plan: &Plan| plan.findings.iter().any(|finding| matches!(finding.code, FindingCode::TaintLeft { .. }));
    assert!(is_found(&planned("left-by-cluster-autoscaler", |_| ())));
    assert!(!is_found(&planned("left-by-cluster-autoscaler", |snapshot| {
        snapshot.foreign_leases.push(ForeignLease {
            autoscaler: ForeignAutoscaler::ClusterAutoscaler,
            namespace: "kube-system".into(),
            holder: "ca-0".into(),
            renewed_at: snapshot.taken_at,
        });
    })));
}

#[test]
fn one_machine_that_died_is_no_pattern() {
    let added = |left: usize| {
        let turned = |snapshot: &mut Snapshot| snapshot.groups[0].activities.truncate(left);
        planned("instances-that-die-before-they-serve", turned).summary.nodes_added
    };
    assert_eq!((added(9), added(1)), (3, 0), "those that are starting are counted on");
}

#[test]
fn a_pending_machine_that_no_run_has_seen_before_is_coming() {
    let added = |snapshot: fn(&mut Snapshot)| planned("hook-that-never-completes", snapshot).summary.nodes_added;
    assert_eq!(added(|_| ()), 2);
    assert_eq!(added(|snapshot| snapshot.instance_notes.clear()), 0);
}

#[test]
fn a_node_with_devices_opens_for_others_where_nothing_can_be_bought() {
    let opens = |plan: &Plan| plan.actions.iter().any(|action| matches!(action, Action::Uncordon { .. }));
    assert!(!opens(&planned("gpu-node-reopened-for-a-small-pod", |_| ())));
    assert!(opens(&planned("gpu-node-reopened-for-a-small-pod", |snapshot| {
        for group in &mut snapshot.groups {
            group.max = group.desired;
        }
    })));
}
