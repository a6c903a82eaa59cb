//! The random clusters must contain what they are meant to try: counted over a fixed set of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ec2_autoscale_core::plan::{Plan, plan};
use ec2_autoscale_core::scheduler::Plugin;
use ec2_autoscale_core::snapshot::{PodVolume, TolerationOperator};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::predicates::ALL;
use super::published::Published;
use super::world::World;
use super::worlds::{Situation, situations};

const SITUATIONS: usize = 150;

type Tally = BTreeMap<String, usize>;

/// Returns the same clusters every time, made once.
fn some_situations() -> &'static [Situation] {
    static MADE: LazyLock<Vec<Situation>> = LazyLock::new(|| {
        let mut runner = TestRunner::deterministic();
        (0..SITUATIONS).map(|_| situations().new_tree(&mut runner).expect("a cluster").current()).collect()
    });
    &MADE
}

fn count(tally: &mut Tally, what: &str, holds: bool) {
    *tally.entry(what.to_owned()).or_default() += usize::from(holds);
}

fn assert_each_at_least(least: usize, tally: &Tally) {
    let rare: Vec<_> = tally.iter().filter(|(_, count)| **count < least).collect();
    assert!(rare.is_empty(), "tried less than {least} times: {rare:?} of {tally:?}");
}

#[test]
fn every_constraint_occurs_on_waiting_pods() {
    let mut tally = Tally::new();
    for Situation { snapshot, policy } in some_situations() {
        let world = World::of(snapshot, policy);
        for pod in world.pods.iter().filter(|pod| pod.pod.node.is_none()) {
            let spec = &pod.spec;
            let compares =
                |toleration: &ec2_autoscale_core::snapshot::Toleration| toleration.operator == TolerationOperator::Gt;
            let has_ports = spec.containers.iter().any(|container| !container.host_ports.is_empty());
            let is_ephemeral = |volume: &PodVolume| matches!(volume, PodVolume::Ephemeral { .. });
            for (what, holds) in [
                ("ports", has_ports),
                ("spread", !spec.topology_spread.is_empty()),
                ("affinity", !spec.pod_affinity.is_empty()),
                ("anti-affinity", !spec.pod_anti_affinity.is_empty()),
                ("selector", !spec.node_selector.is_empty()),
                ("node affinity", spec.node_affinity.is_some()),
                ("claim", pod.claims().next().is_some()),
                ("ephemeral claim", pod.pod.volumes.iter().any(is_ephemeral)),
                ("numeric toleration", world.numeric_tolerations && spec.tolerations.iter().any(compares)),
                ("priority", spec.priority > 0),
                ("another namespace", pod.pod.namespace != "default"),
                ("beside a daemon", !snapshot.daemon_sets.is_empty()),
                ("in three zones", snapshot.groups.iter().any(|group| group.zones.len() == 3)),
                ("anti-affinity that is there", world.placed().any(|(other, _)| !other.spec.pod_anti_affinity.is_empty())),
            ] {
                count(&mut tally, what, holds);
            }
        }
    }
    assert_each_at_least(20, &tally);
}

/// Every filter keeps some pod off some node that all the others would allow, so that a planner
/// that forgets one is noticed, and a plugin without a filter here.
#[test]
fn every_filter_decides_alone_somewhere() {
    const NEVER_TRIED: [&str; 2] = ["NodeName", "DynamicResources"];
    let mut tally: Tally = Plugin::ALL.iter().map(|plugin| (plugin.to_string(), 0)).collect();
    for Situation { snapshot, policy } in some_situations() {
        let world = World::of(snapshot, policy);
        for pod in world.pods.iter().filter(|pod| pod.pod.node.is_none()) {
            for node in 0..world.nodes.len() {
                let against: Vec<&str> =
                    ALL.iter().filter(|(_, filter)| filter(&world, pod, node).is_some()).map(|(plugin, _)| *plugin).collect();
                if let [alone] = against.as_slice() {
                    count(&mut tally, alone, true);
                }
            }
        }
    }
    tally.retain(|plugin, _| !NEVER_TRIED.contains(&plugin.as_str()));
    // A cordon shows twice: in the node and in its taint. A claim of one pod shows in its volume's
    // node, too.
    tally.retain(|plugin, _| plugin != "NodeUnschedulable");
    assert_each_at_least(3, &tally);
}

#[test]
fn pods_are_placed_everywhere() {
    let mut tally: Tally = ["There", "Upcoming", "New"].map(|kind| (kind.to_owned(), 0)).into();
    for Situation { snapshot, policy } in some_situations() {
        let plan: Plan = plan(snapshot, policy);
        for (_, place) in Published::of(&plan).placements().0 {
            let kind = format!("{place:?}");
            count(&mut tally, kind.split('(').next().expect("a word"), true);
        }
    }
    assert_each_at_least(40, &tally);
}
