//! The edges of the rules that bound removals: zones that AWS would even out, activities that could not be read, and how many dead nodes
//! are a broken view.

use ec2_autoscale_core::plan::{Action, GrowthBlock, Hold, InstanceState, NodeState, Plan, plan};
use ec2_autoscale_core::snapshot::{Gap, MissingFact};

use crate::support::scenario::{World, situation};

fn planned(script: &str) -> Plan {
    let (world, policy) = situation(script);
    plan(&world.snapshot, &policy)
}

fn ended(plan: &Plan) -> usize {
    let ends = |action: &&Action| matches!(action, Action::Terminate { .. } | Action::TerminateUnhealthy { .. });
    plan.actions.iter().filter(ends).count()
}

fn hold_of<'a>(plan: &'a Plan, node: &str) -> Option<&'a Hold> {
    match &plan.nodes.iter().find(|report| report.node == node).expect("the node is in the plan").state {
        NodeState::IdleUnschedulable { held_by, .. } => held_by.as_ref(),
        other => panic!("{node} is {other}"),
    }
}

/// Nodes come to zones in turn: `gone` is the only one in zone b, the other two are busy in zone a.
const LAST_OF_ITS_ZONE: &str = "
    node p group=web
    node gone group=web cordoned=10m idle=30m
    node q group=web
    pods on-p cpu=1 on=p
    pods on-q cpu=1 on=q
";

#[test]
fn a_zone_may_fall_one_behind_another_and_not_two() {
    let last = planned(&format!("group web zones=a,b cpu=4 desired=3 unprotected {LAST_OF_ITS_ZONE}"));
    assert_eq!(hold_of(&last, "gone"), Some(&Hold::AzRebalanceWouldKill));
    assert_eq!(ended(&last), 0);
    // One more beside it: the zone falls one behind.
    let one_more = format!(
        "group web zones=a,b cpu=4 desired=4 unprotected {LAST_OF_ITS_ZONE}
         node r group=web
         pods on-r cpu=1 on=r"
    );
    assert_eq!(ended(&planned(&one_more)), 1);
}

#[test]
fn zones_matter_only_where_aws_evens_them_out_at_the_cost_of_a_busy_instance() {
    for group in [
        // All are protected from scale-in.
        "group web zones=a,b cpu=4 desired=3",
        "group web zones=a,b cpu=4 desired=3 unprotected suspended=az-rebalance",
        "group web zones=a cpu=4 desired=3 unprotected",
    ] {
        assert_eq!(ended(&planned(&format!("{group} {LAST_OF_ITS_ZONE}"))), 1, "{group}");
    }
    // Nothing that AWS could end is busy.
    let idle = "group web zones=a,b cpu=4 desired=3 unprotected
                node p group=web
                node gone group=web cordoned=10m idle=30m
                node q group=web";
    assert_eq!(ended(&planned(idle)), 1);
}

#[test]
fn an_unprotected_instance_that_is_no_node_yet_counts_as_busy() {
    let joining = "group web zones=a,b cpu=4 desired=3 unprotected
                   node p group=web
                   node gone group=web cordoned=10m idle=30m
                   instance group=web age=1m";
    assert_eq!(hold_of(&planned(joining), "gone"), Some(&Hold::AzRebalanceWouldKill));
}

/// A node, and an instance that is nobody's since half an hour.
fn one_lost() -> (World, ec2_autoscale_core::policy::Policy) {
    situation(
        "group web cpu=4 desired=2 max=5
         node a group=web
         pods job cpu=4 on=a
         pods waits cpu=4
         instance group=web age=30m",
    )
}

#[test]
fn without_the_activities_nobody_knows_how_many_were_replaced() {
    let (mut world, policy) = one_lost();
    assert_eq!(ended(&plan(&world.snapshot, &policy)), 1);
    let id = world.snapshot.groups[0].id.clone();
    let other = ec2_autoscale_core::snapshot::GroupId { name: "other".into(), ..id.clone() };
    for (group, ends) in [(other, 1), (id, 0)] {
        world.snapshot.gaps = vec![Gap { fact: MissingFact::Activities { group }, error: "no answer".into() }];
        let unread = plan(&world.snapshot, &policy);
        assert_eq!(ended(&unread), ends);
        let InstanceState::NeverRegistered { held_by, .. } = &unread.instances[0].state else { panic!("it is noted") };
        assert_eq!(*held_by, (ends == 0).then_some(Hold::ActivitiesUnread));
        let is_unread = unread.groups[0].blocked == Some(GrowthBlock::ActivitiesUnread);
        assert_eq!(is_unread, ends == 0, "{:?}", unread.groups[0].blocked);
    }
}

/// So many dead nodes of so many.
fn dead(dead: usize, nodes: usize) -> Plan {
    let node = |number: usize| match number < dead {
        true => format!("node n{number} group=web not-ready=2h\n"),
        false => format!("node n{number} group=web\npods p{number} cpu=1 on=n{number}\n"),
    };
    let group = format!("policy max-scale-in-fraction=1\ngroup web cpu=4 desired={nodes} max=50\n");
    let script: String = std::iter::once(group).chain((0..nodes).map(node)).collect();
    planned(&script)
}

#[test]
fn more_than_three_and_more_than_45_in_a_hundred_are_a_broken_view() {
    // Three are never a mass, however few there are.
    assert_eq!(ended(&dead(3, 4)), 3);
    assert_eq!(ended(&dead(4, 5)), 0);
    // Four of nine are 44 %, four of eight 50 %, nine of twenty just 45 %.
    assert_eq!(ended(&dead(4, 9)), 4);
    assert_eq!(ended(&dead(4, 8)), 0);
    assert_eq!(ended(&dead(9, 20)), 9);
    assert_eq!(ended(&dead(10, 20)), 0);
    assert!(!dead(10, 20).summary.complete);
}
