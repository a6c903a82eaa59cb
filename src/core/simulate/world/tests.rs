//! Tests of whole lives, with numbers computed by hand.

use std::collections::BTreeSet;

use super::test_world::TestWorld;
use crate::duration::Seconds;
use crate::policy::RevertUnfilled;
use crate::simulate::Departure;
use crate::snapshot::{ActivityKind, CPU, Market, UsdPerHour};

/// A job of an hour arrives at second 30. The run at 60 launches, the node is Ready at 240 and the
/// job ends at 3840, the very second of a run, which marks the node as idle; ten minutes later it
/// is cordoned, and a run later it is removed.
#[test]
fn one_job_takes_one_node_from_the_run_after_it_until_the_node_has_been_idle() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]);
    sample.price(Market::OnDemand, 3_600_000);
    sample.job(30, "train", 3000, 1, 3600);
    let history = sample.lived();
    assert!(history.is_whole);
    let [pod] = history.pods.as_slice() else { panic!("one pod: {:?}", history.pods) };
    assert_eq!((pod.came_at, pod.first_bound_at, pod.ended_at), (Seconds(30), Some(Seconds(240)), Some(Seconds(3840))));
    assert_eq!((pod.waited, pod.evictions, pod.losses, pod.lost_work), (Seconds(210), 0, 0, Seconds(0)));
    let [machine] = history.instances.as_slice() else { panic!("one instance: {:?}", history.instances) };
    assert_eq!((machine.launched_at, machine.ready_at), (Seconds(60), Some(Seconds(240))));
    assert_eq!(machine.ended, Some((Seconds(4500), Departure::ScaledIn)));
    assert_eq!((machine.busy, machine.used.get(CPU)), (Seconds(3600), 3000 * 3600));
    assert_eq!(machine.offers.get(CPU), 4000);
    assert_eq!(machine.price, Some(UsdPerHour::from_micros(3_600_000)));
    assert_eq!((history.lasted, history.runs), (Seconds(4560), 77));
}

/// There is enough capacity: every pod waits from its arrival until the next run, and then as long
/// as a node boots.
#[test]
fn pods_that_fill_a_node_each_wait_for_the_next_run_and_a_boot() {
    let mut sample = TestWorld::new();
    sample.group("g", 50, &["a", "b"]);
    let times = [1, 59, 60, 61, 130, 130, 517, 900];
    for (number, at) in times.into_iter().enumerate() {
        sample.job(at, &format!("j{number}"), 4000, 1, 10_000);
    }
    let history = sample.lived();
    let waits: Vec<u64> = history.pods.iter().map(|pod| pod.waited.0).collect();
    let expected = times.map(|at: u64| at.next_multiple_of(60) - at + 180);
    assert_eq!(waits, expected);
    assert!(history.is_whole && history.instances.iter().all(|machine| machine.busy == Seconds(10_000)));
}

/// From 0 to 1000 nothing can be launched in either zone. The cloud tries at 0, 60, 180, 420,
/// 900 and 1800; the plan gives the group up at once and would try again after an hour.
#[test]
fn what_cannot_be_launched_is_tried_again_at_growing_intervals() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a", "b"]);
    sample.job(0, "train", 4000, 1, 100);
    sample.outage("g", None, 0, 1000);
    let begin = sample.start.taken_at;
    let mut seen = BTreeSet::new();
    let history = sample.watched(&mut |snapshot, _| {
        let launches = snapshot.groups[0].activities.iter().filter(|activity| activity.kind == ActivityKind::Launch);
        seen.extend(launches.map(|activity| (Seconds::between(begin, activity.started_at).0, activity.has_failed())));
    });
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        [(0, true), (60, true), (180, true), (420, true), (900, true), (1800, false)]
    );
    assert_eq!(history.failed_launches, [10], "both zones each time");
    assert_eq!(history.pods[0].first_bound_at, Some(Seconds(1980)));
}

/// One of two zones is short: everything is launched in the other one.
#[test]
fn the_next_zone_is_tried_when_one_is_short() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a", "b"]);
    sample.job(0, "train", 4000, 3, 100);
    sample.outage("g", Some("a"), 0, 10_000);
    let history = sample.lived();
    let zones: Vec<&str> = history.instances.iter().map(|machine| machine.zone.as_str()).collect();
    assert_eq!((zones, &history.failed_launches[..]), (vec!["us-west-2b"; 3], &[1][..]));
}

/// Without trouble they spread over the zones, the first by name first.
#[test]
fn instances_come_up_where_there_are_the_fewest() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a", "b"]);
    sample.node("g", "a", "old");
    sample.job(0, "train", 4000, 4, 100);
    let history = sample.lived();
    let zones: Vec<&str> = history.instances.iter().map(|machine| &machine.zone[9..]).collect();
    assert_eq!(zones, ["a", "b", "a", "b"]);
}

/// Spot instances are taken back all the time: the job begins anew each time, until it has had its
/// time in one piece.
#[test]
fn a_spot_instance_that_is_taken_back_costs_the_work_of_its_pods() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]).purchase = crate::snapshot::Purchase::Spot { max_price: None };
    sample.price(Market::Spot, 1_000_000);
    sample.settings.spot_interruptions = 2.0;
    sample.job(0, "train", 4000, 1, 1800);
    let history = sample.lived();
    let pod = &history.pods[0];
    assert!(pod.losses > 0 && history.is_whole, "{pod:?}");
    assert_eq!(pod.ended_at, Some(Seconds(pod.waited.0 + pod.lost_work.0 + 1800)));
    let taken = history.instances.iter().filter(|machine| matches!(machine.ended, Some((_, Departure::Interrupted))));
    assert!(taken.count() >= pod.losses as usize);
    sample.settings.seed = 1;
    assert_ne!(sample.lived().instances, history.instances, "another seed, another life");
}

/// A bare pod that loses its node is gone for good, and does not keep the simulation from ending.
#[test]
fn what_nobody_makes_again_is_gone_for_good() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]).purchase = crate::snapshot::Purchase::Spot { max_price: None };
    sample.settings.spot_interruptions = 60.0;
    sample.job(0, "bare", 4000, 1, 36_000).pod.owner = None;
    let history = sample.lived();
    assert_eq!((history.pods[0].losses, history.pods[0].ended_at, history.is_whole), (1, None, true));
}

/// Two at a time of five: the third comes when the first ends.
#[test]
fn no_more_pods_are_there_at_a_time_than_the_work_allows() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]);
    sample.job(0, "train", 2000, 5, 100).parallelism = 2;
    let history = sample.lived();
    let came: Vec<u64> = history.pods.iter().map(|pod| pod.came_at.0).collect();
    assert_eq!(came, [0, 0, 280, 280, 380]);
    let names: Vec<String> = history.pods.iter().map(|pod| pod.pod.to_string()).collect();
    assert_eq!(names, ["batch/train-0", "batch/train-1", "batch/train-2", "batch/train-3", "batch/train-4"]);
    assert_eq!((history.instances.len(), history.pods[4].ended_at), (1, Some(Seconds(480))));
}

/// A service of two pods and a job of three, of which one is done and one has not come, are deleted
/// at 1000: the node is idle from then on, and nothing of them is left to wait for.
#[test]
fn work_that_is_deleted_leaves_its_nodes_and_does_not_come_again() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]);
    let service = sample.job(0, "web", 1000, 2, 0);
    (service.duration, service.until) = (None, Some(Seconds(1000)));
    let job = sample.job(0, "train", 2000, 3, 500);
    (job.parallelism, job.until) = (1, Some(Seconds(1000)));
    let history = sample.lived();
    let ends: Vec<_> = history.pods.iter().map(|pod| pod.ended_at.map(|at| at.0)).collect();
    assert_eq!(ends, [Some(1000), Some(1000), Some(680), Some(1000)]);
    assert!(history.is_whole && history.pods.iter().all(|pod| pod.losses == 0 && pod.lost_work == Seconds(0)));
    let [machine] = history.instances.as_slice() else { panic!("one instance: {:?}", history.instances) };
    assert_eq!(machine.busy, Seconds(1000 - 180 + 30), "and the grace period");
    assert!(machine.ended.is_some_and(|(at, _)| at > Seconds(1600) && at < Seconds(1900)), "{:?}", machine.ended);
}

/// Two nodes have a small service each: the emptier one is drained, and its pod moves to the other,
/// unless a budget forbids it.
#[test]
fn a_drain_moves_pods_as_far_as_budgets_let_it() {
    for (allowed, evictions, nodes) in [(1, 1, 1), (0, 0, 2)] {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a"]);
        for name in ["n1", "n2"] {
            sample.node("g", "a", name);
        }
        sample.policy.consolidate = true;
        sample.policy.max_scale_in_fraction = 1.0;
        sample.start.pod_specs.insert(crate::snapshot::SpecId(0), TestWorld::service_spec(500));
        for (pod, node) in [("web-1", "n1"), ("web-2", "n2")] {
            sample.start.pods.push(TestWorld::running(pod, node));
        }
        sample.start.budgets.push(crate::snapshot::DisruptionBudget {
            namespace: "batch".into(),
            name: "web".into(),
            selector: Some(crate::snapshot::LabelSelector::default()),
            disruptions_allowed: allowed,
            always_allow_unhealthy: false,
        });
        let (mut evicted, mut last) = (0, 0);
        sample.watched(&mut |snapshot, outline| {
            evicted += outline.actions().iter().filter(|action| matches!(action, crate::plan::Action::Evict { .. })).count();
            last = snapshot.nodes.len();
            assert_eq!(snapshot.pods.iter().filter(|pod| pod.node.is_some()).count(), 2, "each has a place at once");
        });
        assert_eq!((evicted, last), (evictions, nodes), "{allowed} allowed");
    }
}

/// An idle mark makes a node the last choice, whatever its score.
#[test]
fn a_marked_node_is_taken_only_if_there_is_no_other() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]);
    sample.node("g", "a", "n1");
    sample.node("g", "a", "n2");
    sample.start.pod_specs.insert(crate::snapshot::SpecId(0), TestWorld::service_spec(500));
    sample.start.pods.push(TestWorld::running("web", "n2"));
    sample.job(90, "train", 500, 1, 100);
    let mut on = Vec::new();
    // A run that is left out sees it, too.
    let policy = sample.policy.clone().into();
    let history =
        crate::simulate::simulate_over_time(&sample.start, &sample.trace, &policy, &sample.settings, &mut |snapshot, _| {
            on.extend(snapshot.pods.iter().filter(|pod| pod.name == "train-0").map(|pod| pod.node.clone().unwrap_or_default()));
        });
    // n1 is emptier, and since second 0 it is marked as idle.
    on.dedup();
    assert!(on == ["n2"] && history.is_whole, "{on:?}");
}

/// A machine of an unknown type is not launched, and the reason is a sentence.
#[test]
fn a_type_that_nobody_knows_cannot_be_launched() {
    let mut sample = TestWorld::new();
    let group = sample.group("g", 5, &["a"]);
    group.tags.resources = crate::snapshot::Resources::default();
    group.launch_options[0].machine_type = "z9.mystery".into();
    group.desired = 1;
    sample.settings.longest = Seconds(100);
    // Nobody waits for it, so that it would be taken back after the first failure.
    sample.policy.revert_unfilled = RevertUnfilled::Never;
    let mut words = String::new();
    let history = sample.watched(&mut |snapshot, _| {
        words = snapshot.groups[0].activities.first().map(|activity| activity.message.clone()).unwrap_or_default();
    });
    assert!(words.contains("instance type z9.mystery is unknown in us-west-2"), "{words}");
    assert_eq!((history.instances.len(), history.failed_launches), (0, vec![2]));
}

/// A cluster at rest has no work: one look is enough, and nothing changes.
#[test]
fn a_cluster_at_rest_stays_as_it_is() {
    let mut sample = TestWorld::new();
    sample.group("g", 5, &["a"]).min = 1;
    sample.node("g", "a", "n1");
    let mut seen = Vec::new();
    let history = sample.watched(&mut |snapshot, _| seen.push(snapshot.clone()));
    assert_eq!(seen[0], sample.start);
    assert_eq!((history.instances[0].ended, history.instances[0].ready_at), (None, Some(Seconds(0))));
}
