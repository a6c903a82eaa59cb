//! The state of a cluster at the end of a day, when nothing happens any more.

use std::collections::BTreeMap;

use ec2_autoscale_core::plan::{NodeState, Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::{Group, Labels, Snapshot, Taint};

use crate::support::scenario::World;

/// Asserts that the cluster is as small as it may be, nothing is left cordoned, and plans are quiet
/// and stay so. Returns whether nodes are kept as spares.
pub(super) fn assert_at_rest(world: &mut World, policy: &Policy) -> bool {
    assert_no_leftovers(&world.snapshot);
    for _ in 0..4 {
        let plan = plan(&world.snapshot, policy);
        assert!(!plan.has_changes(), "no end: {:?}", plan.actions);
        assert!(plan.actions.is_empty(), "marks are written again and again: {:?}", plan.actions);
        world.wait(1800);
    }
    let spares = assert_smallest(&world.snapshot, policy);
    let plan = plan(&world.snapshot, policy);
    assert!(told_as_spares(&plan) >= spares, "a node above the minimum is no spare: {:?}", plan.nodes);
    spares > 0
}

fn assert_no_leftovers(snapshot: &Snapshot) {
    let working: Vec<_> = snapshot.pods.iter().filter(|pod| !pod.is_daemon()).map(|pod| &pod.name).collect();
    assert!(working.is_empty(), "work goes on: {working:?}");
    for node in &snapshot.nodes {
        assert!(node.is_ready() && !node.unschedulable, "{} was left behind: {node:?}", node.name);
        assert!(node.idle_since().is_some() && node.taints.len() == own_taints(snapshot, node.instance_id()) + 1, "{node:?}");
    }
}

/// Returns how many taints the nodes of an instance's group have by themselves.
fn own_taints(snapshot: &Snapshot, instance: Option<&str>) -> usize {
    let is_its = |group: &&Group| group.instances.iter().any(|own| Some(own.id.as_str()) == instance);
    snapshot.groups.iter().find(is_its).map_or(0, |group| group.tags.taints.len())
}

/// Asserts that every group has its desired capacity, and above its minimum only spares. Nodes of
/// one type, labels and taints are spares for each other within a region; returns how many there
/// are above the minimum.
fn assert_smallest(snapshot: &Snapshot, policy: &Policy) -> usize {
    type Shape<'a> = (&'a str, &'a str, &'a Labels, &'a [Taint]);
    let mut shapes: BTreeMap<Shape<'_>, (i64, i64)> = BTreeMap::new();
    for group in &snapshot.groups {
        let live = i64::try_from(group.instances.len()).expect("few instances");
        assert_eq!(live, group.desired, "{} lacks instances", group.id);
        let machine_type = group.launch_options.first().map_or("", |option| option.machine_type.as_str());
        let shape = (machine_type, group.id.region.as_str(), &group.tags.labels, group.tags.taints.as_slice());
        let (all, least) = shapes.entry(shape).or_default();
        *all += live;
        *least += group.min;
    }
    let mut spares = 0;
    for (shape, (all, least)) in shapes {
        let most = least.max(policy.type_idle_count.into());
        assert!((least..=most).contains(&all), "{shape:?}: {all} nodes, {least} at least, {most} at most");
        spares += usize::try_from(all - least).expect("a small number");
    }
    spares
}

/// Returns how many nodes the plan reports as spares: with them those that make up the minimum,
/// since they are all alike.
fn told_as_spares(plan: &Plan) -> usize {
    plan.nodes.iter().filter(|node| matches!(node.state, NodeState::TypeGracePeriod { .. })).count()
}
