//! What plans cost by `price` in random clusters, with nodes in use, taints and selectors, and with
//! a pod that nothing serves.

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::Snapshot;

use crate::support::dice::Dice;
use crate::support::price_sets::{self, PodSet};
use crate::support::scenario::situation;

const SEEDS: u64 = 120;
/// What others cost may change by so many thousandths.
const CHANGE: u64 = 5;

fn planned(snapshot: &Snapshot, policy: &Policy) -> Plan {
    let plan = plan(snapshot, policy);
    assert_eq!(violations(&plan, snapshot), []);
    plan
}

fn cost(plan: &Plan) -> u64 {
    plan.bill.as_ref().expect("prices are known").new_nodes.micros()
}

/// Goes red when the plan is not made again with other expanders.
#[test]
fn among_nodes_in_use_taints_and_selectors_no_other_expander_is_cheaper() {
    let mut bought = 0;
    for seed in 0..SEEDS {
        let script = price_sets::few_groups(seed, 4);
        let by = |expander: &str| {
            let (world, policy) = situation(&script.replace("expander=price", &format!("expander={expander} packing=dense")));
            planned(&world.snapshot, &policy)
        };
        let own = by("price");
        let bill = own.bill.as_ref().expect("prices are known");
        assert!(bill.lower_bound.is_none_or(|bound| bound <= bill.new_nodes), "{bill:?}\n{script}");
        bought += u32::from(own.summary.nodes_added > 0);
        for other in ["least-waste", "least-nodes", "most-pods", "priority"] {
            let others = by(other);
            if others.summary.pods_unhelped == own.summary.pods_unhelped {
                assert!(cost(&own) <= cost(&others), "{} and only {} by {other}\n{script}", cost(&own), cost(&others));
            }
        }
    }
    assert!(bought > 80, "{bought}");
}

/// Goes red when a few pods among 21 machine types are no longer bought for at the least price, or
/// when that is no longer proved.
#[test]
fn a_dozen_pods_among_many_machine_types_cost_what_is_proved_the_least() {
    for set in PodSet::ALL {
        let script = price_sets::cluster(set, 12, 3, 1);
        let (world, policy) = situation(&script);
        let plan = planned(&world.snapshot, &policy);
        let bill = plan.bill.as_ref().expect("prices are known");
        assert_eq!(plan.summary.pods_unhelped, 0, "{script}");
        assert_eq!(bill.lower_bound.unwrap_or_default(), bill.new_nodes, "{set:?}\n{script}");
    }
}

/// Goes red when a limit on the nodes of a run is laid on a mix that was chosen without it.
#[test]
fn max_scale_up_changes_little_for_the_pods_that_are_served() {
    let mut limited = 0;
    for seed in 0..SEEDS / 2 {
        let script = price_sets::few_groups(seed, 4);
        let (world, policy) = situation(&script);
        let free = planned(&world.snapshot, &policy);
        let nodes = free.summary.nodes_added;
        for most in [1, nodes.saturating_sub(1), nodes].into_iter().filter(|most| (1..=nodes).contains(most)) {
            let policy = Policy { max_scale_up: most, ..policy.clone() };
            let plan = planned(&world.snapshot, &policy);
            if most == nodes {
                assert_eq!(plan.pods, free.pods, "{most} nodes are enough\n{script}");
                continue;
            }
            let mut alone = world.snapshot.clone();
            let helped = |name: &str| plan.pods.iter().any(|pod| pod.pod.name == *name && pod.verdict.is_helped());
            alone.pods.retain(|pod| pod.node.is_some() || helped(&pod.name));
            let own = cost(&plan);
            for expander in ["price", "least-waste", "least-nodes", "most-pods"] {
                let other = planned(&alone, &Policy { expander: expander.parse().expect("a chain"), ..policy.clone() });
                let is_cheaper = other.summary.pods_unhelped == 0 && cost(&other) * (1000 + CHANGE) < own * 1000;
                assert!(!is_cheaper, "{own}, and {} by {expander} for the same pods on {most} nodes\n{script}", cost(&other));
            }
            limited += 1;
        }
    }
    assert!(limited > 50, "{limited}");
}

/// Goes red when a pod that fits nowhere throws the mix of the others away.
#[test]
fn a_pod_that_nothing_serves_changes_little_for_others() {
    for seed in 0..SEEDS {
        let (script, mut dice) = (price_sets::few_groups(seed, 4), Dice::new(seed));
        let too_large = ["cpu=64 mem=1Gi", "cpu=1 mem=900Gi", "cpu=1 select=own=nowhere", "cpu=1 mem=1Gi gpu=1"];
        let one_more = format!("{script}pods lost {}\n", dice.pick(&too_large));
        let [without, with] = [&script, &one_more].map(|script| {
            let (world, policy) = situation(script);
            planned(&world.snapshot, &policy)
        });
        assert_eq!(with.summary.pods_unhelped, without.summary.pods_unhelped + 1, "{one_more}");
        let (before, after) = (cost(&without), cost(&with));
        assert!(before.abs_diff(after) * 1000 <= before * CHANGE, "{before}, then {after}\n{one_more}");
    }
}
