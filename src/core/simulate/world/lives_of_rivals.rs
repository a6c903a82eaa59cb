//! Lives under the models of other autoscalers, with numbers computed by hand.

use super::test_world::TestWorld;
use crate::duration::Seconds;
use crate::simulate::{Departure, History, Planner};
use crate::snapshot::{DisruptionBudget, LabelSelector, Market, SpecId};
use crate::well_known::annotations::DO_NOT_DISRUPT;

fn world(planner: Planner) -> TestWorld {
    let mut sample = TestWorld::new();
    sample.settings.planner = planner;
    sample.settings.interval = planner.usual_interval();
    sample
}

fn cluster_autoscaler() -> TestWorld {
    world(Planner::LikeClusterAutoscaler)
}

fn karpenter() -> TestWorld {
    world(Planner::LikeKarpenter)
}

fn ends(history: &History) -> Vec<Option<u64>> {
    history.instances.iter().map(|machine| machine.ended.map(|(at, _)| at.0)).collect()
}

fn launches(history: &History) -> Vec<u64> {
    history.instances.iter().map(|machine| machine.launched_at.0).collect()
}

/// A job comes at second 33. The loop at 40 launches, the node is Ready at 220, the job ends at
/// 520. The loop at that second finds the node unneeded, and ten minutes later it ends.
#[test]
fn cluster_autoscaler_looks_every_ten_seconds_and_keeps_what_is_empty_for_ten_minutes() {
    let mut sample = cluster_autoscaler();
    sample.group("g", 5, &["a"]);
    sample.job(33, "train", 3000, 1, 300);
    let history = sample.lived();
    assert_eq!((launches(&history), history.pods[0].waited), (vec![40], Seconds(187)));
    assert_eq!((ends(&history), history.pods[0].evictions), (vec![Some(520 + 600)], 0));
    assert_eq!(history.instances[0].ended.map(|(_, why)| why), Some(Departure::ScaledIn));
}

/// Of two groups only one grows in a loop; the pods that only the other helps wait for the next
/// one.
#[test]
fn cluster_autoscaler_grows_one_group_a_loop() {
    let mut sample = cluster_autoscaler();
    for (pool, at) in [("one", 1), ("two", 2)] {
        sample.group(pool, 5, &["a"]);
        let spec = sample.job(at, pool, 4000, 2, 100).pod.spec;
        sample.trace.pod_specs.get_mut(&spec).expect("it was just added").node_selector = [("pool", pool)].into();
    }
    let history = sample.lived();
    assert_eq!(launches(&history), [10, 10, 20, 20]);
}

/// The group has nothing at 0. The loop at 10 takes that back and leaves it alone for five minutes.
#[test]
fn cluster_autoscaler_leaves_a_group_alone_that_has_failed() {
    let mut sample = cluster_autoscaler();
    sample.group("g", 5, &["a"]);
    sample.job(0, "train", 4000, 1, 100);
    sample.outage("g", None, 0, 200);
    let history = sample.lived();
    assert_eq!((launches(&history), history.failed_launches.clone()), (vec![310], vec![1]));
}

/// Two jobs that need a quarter of a node each came to two nodes: after ten minutes one is evicted
/// and begins anew on the other node, though it had run for long. A node that is half full stays.
#[test]
fn cluster_autoscaler_moves_jobs_off_nodes_that_are_less_than_half_full() {
    for (cpu, moves) in [(1000, true), (1999, true), (2000, false)] {
        let mut sample = cluster_autoscaler();
        sample.group("g", 5, &["a"]);
        sample.node("g", "a", "n1");
        sample.node("g", "a", "n2");
        sample.settings.longest = Seconds(5000);
        // Each keeps the other off its node until it is bound.
        sample.job(0, "one", cpu, 1, 50_000);
        sample.job(0, "two", cpu, 1, 50_000);
        let history = sample.lived();
        let (evictions, lost): (u32, u64) =
            history.pods.iter().fold((0, 0), |(evictions, lost), pod| (evictions + pod.evictions, lost + pod.lost_work.0));
        let gone = history.instances.iter().filter(|machine| machine.ended.is_some()).count();
        match moves {
            true => assert_eq!((evictions, lost, gone), (1, 600, 1), "{cpu}"),
            false => assert_eq!((evictions, lost, gone), (0, 0, 0), "{cpu}"),
        }
    }
}

/// Twelve nodes are empty from the start: ten go after ten minutes, the others a loop later, but
/// one that the group's minimum keeps.
#[test]
fn cluster_autoscaler_ends_ten_empty_nodes_at_once_and_keeps_the_minimum() {
    let mut sample = cluster_autoscaler();
    sample.group("g", 20, &["a"]).min = 1;
    for number in 0..12 {
        sample.node("g", "a", &format!("n{number:02}"));
    }
    sample.job(2000, "late", 4000, 1, 10);
    let mut ended: Vec<Option<u64>> = ends(&sample.lived());
    ended.sort_unstable();
    let (at_600, at_610) = (vec![Some(600); 10], vec![Some(610)]);
    assert_eq!(ended, [vec![None], at_600, at_610].concat());
}

/// A job comes at second 33, alone: its window ends a second later.
#[test]
fn karpenter_launches_a_second_after_the_last_pod_and_removes_what_is_empty_at_once() {
    let mut sample = karpenter();
    sample.group("g", 5, &["a"]).min = 3;
    sample.price(Market::OnDemand, 100_000);
    sample.job(33, "train", 3000, 1, 300);
    let history = sample.lived();
    assert_eq!((launches(&history), history.pods[0].waited), (vec![34], Seconds(181)));
    // The job ends at 514. The next look, at most ten seconds later, is validated after 15 seconds.
    let end = ends(&history)[0].expect("it was removed");
    assert!((529..=539).contains(&end), "{end}");
}

/// The largest type that holds all pods is not launched where two of the small one are cheaper only
/// in sum: one node holds both pods, and the cheapest type that holds them is taken, of any group,
/// whatever its maximum.
#[test]
fn karpenter_launches_the_cheapest_type_that_holds_the_pods_of_a_node() {
    let mut sample = karpenter();
    for (name, cpu, micros) in [("small", 4000, 100_000), ("large", 8000, 250_000), ("huge", 16_000, 400_000)] {
        let group = sample.group(name, 0, &["a"]);
        group.launch_options[0].machine_type = format!("m.{name}");
        group.tags.resources.set(crate::snapshot::CPU, cpu);
        sample.price(Market::OnDemand, micros);
        let price = sample.start.prices.as_mut().and_then(|prices| prices.last_mut()).expect("it was just added");
        price.machine_type = format!("m.{name}");
    }
    sample.job(0, "train", 3000, 2, 300);
    let history = sample.lived();
    let types: Vec<&str> = history.instances.iter().map(|machine| machine.machine_type.as_str()).collect();
    assert_eq!(types, ["m.large"]);
}

/// What has no capacity is not tried again for three minutes; another zone is taken at once.
#[test]
fn karpenter_takes_the_next_offer_where_there_is_no_capacity() {
    let mut sample = karpenter();
    sample.group("g", 5, &["a", "b"]);
    sample.job(0, "train", 4000, 1, 100);
    sample.outage("g", Some("a"), 0, 1000);
    let history = sample.lived();
    assert_eq!((launches(&history), history.instances[0].zone.as_str()), (vec![1], "us-west-2b"));
    sample.outage("g", Some("b"), 0, 150);
    let history = sample.lived();
    let at = launches(&history)[0];
    assert!((181..=191).contains(&at), "{at}");
}

/// Two nodes of ten have little work: with the budget of a tenth one goes at a time, and its job
/// begins anew, unless it is marked.
#[test]
fn karpenter_moves_jobs_unless_they_are_marked_and_ends_a_tenth_of_the_nodes_at_a_time() {
    for is_marked in [false, true] {
        let mut sample = karpenter();
        sample.group("g", 20, &["a"]);
        sample.price(Market::OnDemand, 100_000);
        for number in 0..10 {
            sample.node("g", "a", &format!("n{number}"));
        }
        sample.job(0, "full", 3000, 8, 50_000);
        for name in ["one", "two"] {
            let pod = &mut sample.job(0, name, 1500, 1, 50_000).pod;
            if is_marked {
                pod.drain_annotations = [(DO_NOT_DISRUPT, "true")].into();
            }
        }
        sample.settings.longest = Seconds(600);
        let history = sample.lived();
        let evictions: u32 = history.pods.iter().map(|pod| pod.evictions).sum();
        let gone = history.instances.iter().filter(|machine| machine.ended.is_some()).count();
        assert_eq!((evictions, gone), if is_marked { (0, 0) } else { (1, 1) });
    }
}

/// A budget that allows nothing keeps a service where it is, under either model.
#[test]
fn a_disruption_budget_is_respected() {
    for planner in [Planner::LikeClusterAutoscaler, Planner::LikeKarpenter] {
        for allowed in [0, 1] {
            let mut sample = world(planner);
            sample.group("g", 5, &["a"]);
            sample.price(Market::OnDemand, 100_000);
            sample.start.pod_specs.insert(SpecId(0), TestWorld::service_spec(500));
            for (pod, node) in [("web-1", "n1"), ("web-2", "n2")] {
                sample.node("g", "a", node);
                sample.start.pods.push(TestWorld::running(pod, node));
            }
            sample.start.budgets.push(DisruptionBudget {
                namespace: "batch".into(),
                name: "web".into(),
                selector: Some(LabelSelector::default()),
                disruptions_allowed: allowed,
                always_allow_unhealthy: false,
            });
            let history = sample.lived();
            let gone = history.instances.iter().filter(|machine| machine.ended.is_some()).count();
            assert_eq!(gone, usize::try_from(allowed).expect("a few"), "{planner}");
        }
    }
}

/// What is skipped while nothing happens changes nothing.
#[test]
fn a_life_under_a_model_is_the_same_when_every_loop_looks() {
    for planner in [Planner::LikeClusterAutoscaler, Planner::LikeKarpenter] {
        let mut sample = world(planner);
        sample.group("one", 6, &["a", "b"]);
        sample.group("two", 6, &["a"]);
        sample.price(Market::OnDemand, 100_000);
        sample.outage("one", Some("a"), 500, 2500);
        for number in 0..30 {
            let (at, cpu) = (number * 173 % 4000, 300 + i64::try_from(number * 619 % 3600).expect("a few"));
            sample.job(
                at,
                &format!("j{number:02}"),
                cpu,
                1 + u32::try_from(number % 3).expect("a few"),
                60 + number * 397 % 3000,
            );
        }
        let (one, other) = (sample.lived(), sample.watched_anew(&mut |_, _| {}));
        assert!(one.is_whole && one.pods.iter().all(|pod| pod.ended_at.is_some()), "{planner}");
        assert_eq!(one, other, "{planner}");
    }
}
