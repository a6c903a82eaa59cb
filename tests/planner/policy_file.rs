//! What a policy file says of single groups.

use ec2_autoscale_core::plan::{Action, GrowthBlock, NodeState, Plan, plan};
use ec2_autoscale_core::policy::{GroupRule, Policy, PolicyFile, TimedPolicy};

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
