//! What a policy file says of single groups.

use ec2_autoscale_core::plan::saved::what_holds;
use ec2_autoscale_core::plan::{Action, FindingCode, GrowReason, GrowthBlock, LimitPlace, NodeState, Plan, Proposal, plan};
use ec2_autoscale_core::policy::{GroupRule, Limited, NamedLimit, Policy, PolicyFile, TimedPolicy};

use crate::support::scenario::situation;

/// Returns the plan for a situation under a rule for groups.
fn planned(script: &str, rule: &serde_json::Value) -> Plan {
    let (world, policy) = situation(script);
    let rule: GroupRule = serde_json::from_value(rule.clone()).expect("a rule");
    plan(&world.snapshot, &Policy { groups: vec![rule], ..policy })
}

const WAITING: &str = "group web cpu=4 max=9 desired=1\nnode n group=web\npods train x9 cpu=4";

fn bought(plan: &Plan) -> u32 {
    let growth = plan.actions.iter().filter_map(Action::growth);
    growth.map(|growth| growth.nodes).sum()
}

#[test]
fn a_group_grows_to_the_lower_of_two_maximums() {
    for (max, expected) in [(0, 0), (3, 2), (9, 8), (99, 8)] {
        assert_eq!(bought(&planned(WAITING, &serde_json::json!({"names": ["w*"], "max": max}))), expected, "{max}");
    }
    assert_eq!(bought(&planned(WAITING, &serde_json::json!({"names": ["other"], "max": 0}))), 8);
    let closed = planned(WAITING, &serde_json::json!({"names": ["web"], "max": 0}));
    assert_eq!(closed.groups[0].blocked, Some(GrowthBlock::AtPolicyMax { max: 0 }));
    assert!(closed.pods.iter().any(|pod| pod.message.contains("at the maximum 0 of the policy file")), "{:?}", closed.pods);
}

#[test]
fn no_node_goes_below_the_higher_of_two_minimums() {
    const IDLE: &str = "group web cpu=4 max=9 desired=2\nnode n group=web idle=2h\nnode m group=web idle=2h";
    let kept = |min: i64| {
        let plan = planned(IDLE, &serde_json::json!({"names": ["web"], "min": min}));
        plan.nodes.iter().filter(|node| node.state == NodeState::GroupMinSize { min }).count()
    };
    assert_eq!((kept(0), kept(2)), (0, 2));
}

#[test]
fn what_a_rule_sets_outweighs_the_tags_of_the_group() {
    let (world, _) = situation("group web cpu=4 max=9 over-provision=3");
    let groups = serde_json::json!([{"names": ["web"], "set": {"over-provision": 1, "idle-threshold": "45m"}}]);
    let file: PolicyFile = serde_json::from_value(serde_json::json!({ "groups": groups })).expect("a file");
    let mut policy = TimedPolicy::default();
    policy.add(&file).expect("a good one");
    let (own, bad) = policy.at(world.snapshot.taken_at).for_group(&world.snapshot.groups[0]);
    assert_eq!((own.over_provision, own.idle_threshold.0, bad.len()), (1, 45 * 60, 0));
}

/// Two nodes are there, one with each label, and pods wait for either.
const TWO_POOLS: &str = "price us-west-2 small 0.10
    group blue cpu=4 type=small desired=1 label=pool=blue
    group red cpu=4 type=small desired=1 label=pool=red
    node b group=blue
    node r group=red
    pods b1 x5 cpu=4 select=pool=blue
    pods r1 x5 cpu=4 select=pool=red";

/// Returns how many nodes each of two groups gets under a limit.
fn under(limit: &serde_json::Value) -> (Plan, [u32; 2]) {
    let (world, policy) = situation(TWO_POOLS);
    let limit: NamedLimit = serde_json::from_value(limit.clone()).expect("a limit");
    let plan = plan(&world.snapshot, &Policy { limits: vec![limit], ..policy });
    let of = |name: &str| {
        let growths = plan.actions.iter().filter_map(Action::growth).filter(|growth| growth.group.name == name);
        growths.map(|growth| growth.nodes).sum()
    };
    let bought = [of("blue"), of("red")];
    (plan, bought)
}

#[test]
fn a_limit_is_about_the_nodes_that_it_names_alone() {
    use serde_json::json;
    for (limit, expected) in [
        (json!({"name": "all", "most": {"nodes": 99}}), [4, 4]),
        (json!({"name": "blue", "nodes": {"pool": "blue"}, "most": {"nodes": 3}}), [2, 4]),
        (json!({"name": "red", "groups": ["r*"], "most": {"cpu": 11}}), [4, 1]),
        (json!({"name": "red", "groups": ["red"], "most": {"usd-per-hour": "0.30"}}), [4, 2]),
        (json!({"name": "gpus", "nodes": {"pool": "blue"}, "most": {"nvidia.com/gpu": 0}}), [4, 4]),
        (json!({"name": "none", "groups": ["green"], "most": {"nodes": 0}}), [4, 4]),
    ] {
        assert_eq!(under(&limit).1, expected, "{limit}");
    }
}

#[test]
fn a_limit_that_keeps_pods_waiting_is_named_with_what_is_used() {
    let (plan, _) = under(&serde_json::json!({"name": "red budget", "groups": ["red"], "most": {"usd-per-hour": "0.30"}}));
    let words = "limit red budget: usd-per-hour $0.30/h of $0.30/h are there or planned, and a new node of it adds $0.10/h";
    assert!(plan.pods.iter().any(|pod| pod.message.contains(words)), "{:?}", plan.pods);
    let hit = FindingCode::NamedLimitHit {
        limit: "red budget".into(),
        stands_in: LimitPlace::PolicyFile,
        of: Limited::UsdPerHour,
        most: 300_000,
        pods: 2,
    };
    assert!(plan.findings.iter().any(|finding| finding.code == hit), "{:?}", plan.findings);
}

#[test]
fn a_reviewed_growth_to_a_minimum_is_carried_out_as_far_as_it_was_reviewed() {
    const EMPTY: &str = "group web cpu=4 max=9";
    let (world, policy) = situation(EMPTY);
    let rule = |min: i64| serde_json::from_value(serde_json::json!({"names": ["web"], "min": min})).expect("a rule");
    let under = |min| plan(&world.snapshot, &Policy { groups: vec![rule(min)], ..policy.clone() });
    for (reviewed, expected) in [(2, 2), (3, 3), (5, 3)] {
        let now = Proposal::new(&world.snapshot, &Policy { groups: vec![rule(3)], ..policy.clone() });
        let kept = what_holds(&under(reviewed), now, &world.snapshot, &[]).plan;
        let growth = kept.actions.iter().find_map(Action::growth).expect("it grows");
        assert_eq!((growth.nodes, growth.reason), (expected, &GrowReason::PolicyMin { min: 3 }), "{reviewed} reviewed");
    }
}
