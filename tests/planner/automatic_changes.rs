//! Changes of a group by the cloud itself, and what is done about them.

use ec2_autoscale_core::plan::explain;
use ec2_autoscale_core::plan::{FindingCode, GrowthBlock, Hold, NodeState, Plan, plan};
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::{
    Advice, AdviceCode, Cannot, Hindrance, Lifecycle, ReadyStatus, ScalingPolicy, WhileReplacing, ZonalShift,
};

use crate::support::scenario::{World, situation};

fn planned(script: &str, change: impl FnOnce(&mut World)) -> Plan {
    let (mut world, policy) = situation(script);
    change(&mut world);
    plan(&world.snapshot, &policy)
}

fn blocked(script: &str, change: impl FnOnce(&mut World)) -> Option<GrowthBlock> {
    planned(script, change).groups.remove(0).blocked
}

/// Two of four, for longer than a launch may take.
const SHORT: &str = "policy instance-init-time=1m\ngroup web cpu=4 max=9 desired=4\nnode a group=web\nnode b group=web\n\
                     pods train cpu=4 pending=1h";

#[test]
fn fewer_than_desired_are_not_stalled_while_the_cloud_replaces_so_many() {
    let with = |least_percent| {
        blocked(SHORT, |world| {
            world.snapshot.groups[0].automatic.while_replacing = Some(WhileReplacing { least_percent, most_percent: 100 });
        })
    };
    assert_eq!(with(50), None);
    assert_eq!(with(51), Some(GrowthBlock::Stalled { missing: 2, age: None }));
    let failed = format!("{SHORT}\nfailure web 2h Insufficient capacity.");
    let failing = blocked(&failed, |world| {
        world.snapshot.groups[0].automatic.while_replacing = Some(WhileReplacing { least_percent: 50, most_percent: 100 });
    });
    assert_eq!(failing, Some(GrowthBlock::Stalled { missing: 2, age: None }));
}

/// One more than desired, of which one is idle.
const LARGE: &str = "group web cpu=4 max=9 desired=2\nnode a group=web idle=2h\nnode b group=web\nnode c group=web\n\
                     pods busy cpu=4 on=b\npods more cpu=4 on=c";

#[test]
fn more_than_desired_are_replacements_where_the_cloud_may_have_so_many() {
    let detail = |most_percent| {
        let plan = planned(LARGE, |world| {
            world.snapshot.groups[0].automatic.while_replacing = Some(WhileReplacing { least_percent: 100, most_percent });
        });
        match plan.nodes.into_iter().find(|node| node.node == "a").and_then(|node| node.held_by) {
            Some(Hold::GroupUnsettled { detail }) => detail,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(detail(150), "the cloud is replacing instances of the group: 3 live, 2 desired");
    assert_eq!(detail(149), "the cloud is scaling the group in by itself: 3 live, 2 desired");
}

#[test]
fn nobody_but_its_operator_changes_a_group() {
    let script = "group web cpu=4 max=9 desired=1\nnode a group=web idle=2h\npods train cpu=8";
    let plan = planned(script, |world| {
        let by_it = || Some(Hindrance::OperatedBy { service: "batch.example".into() });
        world.snapshot.groups[0].cannot = Cannot::launch_or_remove(by_it(), by_it());
    });
    assert_eq!(plan.groups[0].blocked, Some(GrowthBlock::OperatedBy { service: "batch.example".into() }));
    let why = "only batch.example, which operates the group, may change it";
    assert_eq!(plan.nodes[0].held_by, Some(Hold::GroupUnsettled { detail: why.into() }));
}

/// It is neither dead nor lost, and no pod is counted on it.
#[test]
fn an_instance_that_gets_a_new_disk_is_left_alone() {
    let script = "group web cpu=4 max=2 desired=2\nnode a group=web\ninstance group=web age=2h\npods train cpu=4";
    for is_ready in [true, false] {
        let plan = planned(script, |world| {
            let since = world.ago(7200);
            for instance in &mut world.snapshot.groups[0].instances {
                instance.lifecycle = Lifecycle::ReplacingDisk;
            }
            if !is_ready {
                world.node("a").ready.status = ReadyStatus::Unknown;
                world.node("a").ready.since = Some(since);
            }
        });
        assert_eq!(plan.nodes[0].state, NodeState::Detached, "{is_ready}");
        assert_eq!(plan.instances[0].message, "it gets a new disk: left alone");
        let lost = |code: &FindingCode| matches!(code, FindingCode::NeverRegistered { .. } | FindingCode::SilentNode { .. });
        assert!(!plan.findings.iter().any(|finding| lost(&finding.code)), "{:?}", plan.findings);
        assert_eq!(plan.groups[0].blocked, Some(GrowthBlock::AtMax { max: 2 }));
        assert!(plan.pods.iter().all(|pod| pod.verdict.to_string().contains("at its maximum 2")), "{:?}", plan.pods);
    }
}

#[test]
fn jobs_on_spot_instances_that_are_replaced_at_the_first_sign_are_a_finding() {
    let found = |owner: &str, spot: bool| {
        let script = format!("group web cpu=4 max=2 desired=1 spot\nnode a group=web\npods train cpu=4 on=a owner={owner}");
        let plan = planned(&script, |world| {
            world.snapshot.groups[0].automatic.replaces_at_risk = true;
            world.snapshot.groups[0].instances[0].spot = spot;
        });
        plan.findings.iter().any(|finding| matches!(finding.code, FindingCode::ReplacesAtRisk { .. }))
    };
    assert!(found("Job", true));
    assert!(!found("Job", false), "it is on demand");
    assert!(!found("ReplicaSet", true), "it is made again");
}

/// What is silent in the zone that is given up may only be cut off, and what works in the other is
/// needed.
#[test]
fn while_a_zone_is_given_up_its_dead_nodes_wait_and_the_others_are_not_emptied() {
    let script = "policy drain-utilization=0.9 drain-grace=0 dead-after=1h max-scale-in-fraction=1\n\
                  group web zones=a,b cpu=4 max=9 desired=4\n\
                  node a1 group=web not-ready=2h\nnode b1 group=web\nnode a2 group=web\nnode b2 group=web\n\
                  pods few cpu=1 on=b1 owner=ReplicaSet bound=3h\npods few2 cpu=1 on=b2 owner=ReplicaSet bound=3h";
    let held = |away: &[&str]| {
        let plan = planned(script, |world| {
            let away_from = Some(away.iter().map(|zone| (*zone).to_owned()).collect());
            world.snapshot.groups[0].automatic.zonal_shift = Some(ZonalShift { away_from, replaces_unhealthy: false });
        });
        let of = |name: &str| plan.nodes.iter().find(|node| node.node == name).and_then(|node| node.held_by.clone());
        (of("a1"), of("b1").or(of("b2")))
    };
    let given_up = || Some(Hold::ZoneGivenUp { zone: "us-west-2a".into() });
    assert_eq!(held(&["us-west-2a"]), (given_up(), given_up()));
    let (dead, emptied) = held(&[]);
    assert_eq!(dead, None);
    assert_ne!(emptied, given_up());
}

/// A node that is replaced soon is left to what ends in time, also one that is cordoned; what is
/// protected is spared.
#[test]
fn a_job_that_outlives_a_node_is_not_expected_there() {
    // The instance was launched two minutes before its node came.
    for (deadline, protected, cordoned, bought) in [
        ("deadline=4h", false, "", true),
        ("deadline=3h", false, "", false),
        ("", false, "", false),
        ("deadline=4h", true, "", false),
        ("deadline=4h", false, "cordoned=5m", true),
        ("deadline=3h", false, "cordoned=5m", false),
    ] {
        let script = format!(
            "group web cpu=4 max=9 desired=1 lifetime=7d unprotected
             node old group=web age=6d20h {cordoned}
             pods job cpu=2 {deadline}"
        );
        let plan = planned(&script, |world| world.snapshot.groups[0].instances[0].protected = protected);
        let grows = plan.actions.iter().any(|action| action.growth().is_some());
        assert_eq!(grows, bought, "{deadline} {protected} {cordoned}: {:?}", plan.pods);
    }
}

/// By its deadline, or by how long it has run.
#[test]
fn a_lifetime_below_that_of_the_longest_job_is_a_finding() {
    let found = |lifetime: &str, pod: &str| {
        let script =
            format!("group web cpu=4 max=9 desired=1 lifetime={lifetime}\nnode a group=web\npods job cpu=2 on=a {pod}");
        let plan = planned(&script, |_| {});
        let is_it = |code: &FindingCode| matches!(code, FindingCode::ShortLifetime { .. });
        plan.findings.iter().any(|finding| is_it(&finding.code))
    };
    assert!(found("1d", "deadline=25h"));
    assert!(found("1d", "bound=25h"));
    assert!(!found("2d", "deadline=25h bound=26h"));
    assert!(!found("1d", "owner=ReplicaSet bound=25h"), "it is made again");
}

/// All of it at once, at the width of a terminal.
#[test]
fn explain_group_lists_all_that_changes_a_group_by_itself() {
    let (mut world, policy) = situation(
        "group web zones=b,c cpu=4 max=9 desired=3 lifetime=7d chooses-zones unprotected
         node web-1 group=web
         node web-2 group=web
         node warm-1 group=web
         pool web i-00000003
         scheduled web evening cron=0_18_*_*_MON-FRI zone=Europe/Berlin max=2 desired=1
         scheduled web now in=10m max=5
         scheduled web odd cron=never max=0
         pods busy cpu=4 on=web-1 deadline=8d",
    );
    let id = world.snapshot.groups[0].id.clone();
    let group = &mut world.snapshot.groups[0];
    group.advice = vec![Advice::new(AdviceCode::TwoHands, format!("{id}: the policy cpu sets the desired capacity as well"))];
    group
        .advice
        .push(Advice::new(AdviceCode::EndsOldInstances, format!("{id}: the cloud ends old instances, busy ones as well")));
    group.cannot = Cannot::launch_or_remove(None, Some(Hindrance::Updating));
    group.node_group.made_by = Some("the managed node group workers".into());
    let automatic = &mut group.automatic;
    automatic.policies = vec![ScalingPolicy { name: "cpu".into(), kind: "TargetTrackingScaling".into() }];
    automatic.replaces_at_risk = true;
    if let Some(pool) = &mut automatic.warm_pool {
        (pool.most, pool.takes_back, pool.leaving) = (Some(6), true, true);
    }
    automatic.while_replacing = Some(WhileReplacing { least_percent: 90, most_percent: 120 });
    automatic.zonal_shift = Some(ZonalShift { away_from: Some(vec!["us-west-2a".into()]), replaces_unhealthy: false });
    let web = explain::group(&world.snapshot, &policy, "web").expect("the group");
    let text = render::explain_group(&web, Some(80), false);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
    let json = render::json(&web);
    assert_eq!(serde_json::from_str::<explain::GroupExplanation>(&json).expect("what was written"), web);
}
