//! Groups' capacities, the limits of a run, and steps that contradict each other.

use super::fixture::{
    ago, cordon, delete, end_dead, end_nobodys, group, grow, judge, judge_one, node_ref, planned, pod, revert, start_drain,
    terminate, uncordon,
};
use std::collections::BTreeMap;

use crate::plan::action::{Action, LaunchElsewhere, ZoneLaunch};
use crate::plan::check::{Dropped, Violation, review};
use crate::plan::reason::GrowReason;
use crate::plan::report::{PodReport, PodVerdict};
use crate::snapshot::{GroupId, ObjectName, PlacementGroup, PlacementRule, Snapshot, Weight, ZoneChoice};

#[test]
fn a_group_grows_from_what_it_has_and_within_its_maximum() {
    let not_growth = vec![Violation::NotGrowth(group())];
    assert_eq!(judge_one(grow(6, 9), |_| ()), []);
    assert_eq!(judge_one(grow(6, 10), |_| ()), [Violation::AboveMax(group())]);
    assert_eq!(judge_one(grow(5, 7), |_| ()), not_growth);
    assert_eq!(judge_one(grow(6, 6), |_| ()), not_growth);
    let overshooting =
        judge_one(grow(6, 7), |it| it.groups[0].instances.iter_mut().for_each(|instance| instance.weight = Weight::new(2)));
    assert_eq!(overshooting, not_growth, "ten live");
    let just_reached = judge_one(grow(6, 9), |it| it.groups[0].instances[0].weight = Weight::new(5));
    assert_eq!(just_reached, [], "nine live");
    let wrapping = judge_one(grow(6, 7), |it| {
        it.groups[0].instances.iter_mut().for_each(|instance| instance.weight = Weight::new(i64::MAX));
    });
    assert_eq!(wrapping, not_growth);
    let unknown = judge_one(grow(6, 7), |it| it.groups[0].id.name = "other".into());
    assert_eq!(unknown, [Violation::Unknown(group().to_string())]);
}

#[test]
fn a_placement_group_takes_so_many_in_a_zone() {
    let placed = |it: &mut Snapshot, others: u32| {
        it.groups[0].zones = vec!["us-west-2a".into()];
        let rule = PlacementRule::Apart { most_per_zone: Some(7) };
        let others = [("us-west-2a".to_owned(), others)].into();
        it.groups[0].placement = Some(PlacementGroup { name: "far".into(), rule, partition: None, others });
    };
    // Five of the group live there.
    assert_eq!(judge_one(grow(6, 7), |it| placed(it, 1)), []);
    assert_eq!(judge_one(grow(6, 7), |it| placed(it, 2)), [Violation::NoPlace(group())]);
    let with_another_zone = judge_one(grow(6, 7), |it| {
        placed(it, 2);
        it.groups[0].zones.push("us-west-2b".into());
    });
    assert_eq!(with_another_zone, []);
    let shared = judge_one(grow(6, 7), |it| {
        placed(it, 0);
        let mut other = it.groups[0].clone();
        other.id.name = "other".into();
        other.instances.truncate(2);
        it.groups.push(other);
    });
    assert_eq!(shared, [Violation::NoPlace(group())], "two of another group are there as well");
}

#[test]
fn nodes_are_launched_in_zones_that_the_group_has() {
    let in_zones = |zones: &[(&str, u32)], otherwise: &[LaunchElsewhere]| {
        let zones = zones.iter().map(|(zone, nodes)| ZoneLaunch { zone: (*zone).to_owned(), nodes: *nodes }).collect();
        let reason = GrowReason::PendingPods { pods: 2, absent_pods: 0, spare_nodes: 0, loose_nodes: 0, minimum_nodes: 0 };
        Action::Launch {
            group: group(),
            from: 6,
            to: 8,
            nodes: 2,
            zones,
            subnets: BTreeMap::new(),
            otherwise: otherwise.to_vec(),
            reason,
        }
    };
    let chooses = |it: &mut Snapshot| {
        it.groups[0].zones = vec!["us-west-2a".into(), "us-west-2b".into()];
        it.groups[0].zone_choice = ZoneChoice::Possible { subnets: BTreeMap::new() };
    };
    let no_choice = [Violation::NoZoneChoice(group())];
    let not_growth = [Violation::NotGrowth(group())];
    let one_each = [("us-west-2a", 1), ("us-west-2b", 1)];
    assert_eq!(judge_one(in_zones(&one_each, &[]), chooses), []);
    assert_eq!(judge_one(in_zones(&one_each, &[]), |_| ()), no_choice, "the cloud chooses");
    assert_eq!(judge_one(in_zones(&[("us-west-2c", 2)], &[]), chooses), no_choice);
    assert_eq!(judge_one(in_zones(&one_each[..1], &[]), chooses), not_growth, "one of two");
    assert_eq!(judge_one(in_zones(&[("us-west-2a", 3)], &[]), chooses), not_growth);
    let elsewhere = |group: GroupId, zones: &[&str], nodes| {
        let zones = zones.iter().map(|&zone| zone.to_owned()).collect();
        [LaunchElsewhere { group, from: 6, zones, subnets: BTreeMap::new(), nodes }]
    };
    assert_eq!(judge_one(in_zones(&one_each, &elsewhere(group(), &["us-west-2b"], 2)), chooses), []);
    assert_eq!(judge_one(in_zones(&one_each, &elsewhere(group(), &["us-west-2c"], 2)), chooses), no_choice);
    let other = GroupId { name: "other".into(), ..group() };
    let with_other = |it: &mut Snapshot| {
        chooses(it);
        let other = crate::snapshot::Group { id: other.clone(), instances: Vec::new(), ..it.groups[0].clone() };
        it.groups.push(other);
    };
    assert_eq!(judge_one(in_zones(&one_each, &elsewhere(other.clone(), &[], 3)), with_other), []);
    let above = judge_one(in_zones(&one_each, &elsewhere(other.clone(), &[], 4)), with_other);
    assert_eq!(above, [Violation::AboveMax(other.clone())]);
    let unknown = judge_one(in_zones(&one_each, &elsewhere(other.clone(), &[], 1)), chooses);
    assert_eq!(unknown, [Violation::Unknown(other.to_string())]);
}

#[test]
fn capacity_is_taken_back_where_nothing_that_lives_can_be_hit() {
    let unsafe_revert = vec![Violation::UnsafeRevert(group())];
    assert_eq!(judge_one(revert(6, 5), |_| ()), []);
    assert_eq!(judge_one(revert(6, 4), |_| ()), unsafe_revert, "five live");
    assert_eq!(judge_one(revert(7, 5), |_| ()), unsafe_revert);
    assert_eq!(judge_one(revert(6, 6), |_| ()), unsafe_revert);
    assert_eq!(judge_one(revert(6, 5), |it| it.groups[0].launches_protected = false), unsafe_revert);
    assert_eq!(judge_one(revert(6, 5), |it| it.groups[0].instances[0].protected = false), unsafe_revert);
    assert_eq!(judge_one(revert(6, 5), |it| it.groups[0].min = 6), [Violation::BelowMin(group())]);
    assert_eq!(judge_one(revert(6, 5), |it| it.groups.clear()), [Violation::Unknown(group().to_string())]);
}

#[test]
fn a_group_keeps_its_minimum() {
    let both = || vec![terminate("c"), end_dead()];
    assert_eq!(judge(both(), |it, _| it.groups[0].min = 4), []);
    let below = Violation::BelowMin(group());
    assert_eq!(judge(both(), |it, _| it.groups[0].min = 5), [below.clone(), below.clone()]);
    let heavy = judge(both(), |it, _| {
        it.groups[0].min = 4;
        it.groups[0].instances[1].weight = Weight::new(2);
    });
    assert_eq!(heavy, [below.clone(), below]);
    // A step that replaces an instance takes nothing away.
    assert_eq!(judge(vec![terminate("c"), end_nobodys()], |it, _| it.groups[0].min = 5), []);
}

#[test]
fn a_group_is_changed_in_one_way() {
    let two_ways = || Violation::GrowsAndShrinks(group());
    assert_eq!(judge(vec![grow(6, 7), terminate("c")], |_, _| ()), [two_ways(), two_ways()]);
    assert_eq!(judge(vec![grow(6, 7), grow(6, 7)], |_, _| ()), [two_ways(), two_ways()]);
    assert_eq!(judge(vec![revert(6, 5), end_dead()], |_, _| ()), [two_ways(), two_ways()]);
    assert_eq!(judge(vec![grow(6, 7), end_nobodys()], |_, _| ()), [], "its share stays");
}

#[test]
fn only_what_is_wrong_is_dropped() {
    let (plan, snapshot) = planned(vec![grow(6, 7), cordon("a"), end_nobodys(), delete()], |it, _| {
        it.pods.push(pod("job", "a", "Job"));
        it.instance_notes.clear();
    });
    let review = review(&plan, &snapshot);
    let dropped = |action, violation| Dropped { action, violation };
    assert_eq!(review.dropped, [dropped(1, Violation::Busy("a".into())), dropped(2, Violation::Unwatched("i-n".into()))]);
    assert_eq!(review.fatal, []);
}

#[test]
fn a_node_is_the_subject_of_one_step() {
    let contradiction = |name: &str| Violation::Contradiction(name.into());
    let pairs = [("a", cordon("a"), start_drain("a")), ("c", uncordon("c"), terminate("c")), ("d", end_dead(), end_dead())];
    for (name, one, other) in pairs {
        assert_eq!(judge(vec![one, other], |it, _| it.groups[0].min = 0), [contradiction(name), contradiction(name)]);
    }
    let twice = judge(vec![end_nobodys(), end_nobodys()], |_, _| ());
    assert_eq!(twice, [contradiction("i-n"), contradiction("i-n")]);
    let mark = Action::MarkIdle { node: node_ref("a"), since: ago(0) };
    assert_eq!(judge(vec![mark, cordon("a")], |_, _| ()), [], "a mark is no step");
}

#[test]
fn a_drain_waits_while_pods_await_nodes() {
    let judged = |verdict: PodVerdict| {
        let (mut plan, snapshot) = planned(vec![start_drain("a")], |_, _| ());
        let pod = ObjectName::new("batch", "waits");
        plan.pods = vec![PodReport { pod, placed: None, ruling: std::sync::Arc::new(verdict.into()) }];
        review(&plan, &snapshot).dropped.into_iter().map(|dropped| dropped.violation).collect::<Vec<_>>()
    };
    assert_eq!(judged(PodVerdict::FitsExisting { node: "a".into() }), []);
    let new = PodVerdict::FitsNew { group: group().into(), new_node: 1 };
    assert_eq!(judged(new), [Violation::TakesRoom("a".into())]);
}

#[test]
fn a_group_that_is_not_selected_is_left_alone() {
    let not_selected = vec![Violation::NotSelected(group())];
    for action in [grow(6, 7), revert(6, 5), cordon("a"), start_drain("a"), terminate("c"), end_dead(), end_nobodys()] {
        let only = |name: &str| judge(vec![action.clone()], |_, policy| policy.only_groups = vec![name.into()]);
        assert_eq!(only("other"), not_selected);
        assert_eq!(only("web"), []);
    }
}

#[test]
fn the_limits_of_a_run_forbid_all_of_it() {
    let fatal = |actions: Vec<Action>, new: u32, fraction: f64| {
        let (plan, snapshot) = planned(actions, |_, policy| {
            (policy.max_scale_up, policy.max_scale_in_fraction) = (new, fraction);
        });
        review(&plan, &snapshot).fatal
    };
    let going = || vec![terminate("c"), end_nobodys(), delete()];
    assert_eq!(fatal(going(), 1, 0.6), []);
    // Of 5 nodes, 2 may go: the fraction is rounded up.
    assert_eq!(fatal(going(), 1, 0.4), [Violation::TooManyGone(3)]);
    assert_eq!(fatal(going(), 1, 0.41), []);
    assert_eq!(fatal(vec![grow(6, 7)], 1, 0.1), []);
    assert_eq!(fatal(vec![grow(6, 7)], 0, 0.1), [Violation::TooManyNew(1)]);
}

#[test]
fn a_group_of_another_region_is_another() {
    let elsewhere = judge_one(terminate("c"), |it| it.groups[0].id = GroupId { region: "eu-west-1".into(), ..group() });
    assert_eq!(elsewhere, [Violation::Unknown("i-c".into())]);
}
