//! Drains before the checker: on random clusters rich in constraints, all pods that a plan evicts
//! are taken off their nodes at once, and each must then be allowed on the node where the plan
//! expects it.

use std::collections::BTreeSet;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, Plan, PodVerdict, plan};
use ec2_autoscale_core::snapshot::{RestartPolicy, Scheduling, Taint, TaintEffect};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::daemons::add_missing;
use super::predicates::why_not;
use super::recheck::bind;
use super::world::World;
use super::worlds::{Situation, situations};

const CASES: u32 = 800;
/// The least number of pods that are moved in all cases together; at least a quarter of them have
/// rules between pods.
const LEAST_MOVED: usize = 200;

#[test]
fn evicted_pods_are_allowed_where_the_plan_has_room_for_them() {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let moved = std::cell::Cell::new((0, 0));
    let outcome = TestRunner::new_with_rng(config, fixed()).run(&situations(), |situation| {
        let situation = open_to_drains(situation);
        let plan = plan(&situation.snapshot, &situation.policy);
        prop_assert_eq!(violations(&plan, &situation.snapshot), vec![]);
        let (wrong, all, bound) = misfits(&situation, &plan);
        prop_assert_eq!(wrong, Vec::<String>::new());
        moved.set((moved.get().0 + all, moved.get().1 + bound));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (all, bound) = moved.get();
    assert!(all >= LEAST_MOVED && bound * 4 >= all, "{all} pods were moved, {bound} of them with rules between pods");
}

/// Returns the same random numbers every time: how many pods move is asserted.
fn fixed() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

/// Returns the same cluster, in which every running pod may be moved as far as it alone matters.
fn open_to_drains(mut situation: Situation) -> Situation {
    let Situation { snapshot, policy } = &mut situation;
    for spec in snapshot.pod_specs.values_mut() {
        spec.restart_policy = RestartPolicy::Always;
    }
    // Nodes on which waiting pods are expected are not emptied: most clusters here have none.
    let is_calm = !snapshot.pods.len().is_multiple_of(4);
    snapshot.pods.retain(|pod| pod.node.is_some() || !is_calm);
    for pod in snapshot.pods.iter_mut().filter(|pod| pod.node.is_some()) {
        pod.deletion_deadline = None;
        pod.scheduling = Scheduling::Scheduled { at: Some(pod.created_at) };
        pod.ready = true;
    }
    for instance in snapshot.groups.iter_mut().flat_map(|group| &mut group.instances) {
        instance.protected = true;
    }
    policy.consolidate = true;
    // Pods of low priority end with their node here, so that all moved pods are of one kind.
    policy.expendable_below = Some(policy.min_priority);
    policy.drain_grace = Seconds(0);
    policy.min_node_age = Seconds(0);
    policy.max_scale_in_fraction = 1.0;
    policy.max_parallel_drains = u32::MAX;
    policy.scale_up = false;
    situation
}

/// Returns the objections of the filters to the moves of a plan; how many pods move, and how many
/// of those have rules between pods.
fn misfits(situation: &Situation, plan: &Plan) -> (Vec<String>, usize, usize) {
    let mut world = World::of(&situation.snapshot, &situation.policy).with_nominated();
    for node in 0..world.nodes.len() {
        add_missing(&mut world, node, &situation.snapshot);
    }
    bind_expected(&mut world, plan);
    let mut waiting = evict(&mut world, plan);
    let bound = waiting.iter().filter(|(pod, _)| has_rules(&world, *pod)).count();
    let all = waiting.len();
    // A pod that follows others finds its place once they have theirs.
    loop {
        let before = waiting.len();
        waiting.retain(|&(pod, node)| {
            let is_allowed = why_not(&world, &world.pods[pod], node).is_none();
            if is_allowed {
                bind(&mut world, pod, node);
            }
            !is_allowed
        });
        if waiting.len() == before {
            break;
        }
    }
    let objection = |(pod, node): (usize, usize)| {
        let (pod, name) = (&world.pods[pod], &world.nodes[node].name);
        format!("{} on {name}: {:?}", pod.pod.id(), why_not(&world, pod, node))
    };
    (waiting.into_iter().map(objection).collect(), all, bound)
}

/// Puts pending pods where the plan expects them.
fn bind_expected(world: &mut World, plan: &Plan) {
    let mut placed: Vec<_> = plan.pods.iter().filter(|pod| pod.placed.is_some()).collect();
    placed.sort_by_key(|pod| pod.placed);
    for report in placed {
        if let PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } = &report.verdict {
            let node = world.node_named(node).expect("the plan speaks of nodes that are there");
            let pod =
                world.pods.iter().position(|pod| pod.pod.id() == report.pod).expect("the plan speaks of pods that are there");
            bind(world, pod, node);
        }
    }
}

/// Cordons the nodes that are drained, and takes the evicted pods off them: returns each pod with
/// the node where it is expected.
fn evict(world: &mut World, plan: &Plan) -> Vec<(usize, usize)> {
    let mut moving = Vec::new();
    let mut drained = BTreeSet::new();
    for action in &plan.actions {
        let Action::Evict { node, pods, .. } = action else { continue };
        drained.insert(node.name.as_str());
        for eviction in pods {
            let pod =
                world.pods.iter().position(|pod| pod.pod.uid == eviction.uid).expect("the plan speaks of pods that are there");
            let room_on = world.node_named(&eviction.room_on).expect("the plan speaks of nodes that are there");
            world.pods[pod].node = None;
            world.pods[pod].pod.node = None;
            moving.push((pod, room_on));
        }
    }
    for node in world.nodes.iter_mut().filter(|node| drained.contains(node.name.as_str())) {
        node.unschedulable = true;
        let key = "node.kubernetes.io/unschedulable".to_owned();
        node.taints.push(Taint { key, value: String::new(), effect: TaintEffect::NoSchedule });
    }
    moving
}

fn has_rules(world: &World, pod: usize) -> bool {
    let spec = &world.pods[pod].spec;
    !spec.topology_spread.is_empty() || !spec.pod_affinity.is_empty() || !spec.pod_anti_affinity.is_empty()
}
