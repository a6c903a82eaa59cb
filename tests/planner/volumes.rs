//! How many volumes a node takes, and whose volumes they are.

use ec2_autoscale_core::plan::{Plan, PodVerdict, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{BindingMode, Claim, ClaimPhase, CsiNode, PodVolume, Snapshot, StorageClass, Volume};
use serde_json::json;

use crate::support::scenario::{World, situation};

/// Gives each pod a claim of its own, bound where the pod has a node, of a class that waits for its
/// pod and has this provisioner.
fn with_claims(world: &mut World, provisioner: &str) {
    let snapshot: &mut Snapshot = &mut world.snapshot;
    snapshot.storage_classes = vec![StorageClass {
        name: "disk".into(),
        provisioner: provisioner.into(),
        binding_mode: BindingMode::WaitForFirstConsumer,
        allowed_topologies: Vec::new(),
        is_default: false,
    }];
    for pod in &mut snapshot.pods {
        let claim = format!("data-{}", pod.name);
        let name = json!({ "namespace": pod.namespace, "name": claim });
        let mut made: Claim = serde_json::from_value(json!({
            "namespace": pod.namespace, "name": claim, "phase": "pending", "storage_class": "disk"
        }))
        .expect("a claim");
        if pod.node.is_some() {
            made.phase = ClaimPhase::Bound;
            made.volume = Some(format!("pv-{}", pod.name));
            let volume: Volume = serde_json::from_value(json!({
                "name": format!("pv-{}", pod.name), "available": false, "claim": name, "storage_class": "disk",
                "driver": "ebs.csi.aws.com", "handle": format!("vol-{}", pod.name)
            }))
            .expect("a volume");
            snapshot.volumes.push(volume);
        }
        snapshot.claims.push(made);
        pod.volumes = vec![PodVolume::Claim { claim }];
    }
}

fn planned(script: &str, provisioner: &str, limit: Option<i32>) -> Plan {
    let (mut world, policy) = situation(script);
    with_claims(&mut world, provisioner);
    let limits = limit.map(|limit| ("ebs.csi.aws.com".to_owned(), limit));
    world.snapshot.csi_nodes.extend(limits.map(|limit| CsiNode { name: "n".into(), limits: [limit].into() }));
    plan(&world.snapshot, &policy)
}

#[test]
fn a_group_without_nodes_has_the_limit_of_its_machine_type() {
    let plan = planned("group web cpu=16 mem=60Gi pods=234 max=10\npods data x60 cpu=100m", "ebs.csi.aws.com", None);
    assert_eq!(plan.summary.nodes_added, 3, "27 attachments without the root volume and one more interface leave 25");
    let plan = planned("group web cpu=16 mem=60Gi pods=234 max=10\npods data x60 cpu=100m", "files.example.com", None);
    assert_eq!(plan.summary.nodes_added, 1, "of another driver no limit is known");
}

#[test]
fn volumes_of_the_old_kind_count_as_the_driver_s() {
    let script = "group web cpu=16 mem=60Gi max=5 desired=1\nnode n group=web\npods old x5 cpu=100m on=n\npods new cpu=100m";
    for provisioner in ["kubernetes.io/aws-ebs", "ebs.csi.aws.com"] {
        let fits = |limit| {
            let plan = planned(script, provisioner, Some(limit));
            plan.pods.iter().find(|pod| pod.pod.name == "new-0").expect("the pod").verdict.clone()
        };
        assert!(matches!(fits(6), PodVerdict::FitsExisting { .. }), "{provisioner}");
        assert!(matches!(fits(5), PodVerdict::FitsNew { .. }), "{provisioner}");
    }
}

/// Three nodes of one group with storage of their own, of which some is left, and pods that ask for
/// 60 bytes each.
fn with_storage(script: &str, left: &[(&str, i64)]) -> World {
    let (mut world, _) = situation(script);
    with_claims(&mut world, "local.csi");
    let snapshot = &mut world.snapshot;
    for claim in &mut snapshot.claims {
        claim.requested = 60;
    }
    snapshot.capacity_drivers = vec!["local.csi".into()];
    for (node, bytes) in left {
        let capacity = json!({ "storage_class": "disk", "nodes": { "match_labels": { "kubernetes.io/hostname": node } },
            "capacity": bytes });
        snapshot.storage_capacities.push(serde_json::from_value(capacity).expect("a capacity"));
    }
    // The volumes that the nodes have.
    for pod in snapshot.pods.iter().filter(|pod| pod.node.is_some()) {
        let volume = snapshot.volumes.iter_mut().find(|volume| volume.name == format!("pv-{}", pod.name)).expect("its volume");
        volume.capacity = 60;
        volume.node_affinity = serde_json::from_value(json!([{ "match_expressions": [
            { "key": "kubernetes.io/hostname", "operator": "in", "values": [pod.node] }] }]))
        .expect("terms");
    }
    world
}

fn verdicts(world: &World) -> Vec<PodVerdict> {
    let plan = plan(&world.snapshot, &Policy::default());
    plan.pods.into_iter().map(|pod| pod.verdict.clone()).collect()
}

const GROUP: &str = "group web cpu=16 mem=60Gi max=5 desired=1\nnode n group=web age=2h";

#[test]
fn a_node_without_the_storage_takes_no_claim() {
    for (left, fits) in [(60, true), (59, false)] {
        let world = with_storage(&format!("{GROUP}\npods new cpu=100m"), &[("n", left)]);
        assert_eq!(matches!(verdicts(&world)[..], [PodVerdict::FitsExisting { .. }]), fits, "{left}");
    }
    let mut world = with_storage(&format!("{GROUP}\npods new cpu=100m"), &[]);
    world.snapshot.capacity_drivers.clear();
    assert!(matches!(verdicts(&world)[..], [PodVerdict::FitsExisting { .. }]), "nobody compares");
}

#[test]
fn a_new_node_has_what_its_siblings_have_when_they_are_empty() {
    let full = format!("{GROUP}\npods old x3 cpu=100m on=n\npods new x4 cpu=100m");
    let plan = |left: i64| plan(&with_storage(&full, &[("n", left)]).snapshot, &Policy::default());
    let (narrow, wide) = (plan(20), plan(59));
    assert_eq!(narrow.summary.nodes_added, 2, "three volumes of 60 fit in 200");
    assert_eq!(wide.summary.nodes_added, 2, "three volumes of 60 fit in 239");
    assert_eq!(plan(60).summary.nodes_added, 1, "one fits beside the three");
}

#[test]
fn nothing_is_bought_where_no_node_shows_what_a_new_one_has() {
    let message = |script: &str| plan(&with_storage(script, &[]).snapshot, &Policy::default()).pods[0].message.clone();
    let from_zero = message("group web cpu=16 mem=60Gi max=5\npods new cpu=100m");
    assert!(from_zero.contains("no node shows how much storage a new one has"), "{from_zero}");
    let beside = message(&format!("{GROUP}\npods new cpu=100m"));
    assert!(beside.contains("did not have enough free storage"), "{beside}");
}

#[test]
fn a_young_node_whose_storage_is_still_to_come_is_counted() {
    let script =
        "group web cpu=16 mem=60Gi max=5 desired=2\nnode n group=web age=2h\nnode young group=web age=2m\npods new x2 cpu=100m";
    let world = with_storage(script, &[("n", 70)]);
    let plan = plan(&world.snapshot, &Policy::default());
    assert_eq!(plan.summary.nodes_added, 0, "{:#?}", plan.pods);
}
