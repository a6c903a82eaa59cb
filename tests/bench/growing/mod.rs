//! Inputs of any size that made time grow faster than their size once. The shapes are those in which
//! a tenant, or a careless chart, writes one rule for each of thousands of pods.

mod claiming;
mod gangs;
mod made;
mod pending;
mod running;

use ec2_autoscale_core::plan::{Action, Plan, PodReport, PodVerdict};
use ec2_autoscale_core::policy::{Packing, Policy};
use ec2_autoscale_core::snapshot::Snapshot;

use crate::mixed;

/// Twice the size should take at most so many times as long.
const MOST_GROWTH: f64 = 2.3;
/// Cases that are known to grow faster, and how much: at sizes far above those of the gate with the
/// square.
const GROW_FASTER: [(&str, f64); 2] =
    [("gangs of eight, each in a block of ten nodes", 2.7), ("a claim for each node that eight pods share", 2.5)];

/// An input of any size, and its answer.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) size: usize,
    pub(crate) snapshot: fn(usize) -> Snapshot,
    pub(crate) consolidate: bool,
    pub(crate) assert_answer: fn(usize, &Plan),
}

/// Claims of devices.
pub(crate) const CLAIMS: Case = Case {
    name: "four claims of devices for each node",
    size: 5_000,
    snapshot: claiming::devices,
    consolidate: false,
    assert_answer: assert_devices_given,
};

/// Claims that can be served, that cannot, and that several pods share.
pub(crate) const CLAIM_CASES: [Case; 3] = [
    CLAIMS,
    Case {
        name: "four claims for each node that nothing serves",
        size: 5_000,
        snapshot: claiming::unserved,
        consolidate: false,
        assert_answer: |_, plan| assert_eq!((plan.summary.pods_helped, plan.summary.nodes_added), (0, 0)),
    },
    Case {
        name: "a claim for each node that eight pods share",
        size: 1_000,
        snapshot: claiming::shared,
        consolidate: false,
        assert_answer: |nodes, plan| assert_fit(plan, nodes * claiming::SHARING),
    },
];

pub(crate) const CASES: [Case; 8] = [
    Case {
        name: "pending pods that each refuse their like",
        size: 10_000,
        snapshot: pending::refusing_their_like,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 250, 256),
    },
    Case {
        name: "running pods that refuse their like, 100 pending",
        size: 8_000,
        snapshot: running::running_and_refusing,
        consolidate: false,
        assert_answer: |_, plan| assert_eq!((plan.summary.pods_helped, plan.summary.nodes_added), (100, 0)),
    },
    Case {
        name: "namespace selectors, a namespace for each pod",
        size: 800,
        snapshot: pending::namespace_selectors,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 250, 256),
    },
    Case {
        name: "a label key for each deployment",
        size: 4_000,
        snapshot: running::keys,
        consolidate: false,
        assert_answer: |pods, plan| assert_eq!((plan.summary.pods_helped as usize, plan.summary.nodes_added), (pods, 0)),
    },
    Case {
        name: "pods of which no two are alike",
        size: 20_000,
        snapshot: pending::all_different,
        consolidate: false,
        assert_answer: |pods, plan| assert_packed(plan, pods, 850, 2_100),
    },
    Case {
        name: "pods with constraints on each other",
        size: 8_000,
        snapshot: mixed::snapshot,
        consolidate: false,
        assert_answer: |pods, plan| assert_eq!(plan.summary.pods_helped as usize, pods),
    },
    Case {
        name: "a budget for each node, of pods on thirty of them",
        size: 1_000,
        snapshot: running::budgets,
        consolidate: true,
        assert_answer: |nodes, plan| assert!(drains(plan) * 20 >= nodes, "{} of {nodes} nodes are drained", drains(plan)),
    },
    Case {
        name: "nodes to consolidate, pods spread over zones",
        size: 1_000,
        snapshot: running::spread_and_loose,
        consolidate: true,
        assert_answer: assert_consolidated,
    },
];

/// Gangs that wait.
pub(crate) const GANG_CASES: [Case; 4] = [
    Case {
        name: "gangs of eight, and room for all",
        size: 1_875,
        snapshot: gangs::with_room,
        consolidate: false,
        assert_answer: |gangs, plan| assert_gangs(plan, gangs, 0),
    },
    Case {
        name: "gangs of eight, and room for one in ten",
        size: 400,
        snapshot: gangs::few_with_room,
        consolidate: false,
        assert_answer: |gangs, plan| assert_gangs(plan, gangs / gangs::ONE_IN, 4 * (gangs / gangs::ONE_IN)),
    },
    Case {
        name: "gangs of eight, each in a block of ten nodes",
        size: 320,
        snapshot: gangs::in_blocks,
        consolidate: false,
        assert_answer: |gangs, plan| assert_gangs(plan, gangs, 0),
    },
    Case {
        name: "gangs of eight of which half runs",
        size: 1_800,
        snapshot: gangs::half_running,
        consolidate: false,
        assert_answer: |gangs, plan| assert_fit(plan, gangs * gangs::PODS / 2),
    },
];

/// Returns every case.
pub(crate) fn all_cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(&GANG_CASES).chain(&CLAIM_CASES)
}

impl Case {
    /// Returns how many times as long twice the size may take.
    pub(crate) fn most_growth(&self) -> f64 {
        GROW_FASTER.iter().find(|(name, _)| *name == self.name).map_or(MOST_GROWTH, |(_, growth)| *growth)
    }

    /// Returns the policy that it is planned with.
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            max_scale_up: 100_000,
            packing: Packing::Dense,
            consolidate: self.consolidate,
            max_scale_in_fraction: 1.0,
            max_parallel_drains: u32::MAX,
            ..Policy::default()
        }
    }
}

/// Asserts that all pods get new nodes, at most one in fifty more than their requests would fill,
/// given what a pod requests on average, in millicores and MiB.
fn assert_packed(plan: &Plan, pods: usize, millicores: i64, mebibytes: i64) {
    assert_eq!(plan.summary.pods_helped as usize, pods);
    let pods = i64::try_from(pods).expect("not so many");
    let [cpu, memory] = [millicores * pods / 15_900, mebibytes * pods / (32 * 1024)];
    let (least, added) = (cpu.max(memory).max(pods / 160), i64::from(plan.summary.nodes_added));
    assert!(added <= least * 102 / 100 + 1, "{added} nodes, and {least} would be full");
}

/// Asserts that all pods of so many gangs have a place, and no other, on so many new nodes.
fn assert_gangs(plan: &Plan, gangs: usize, nodes: usize) {
    assert_eq!((plan.summary.pods_helped as usize, plan.summary.nodes_added as usize), (gangs * gangs::PODS, nodes));
}

/// Asserts that the eight free devices of each node serve its four claims, of one, two, two and one.
fn assert_devices_given(nodes: usize, plan: &Plan) {
    assert_fit(plan, nodes * 4);
}

/// Asserts that so many pods fit on nodes that are there, and no other is bought.
fn assert_fit(plan: &Plan, pods: usize) {
    let fits = |pod: &&PodReport| matches!(pod.verdict, PodVerdict::FitsExisting { .. });
    assert_eq!((plan.pods.iter().filter(fits).count(), plan.summary.nodes_added), (pods, 0));
}

/// Returns how many nodes begin to be emptied.
fn drains(plan: &Plan) -> usize {
    plan.actions.iter().filter(|action| matches!(action, Action::StartDrain { .. })).count()
}

/// Asserts that at least two in five nodes are drained: their pods use less than half of them.
fn assert_consolidated(nodes: usize, plan: &Plan) {
    let drained = drains(plan);
    assert!(drained * 5 >= nodes * 2, "{drained} of {nodes} nodes are drained");
}
