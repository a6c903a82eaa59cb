//! The edges of the rules that bound removals: zones that AWS would even out, activities that could
//! not be read, and how many dead nodes mean a broken view.

use ec2_autoscale_core::plan::{Action, FindingCode, GrowthBlock, Hold, InstanceState, NodeState, Plan, plan};
use ec2_autoscale_core::snapshot::{Gap, MissingFact, Taint, TaintEffect};

use crate::support::scenario::{self, World, situation};

fn planned(script: &str) -> Plan {
    let (world, policy) = situation(script);
    plan(&world.snapshot, &policy)
}

fn ended(plan: &Plan) -> usize {
    let ends = |action: &&Action| matches!(action, Action::Terminate { .. } | Action::TerminateUnhealthy { .. });
    plan.actions.iter().filter(ends).count()
}

fn hold_of<'a>(plan: &'a Plan, node: &str) -> Option<&'a Hold> {
    let report = plan.nodes.iter().find(|report| report.node == node).expect("the node is in the plan");
    assert!(matches!(report.state, NodeState::IdleUnschedulable { .. }), "{node} is {}", report.state);
    report.held_by.as_ref()
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
    assert_eq!(hold_of(&last, "gone"), Some(&Hold::RebalancingWouldKill));
    assert_eq!(ended(&last), 0);
    // With one more beside it the zone falls one behind.
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
        // All instances are protected from scale-in.
        "group web zones=a,b cpu=4 desired=3",
        "group web zones=a,b cpu=4 desired=3 unprotected suspended=az-rebalance",
        "group web zones=a cpu=4 desired=3 unprotected",
    ] {
        assert_eq!(ended(&planned(&format!("{group} {LAST_OF_ITS_ZONE}"))), 1, "{group}");
    }
    // No instance that AWS could end is busy.
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
    assert_eq!(hold_of(&planned(joining), "gone"), Some(&Hold::RebalancingWouldKill));
}

/// Returns a node, and an instance without a node for half an hour.
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

/// Plans a cluster in which this many of the nodes are dead.
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

/// Returns the nodes and instances that end or are closed in a plan, each with its step.
fn steps(plan: &Plan) -> Vec<String> {
    let step = |action: &Action| match action {
        Action::Cordon { node, .. } => Some(format!("cordon {}", node.name)),
        Action::StartDrain { node, .. } => Some(format!("drain {}", node.name)),
        Action::Terminate { node, .. } => Some(format!("terminate {}", node.name)),
        Action::TerminateUnhealthy { node: Some(node), decrement, .. } => {
            Some(format!("{} {}", if *decrement { "end" } else { "replace" }, node.name))
        }
        Action::TerminateUnhealthy { node: None, .. } => Some("replace a lost one".to_owned()),
        Action::DeleteNode { node, .. } => Some(format!("delete {}", node.name)),
        _ => None,
    };
    plan.actions.iter().filter_map(step).collect()
}

#[test]
fn whatever_ends_counts_against_the_limit_of_the_run() {
    // Ten nodes: one may be removed.
    let ten = |first: &str| {
        let other = |number: usize| format!("node o{number} group=web\npods p{number} cpu=1 on=o{number}\n");
        let others: String = (0..8).map(other).collect();
        steps(&planned(&format!("group web cpu=4 desired=11 max=20\n{first}\n{others}")))
    };
    let emptied = |name: &str| format!("node {name} group=web cordoned=10m idle=30m");
    let dead = |name: &str, since: &str| format!("node {name} group=web not-ready={since}");
    let lost = "instance group=web age=30m";
    assert_eq!(ten(&[emptied("a"), emptied("b")].join("\n")), ["terminate a"]);
    assert_eq!(ten(&[dead("a", "2h"), dead("b", "3h")].join("\n")), ["end b"]);
    assert_eq!(ten(&[dead("a", "2h"), emptied("b")].join("\n")), ["end a"]);
    assert_eq!(ten(&format!("{}\n{}\n{lost}", dead("a", "2h"), emptied("b"))), ["end a"]);
    assert_eq!(ten(&format!("{}\n{}\n{lost}", emptied("a"), emptied("b"))), ["replace a lost one"]);
    assert_eq!(ten(&format!("node a group=web\n{lost}\n{lost}")), ["replace a lost one"]);
    let left_behind = "not-ready=2h machine=terminated left-behind gone=10m";
    assert_eq!(ten(&format!("node a group=web {left_behind}\n{}", emptied("b"))), ["delete a"]);
    // A node that waits in its cordon is removed before others are closed.
    assert_eq!(ten("node a group=web cordoned=10s idle=30m\nnode b group=web idle=30m"), Vec::<String>::new());
}

#[test]
fn what_goes_earlier_in_a_plan_is_gone_for_what_comes_after() {
    let many = |group: &str, nodes: &str| {
        let script = format!("policy max-scale-in-fraction=1\ngroup web cpu=4 max=20 {group}\n{nodes}");
        steps(&planned(&script))
    };
    let idle = "node a group=web idle=30m\nnode b group=web idle=30m\nnode c group=web idle=30m";
    assert_eq!(many("min=1 desired=3", idle), ["cordon a", "cordon b"]);
    assert_eq!(many("min=2 desired=6 weight=2", idle), ["cordon a", "cordon b"]);
    assert_eq!(many("min=3 desired=6 weight=2", idle), ["cordon a"]);
    let emptied = idle.replace("idle=30m", "idle=30m cordoned=10m");
    assert_eq!(many("min=1 desired=3", &emptied), ["terminate a", "terminate b"]);
    let dead = idle.replace("idle=30m", "not-ready=2h");
    let (ended, kept) = ("node d group=web", "pods job cpu=1 on=d");
    assert_eq!(many("min=2 desired=4", &format!("{dead}\n{ended}\n{kept}")), ["end a", "end b", "replace c"]);
}

#[test]
fn zones_are_counted_without_what_goes_earlier_in_a_plan() {
    // Nodes come to zones in turn: a, c and e in one zone, b, d and f in the other.
    let busy = "node e group=web\nnode f group=web\npods on-e cpu=1 on=e\npods on-f cpu=1 on=f";
    let of_each = |idle: [&str; 4]| {
        let node = |(name, is_idle): (&str, &str)| match is_idle {
            "" => format!("node {name} group=web\npods on-{name} cpu=1 on={name}\n"),
            _ => format!("node {name} group=web idle=30m\n"),
        };
        let nodes: String = ["a", "b", "c", "d"].into_iter().zip(idle).map(node).collect();
        let script = format!("policy max-scale-in-fraction=1\ngroup web zones=a,b cpu=4 desired=6 unprotected\n{nodes}{busy}");
        steps(&planned(&script))
    };
    assert_eq!(of_each(["idle", "", "idle", ""]), ["cordon a"], "a second one of the zone would leave it two behind");
    assert_eq!(of_each(["idle", "idle", "idle", ""]), ["cordon a", "cordon b", "cordon c"]);
}

#[test]
fn an_instance_in_a_zone_that_the_group_has_left_holds_nothing() {
    let (mut world, policy) = situation(&format!("group web zones=a,b cpu=4 desired=3 unprotected {LAST_OF_ITS_ZONE}"));
    // A group of one zone has none to even out.
    world.snapshot.groups[0].zones.truncate(1);
    world.snapshot.groups[0].rebalances_zones = false;
    assert_eq!(ended(&plan(&world.snapshot, &policy)), 1);
}

#[test]
fn a_cordon_settles_for_as_long_as_the_policy_says() {
    let cordoned = |since: &str| {
        planned(&format!(
            "group web cpu=4 desired=2
             node gone group=web cordoned={since} idle=30m
             node b group=web
             pods job cpu=1 on=b"
        ))
    };
    assert_eq!(ended(&cordoned("30s")), 1);
    let settling = cordoned("29s");
    assert_eq!(ended(&settling), 0);
    assert!(matches!(hold_of(&settling, "gone"), Some(Hold::CordonSettles { .. })));
}

#[test]
fn nothing_goes_while_aws_scales_the_group_in_by_itself() {
    let desired = |desired: u32, weight: u32| {
        planned(&format!(
            "group web cpu=4 desired={desired} weight={weight}
             node gone group=web cordoned=10m idle=30m
             node b group=web
             node c group=web
             pods on-b cpu=1 on=b
             pods on-c cpu=1 on=c"
        ))
    };
    for (wanted, weight, ends) in [(3, 1, 1), (2, 1, 0), (6, 2, 1), (5, 2, 1), (4, 2, 0)] {
        let plan = desired(wanted, weight);
        assert_eq!(ended(&plan), ends, "{wanted} × {weight}");
        let is_unsettled = matches!(hold_of(&plan, "gone"), Some(Hold::GroupUnsettled { .. }));
        assert_eq!(is_unsettled, ends == 0, "{wanted} × {weight}");
    }
}

#[test]
fn nothing_of_a_group_that_grows_goes() {
    let (mut world, policy) = situation(
        "group web cpu=4 desired=2 max=9
         node idle group=web idle=30m
         node b group=web
         pods job cpu=1 on=b
         pods waits cpu=4",
    );
    // The pod does not tolerate what somebody has put on the idle node.
    let taint = Taint { key: "maintenance".into(), value: String::new(), effect: TaintEffect::NoSchedule };
    world.node("idle").taints.push(taint);
    let growing = plan(&world.snapshot, &policy);
    assert!(growing.actions.iter().any(|action| matches!(action, Action::SetDesired { .. })), "{:?}", growing.actions);
    assert_eq!(steps(&growing), Vec::<String>::new());
    world.snapshot.pods.retain(|pod| pod.node.is_some());
    assert_eq!(steps(&plan(&world.snapshot, &policy)), ["cordon idle"]);
}

#[test]
fn lost_instances_and_leftovers_are_part_of_a_broken_view() {
    let broken = |lost: usize, left_behind: usize, dead: usize| {
        let of = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
        let script = [
            "policy max-scale-in-fraction=1\ngroup web cpu=4 desired=9 max=50\nnode a group=web\npods job cpu=1 on=a\n"
                .to_owned(),
            of(lost, |_| "instance group=web age=30m\n".to_owned()),
            of(left_behind, |number| {
                format!("node l{number} group=web not-ready=2h machine=terminated left-behind gone=10m\n")
            }),
            of(dead, |number| format!("node d{number} group=web not-ready=2h\n")),
        ];
        planned(&script.concat()).findings.iter().any(|it| matches!(it.code, FindingCode::MassFailure { .. }))
    };
    for (lost, left_behind, dead, is_broken) in
        [(1, 1, 1, false), (2, 1, 1, true), (1, 2, 1, true), (1, 1, 2, true), (4, 0, 0, true), (0, 4, 0, true)]
    {
        assert_eq!(broken(lost, left_behind, dead), is_broken, "{lost} lost, {left_behind} left behind, {dead} dead");
    }
}

#[test]
fn a_drain_rests_while_nothing_may_go() {
    let (mut world, policy) = situation(
        "policy drain-utilization=0.5 max-scale-in-fraction=1
         group web cpu=8 desired=2
         node n group=web draining=5m
         node o group=web
         pods light cpu=1 on=n owner=ReplicaSet
         pods full cpu=5 on=o",
    );
    for (seconds_off, evicted, hold) in [(300, 1, None), (301, 0, Some(Hold::ClocksDisagree))] {
        world.snapshot.clocks.machine = Some(seconds_off);
        let plan = plan(&world.snapshot, &policy);
        assert_eq!(plan.actions.iter().filter(|action| matches!(action, Action::Evict { .. })).count(), evicted);
        let report = &plan.nodes[0];
        assert!(matches!(report.state, NodeState::Draining { .. }), "n is {}", report.state);
        assert_eq!(report.held_by, hold);
    }
}

#[test]
fn no_more_nodes_are_drained_at_once_than_the_policy_says() {
    let drained = |limit: u32, first: &str| {
        let (world, mut policy) = situation(&format!(
            "policy drain-utilization=0.5 max-scale-in-fraction=1
             group web cpu=8 desired=4
             node a group=web {first}
             node b group=web
             node c group=web
             node o group=web
             pods on-a cpu=500m on=a owner=ReplicaSet
             pods on-b cpu=500m on=b owner=ReplicaSet
             pods on-c cpu=500m on=c owner=ReplicaSet
             pods full cpu=5 on=o"
        ));
        policy.max_parallel_drains = limit;
        steps(&plan(&world.snapshot, &policy))
    };
    assert_eq!(drained(3, ""), ["drain a", "drain b", "drain c"]);
    assert_eq!(drained(1, ""), ["drain a"]);
    assert_eq!(drained(2, "draining=5m"), ["drain b"], "one is under way");
}

#[test]
fn a_pod_that_leaves_by_itself_is_neither_evicted_nor_given_a_place() {
    let (mut world, policy) = situation(
        "policy drain-utilization=0.5 max-scale-in-fraction=1
         group web cpu=8 desired=2
         node n group=web draining=5m
         node o group=web
         pods light x2 cpu=1500m on=n owner=ReplicaSet
         pods full cpu=6 on=o",
    );
    let evicted = |world: &World| {
        let plan = plan(&world.snapshot, &policy);
        let names = plan.actions.iter().filter_map(|action| match action {
            Action::Evict { pods, .. } => Some(pods.iter().map(|eviction| eviction.pod.name.to_string())),
            _ => None,
        });
        names.flatten().collect::<Vec<_>>()
    };
    assert_eq!(evicted(&world), Vec::<String>::new(), "there is room for one of them");
    world.snapshot.pods[0].deletion_deadline = Some(world.now());
    assert_eq!(evicted(&world), ["light-1"]);
}

#[test]
fn evicted_pods_are_expected_on_the_node_of_which_the_largest_part_is_requested() {
    for (b, c, room_on) in [("5", "6", "b"), ("5", "11", "c"), ("6", "5", "b")] {
        let plan = planned(&format!(
            "policy drain-utilization=0.5 max-scale-in-fraction=1
             group web cpu=8 desired=2
             group large cpu=16 desired=1
             node a group=web
             node b group=web
             node c group=large
             pods light cpu=1 on=a owner=ReplicaSet
             pods on-b cpu={b} on=b
             pods on-c cpu={c} on=c"
        ));
        let rooms = plan.actions.iter().filter_map(|action| match action {
            Action::Evict { pods, .. } => Some(pods[0].room_on.as_str()),
            _ => None,
        });
        assert_eq!(rooms.collect::<Vec<_>>(), [room_on], "{b} of 8, {c} of 16");
    }
}

/// Returns the state of n, with three pods under two budgets, and another that empties as well.
fn under_budgets(policy: &str, allowed: u32) -> NodeState {
    let plan = planned(&format!(
        "policy drain-utilization=0.5 max-scale-in-fraction=1 {policy}
         group web cpu=8 desired=3
         node n group=web
         node o group=web
         node z group=web
         pods may cpu=500m on=n owner=ReplicaSet label=app=may
         pods must x2 cpu=500m on=n owner=ReplicaSet label=app=must
         pods full cpu=5 on=o
         pods first cpu=500m on=z owner=ReplicaSet label=app=must
         budget may allowed=1 label=app=may
         budget must allowed={allowed} label=app=must"
    ));
    plan.nodes[0].state.clone()
}

#[test]
fn of_the_pods_of_a_node_those_are_named_whose_budget_is_spent() {
    let in_the_way = |policy, allowed| match under_budgets(policy, allowed) {
        NodeState::UnderUtilizedUndrainable { in_the_way, .. } => in_the_way,
        state => panic!("n is {state}"),
    };
    let spent = in_the_way("", 1);
    assert_eq!(spent.iter().map(|it| it.pod.name.as_str()).collect::<Vec<_>>(), ["must-0", "must-1"]);
    assert!(spent[0].message.contains("must, which allows 0 disruptions, and 1 is needed"), "{}", spent[0].message);
    let slow = in_the_way("drain-timeout=20s", 2);
    assert_eq!(slow.iter().map(|it| it.pod.name.as_str()).collect::<Vec<_>>(), ["must-0", "must-1"]);
    assert_eq!(
        slow[0].message,
        "is covered by the PodDisruptionBudget must, which allows 1 disruption, too few to let 2 pods go one after the \
         other within 1m (three times --drain-timeout)"
    );
}

#[test]
fn a_node_begins_to_be_emptied_when_one_disruption_is_left_of_each_budget() {
    assert_eq!(under_budgets("", 2).code(), "under-utilized-drainable");
    assert_eq!(under_budgets("drain-timeout=40s", 2).code(), "under-utilized-drainable", "two rounds are enough");
}

#[test]
fn instances_that_ended_before_the_backoff_count_no_more() {
    let (mut world, policy) = one_lost();
    for (seconds, ends) in [(3599, 0), (3600, 1)] {
        let at = world.ago(seconds);
        world.snapshot.groups[0].activities = vec![scenario::ended("one".into(), at), scenario::ended("two".into(), at)];
        assert_eq!(ended(&plan(&world.snapshot, &policy)), ends, "{seconds} s ago");
    }
}

#[test]
fn an_instance_refresh_is_waited_for_until_its_next_launch_would_have_come() {
    for (seconds, ends) in [(1499, 0), (1500, 1)] {
        let script = format!(
            "group web cpu=4 desired=2
             node gone group=web cordoned=10m idle=30m
             node b group=web
             pods job cpu=1 on=b
             launched web {seconds}s refresh"
        );
        assert_eq!(ended(&planned(&script)), ends, "{seconds} s ago");
    }
}
