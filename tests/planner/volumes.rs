//! How many volumes a node takes, and whose volumes they are.

use ec2_autoscale_core::plan::{Plan, PodVerdict, plan};
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
