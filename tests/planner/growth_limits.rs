//! The edges of the rules that forbid a group to grow, and of those by which its requests may be
//! taken back.

use ec2_autoscale_core::plan::{Action, GrowthBlock, Plan, PodReport, PodVerdict, plan};
use ec2_autoscale_core::snapshot::{Gap, GroupId, GrowthNote, Lifecycle, MissingFact};

use crate::support::scenario::{World, situation};

fn planned(script: &str, change: impl FnOnce(&mut World)) -> Plan {
    let (mut world, policy) = situation(script);
    change(&mut world);
    plan(&world.snapshot, &policy)
}

/// Returns why the group `web` may not grow.
fn blocked(script: &str, change: impl FnOnce(&mut World)) -> Option<GrowthBlock> {
    planned(script, change).groups.into_iter().find(|report| report.group.name == "web").expect("there is such a group").blocked
}

const FREE: &str = "group web cpu=4 max=9 desired=1\nnode n group=web";

#[test]
fn without_the_daemon_sets_nobody_knows_what_fits_a_new_node() {
    let unread = |resource: &str| blocked(&format!("{FREE}\nunread {resource}"), |_| ());
    assert_eq!(unread("daemonsets"), Some(GrowthBlock::DaemonSetsUnread));
    assert_eq!(unread("poddisruptionbudgets"), None);
}

#[test]
fn the_newest_failure_of_a_type_closes_it_for_as_long_as_the_backoff_says() {
    let is_closed = |script: &str| blocked(&format!("{FREE}\n{script}"), |_| ()).is_some();
    assert!(is_closed("failure web 3599s type=m5.xlarge Insufficient capacity."));
    assert!(!is_closed("failure web 3600s type=m5.xlarge Insufficient capacity."));
    // Where a later launch succeeded the zone is open; of two that began together the failure
    // counts.
    assert!(is_closed("failure web 10m type=m5.xlarge Insufficient capacity.\nlaunched web 10m type=m5.xlarge"));
    assert!(!is_closed("failure web 10m type=m5.xlarge Insufficient capacity.\nlaunched web 599s type=m5.xlarge"));
}

#[test]
fn of_several_failures_the_newest_is_told_in_whatever_order_they_come() {
    for (first, second) in [("50m", "10m"), ("10m", "50m")] {
        let script = format!("{FREE}\nfailure web {first} Words of {first}.\nfailure web {second} Words of {second}.");
        let Some(GrowthBlock::Backoff { message, .. }) = blocked(&script, |_| ()) else { panic!("it is open") };
        assert_eq!(message, "Words of 10m.");
    }
}

#[test]
fn a_group_that_keeps_its_zones_balanced_waits_for_the_one_that_fails() {
    let is_closed = |word: &str| {
        let group = format!("group web zones=a,b cpu=4 max=9 desired=1 {word}\nnode n group=web");
        blocked(&format!("{group}\nfailure web 10m zone=us-west-2a Insufficient capacity."), |_| ()).is_some()
    };
    assert!(is_closed("balanced-only"));
    assert!(!is_closed(""));
}

#[test]
fn capacity_that_is_coming_is_counted_in_nodes() {
    let coming = |weight: u32, desired: u32| {
        let script = format!("group web cpu=4 max=20 weight={weight} desired={desired}\npods train x9 cpu=4\n{OTHER}");
        let plan = planned(&script, note_of("web", desired.into(), 60));
        let awaits = |report: &&PodReport| matches!(report.verdict, PodVerdict::FitsUpcoming { .. });
        plan.pods.iter().filter(awaits).count()
    };
    assert_eq!(coming(1, 4), 4);
    assert_eq!(coming(2, 4), 2);
    assert_eq!(coming(2, 5), 3, "what is left over takes a whole one");
}

/// A node that shows whose account it is.
const OTHER: &str = "group other cpu=1 desired=1 max=1\nnode o group=other";

/// Notes that `apply` requested that capacity of a group this many seconds ago.
fn note_of(group: &str, desired: i64, ago: u64) -> impl FnOnce(&mut World) {
    let group = GroupId { region: "us-west-2".into(), name: group.into() };
    move |world| {
        let at = world.ago(ago);
        world.snapshot.growth_notes.push(GrowthNote { group, desired, at });
    }
}

#[test]
fn a_gap_is_dated_by_the_note_of_this_group_for_this_capacity() {
    let script = format!("group web cpu=4 max=9 desired=2\n{OTHER}");
    let is_stalled = |group: &str, desired: i64, ago: u64| {
        matches!(blocked(&script, note_of(group, desired, ago)), Some(GrowthBlock::Stalled { .. }))
    };
    assert!(is_stalled("web", 2, 1500));
    assert!(!is_stalled("web", 2, 1499));
    assert!(!is_stalled("other", 2, 1500));
    assert!(!is_stalled("web", 3, 1500));
}

#[test]
fn capacity_is_stalled_when_the_newest_launch_since_it_was_asked_for_failed() {
    // The backoff is too short to matter.
    let is_stalled = |launches: &str| {
        let script = format!("policy backoff=1m\ngroup web cpu=4 max=9 desired=2\n{OTHER}\n{launches}");
        matches!(blocked(&script, note_of("web", 2, 300)), Some(GrowthBlock::Stalled { .. }))
    };
    assert!(is_stalled("failure web 180s Insufficient capacity."));
    assert!(is_stalled("failure web 300s Insufficient capacity."));
    assert!(!is_stalled("failure web 301s Insufficient capacity."), "it was asked for after that");
    assert!(!is_stalled("failure web 240s Insufficient capacity.\nlaunched web 180s"));
    assert!(!is_stalled("launched web 180s"));
}

#[test]
fn a_group_whose_newest_instances_do_not_become_nodes_is_given_no_more() {
    // A node is two minutes younger than its instance.
    let node = |age: &str| {
        blocked(&format!("group web cpu=4 max=9 desired=2\nnode n group=web age={age}\ninstance group=web age=30m"), |_| ())
    };
    assert_eq!(node("1681s"), Some(GrowthBlock::NodesNotReady { instances: 1 }));
    assert_eq!(node("1680s"), None, "it is as young");
}

#[test]
fn a_bid_of_just_the_lowest_price_is_an_offer() {
    let bid = |price: &str| {
        let script = format!("group web spot max-price={price} spot-price=0.0464:m5.xlarge:us-west-2a max=4 cpu=4\n{OTHER}");
        blocked(&script, |_| ())
    };
    assert_eq!(bid("0.0464"), None);
    assert!(matches!(bid("0.0463"), Some(GrowthBlock::SpotPriceTooLow { .. })));
}

/// Two instances that live and three that cannot be launched.
const UNFILLED: &str = "policy revert-unfilled
    group web cpu=4 max=8 desired=5
    node a group=web
    node b group=web
    failure web 3m Insufficient capacity.";

#[test]
fn capacity_is_taken_back_once_no_pod_waits_for_it() {
    let reverts = |pods: &str| {
        let script = format!("{}\n{pods}", UNFILLED.replace("revert-unfilled", "seed=0"));
        planned(&script, |_| ()).actions.iter().any(|action| matches!(action, Action::RevertDesired { .. }))
    };
    assert!(reverts(""), "they have found a place elsewhere");
    assert!(reverts("pods small x2 cpu=1"), "they have room on the nodes that are there");
    assert!(!reverts("pods job x9 cpu=4"), "the cloud serves them as soon as it can");
    assert!(reverts("pods huge cpu=40"), "no node of the group would help it");
    assert!(!reverts("group spare cpu=4 max=9\npods job x9 cpu=4"), "what is bought elsewhere may not come, either");
    assert!(reverts("group spare cpu=4 max=9 desired=1\npods job cpu=4"), "it is on its way");
}

#[test]
fn capacity_is_taken_back_only_where_aws_can_choose_no_victim() {
    let reverted = |script: &str, change: fn(&mut World)| {
        let plan = planned(script, change);
        plan.actions.iter().find_map(|action| match action {
            Action::RevertDesired { to, .. } => Some(*to),
            _ => None,
        })
    };
    let nothing: fn(&mut World) = |_| ();
    assert_eq!(reverted(UNFILLED, nothing), Some(2));
    assert_eq!(reverted(&UNFILLED.replace("max=8", "max=8 min=3"), nothing), Some(3));
    let written = [
        UNFILLED.replace("revert-unfilled", "revert-unfilled=never"),
        UNFILLED.replace("revert-unfilled", "revert-unfilled only-group=other"),
        UNFILLED.replace("max=8", "max=8 being-deleted"),
        UNFILLED.replace("max=8", "max=8 foreign=blue"),
        UNFILLED.replace("max=8", "max=8 unprotected"),
        UNFILLED.replace("max=8", "max=8 min=5"),
        UNFILLED.replace("failure", "#failure"),
    ];
    for script in written {
        assert_eq!(reverted(&script, nothing), None, "{script}");
    }
    let changes: [fn(&mut World); 4] = [
        |world| world.snapshot.groups[0].instances[0].protected = false,
        // Every live instance is protected, but new ones will not be.
        |world| world.snapshot.groups[0].launches_protected = false,
        |world| world.snapshot.groups[0].instances[0].lifecycle = Lifecycle::Pending,
        |world| world.snapshot.gaps.push(Gap { fact: MissingFact::GrowthNotes, error: "no answer".into() }),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(reverted(UNFILLED, change), None, "{number}");
    }
}

/// Returns the verdict on `train-0`, which has waited for so long where a node has been Ready and
/// idle for so long.
fn refused(waits: &str, idle: &str, change: impl FnOnce(&mut World)) -> (PodVerdict, usize) {
    let script =
        format!("group web cpu=4 max=9 desired=1\nnode n group=web age=5h idle={idle}\npods train cpu=4 pending={waits}");
    let plan = planned(&script, change);
    let bought = plan.actions.iter().filter(|action| matches!(action, Action::SetDesired { .. })).count();
    (plan.pods[0].verdict.clone(), bought)
}

#[test]
fn a_pod_is_refused_once_the_scheduler_has_surely_tried_the_node() {
    let is_refused = |(verdict, bought): (PodVerdict, usize)| {
        assert_eq!(bought, 0, "{verdict:?}");
        matches!(verdict, PodVerdict::Refused { .. })
    };
    assert!(is_refused(refused("6m", "6m", |_| ())));
    assert!(!is_refused(refused("359s", "1h", |_| ())), "it may not have been tried yet");
    assert!(!is_refused(refused("1h", "359s", |_| ())), "something ran there until then");
    let became_ready = |world: &mut World| world.node("n").ready.since = Some("2026-11-22T11:54:01Z".parse().expect("a time"));
    assert!(!is_refused(refused("1h", "1h", became_ready)));
}

#[test]
fn the_like_of_a_refused_pod_is_bought_for_elsewhere_only() {
    let script = "group web cpu=4 max=9 desired=1 priority=5\nnode n group=web age=5h idle=1h\n\
                  group other cpu=4 max=9\npods train x3 cpu=4 pending=1h";
    let plan = planned(script, |_| ());
    let refused = plan.pods.iter().filter(|pod| matches!(pod.verdict, PodVerdict::Refused { .. })).count();
    let bought: Vec<_> =
        plan.groups.iter().map(|group| (group.group.name.as_str(), group.desired_after - group.desired)).collect();
    assert_eq!((refused, bought), (1, vec![("web", 0), ("other", 2)]));
}
