//! Tests of reports whose histories are small enough to compute by hand.

use super::test_report::two_hours;
use super::*;
use crate::duration::Seconds;
use crate::policy::Policy;
use crate::simulate::{Departure, History, Settings};

fn report(history: &History) -> Report {
    Report::new(history, Policy::default(), Settings::default())
}

#[test]
fn two_hours_are_counted_by_hand() {
    let report = report(&two_hours());
    let waits = report.waits.as_ref().expect("two pods got a node");
    assert_eq!((waits.p50, waits.p95, waits.max), (Seconds(30), Seconds(300), Seconds(300)));
    assert_eq!(
        report.pods,
        PodFigures {
            came: 3,
            ended: 2,
            never_bound: 1,
            never_bound_longest: Seconds(90),
            unfinished: 0,
            waited: Seconds(420),
            peak_waiting: 2,
            evictions: 0,
            losses: 1,
            lost_work: Seconds(500),
        }
    );
    assert_eq!((report.makespan, report.peak_nodes), (Some(Seconds(6600 - 60)), 2));
    let [cpu, spot] = &report.groups[..] else { panic!("two groups") };
    assert_eq!((cpu.pods, cpu.peak_nodes, cpu.account.time, cpu.account.idle_time), (1, 1, Seconds(7200), Seconds(3600)));
    assert_eq!((cpu.account.cost, cpu.account.idle_cost), (Some(Usd::from_micros(720_000)), Some(Usd::from_micros(360_000))));
    assert_eq!((spot.account.cost, spot.account.spot_cost), (Some(Usd::from_micros(120_000)), Some(Usd::from_micros(120_000))));
    assert_eq!((spot.account.idle_cost, spot.account.interruptions), (Some(Usd::from_micros(20_000)), 1));
    let total = &report.total;
    assert_eq!(
        (total.instances, total.time, total.idle_time, total.spot_time),
        (2, Seconds(10_800), Seconds(4200), Seconds(3600))
    );
    assert_eq!((total.cost, total.spot_cost), (Some(Usd::from_micros(840_000)), Some(Usd::from_micros(120_000))));
    assert_eq!((total.failed_launches, total.interruptions, report.unpriced.len()), (3, 1, 0));
}

#[test]
fn utilisation_is_requested_by_offered_over_the_time_that_is_paid() {
    let report = report(&two_hours());
    let shares: Vec<_> = report.utilisation.iter().map(|of| (of.resource.as_str(), of.per_mille)).collect();
    // cpu: (2 · 3600 + 4 · 3000) ÷ (4 · 10800) = 19200 ÷ 43200; memory: 4 · 3600 ÷ (8 · 10800);
    // GPUs: 3000 ÷ (2 · 3600).
    assert_eq!(shares, [("cpu", 444), ("memory", 167), ("nvidia.com/gpu", 417)]);
}

#[test]
fn a_group_without_a_price_is_named_and_left_out_of_the_sum() {
    let mut history = two_hours();
    history.instances[0].price = None;
    let partly = report(&history);
    assert_eq!((partly.groups[0].account.cost, partly.unpriced.clone()), (None, vec![history.groups[0].clone()]));
    assert_eq!(partly.total.cost, Some(Usd::from_micros(120_000)));
    history.instances[1].price = None;
    let none = report(&history);
    assert_eq!((none.total.cost, none.groups[1].account.cost, none.unpriced.len()), (None, None, 2));
    assert_eq!(none.total.time, Seconds(10_800), "time is known without prices");
}

#[test]
fn nothing_comes_to_nothing() {
    let report = report(&test_report::history());
    assert_eq!((report.waits, report.makespan, report.pods), (None, None, PodFigures::default()));
    assert_eq!((report.total, report.moments, report.utilisation), (Account::default(), Vec::new(), Vec::new()));
}

#[test]
fn pods_that_never_got_a_node_have_no_part_in_the_percentiles() {
    let mut history = test_report::history();
    history.pods = vec![test_report::pod(0, 0, None), test_report::pod(10, 0, None)];
    for (pod, waited) in history.pods.iter_mut().zip([100, 90]) {
        (pod.first_bound_at, pod.waited, pod.group) = (None, Seconds(waited), None);
    }
    history.samples = vec![test_report::at(0, 0, 2, 0)];
    history.is_whole = false;
    let report = report(&history);
    assert_eq!((report.waits, report.makespan), (None, None));
    assert_eq!((report.pods.never_bound, report.pods.never_bound_longest, report.pods.unfinished), (2, Seconds(100), 2));
}

#[test]
fn an_instance_is_a_flap_once() {
    let mut history = test_report::history();
    history.lasted = Seconds(20_000);
    history.instances = vec![
        // Idle from the start: its buyer is unknown. The next instance takes its place.
        test_report::instance(0, Some(600), 0, None),
        // Bought in its place; never used.
        test_report::instance(900, Some(3000), 0, None),
        // Used, and nothing came after it in time.
        test_report::instance(5000, Some(9000), 500, None),
        test_report::instance(9601, None, 500, None),
    ];
    assert_eq!(report(&history).total.flaps, Flaps { never_used: 1, bought_again: 1 });
}

#[test]
fn each_side_is_compared_with_the_first() {
    let (one, mut other) = (two_hours(), two_hours());
    other.instances[0].ended = Some((Seconds(3600), Departure::ScaledIn));
    other.failed_launches = vec![0, 0];
    let side = |name: &str, history| Side { name: name.to_owned(), flags: String::new(), report: report(history) };
    let comparison = Comparison::new(vec![side("A", &one), side("B", &other), side("C", &one)]);
    let of = |figure| comparison.figure(figure).expect("a figure").values.as_slice();
    let value = |value, difference, difference_per_mille| ComparedValue { value, difference, difference_per_mille };
    assert_eq!(
        of(Figure::Cost),
        [
            value(Some(840_000), None, None),
            value(Some(480_000), Some(-360_000), Some(-429)),
            value(Some(840_000), Some(0), Some(0))
        ]
    );
    assert_eq!(of(Figure::FailedLaunches)[1], value(Some(0), Some(-3), Some(-1000)));
    assert_eq!(of(Figure::Evictions)[1], value(Some(0), Some(0), None));
    assert_eq!(comparison.figures.iter().filter(|line| line.figure == Figure::Utilisation).count(), 3);
}

#[test]
fn amounts_are_written_for_people() {
    for (unit, number, text) in [
        (Unit::Count, -3, "−3"),
        (Unit::Seconds, 250, "4m 10s"),
        (Unit::InstanceSeconds, 5400, "1.5"),
        (Unit::MicroUsd, -1_250_000, "−$1.25"),
        (Unit::PerMille, 612, "61.2 %"),
    ] {
        assert_eq!(Amount { unit, number }.to_string(), text);
    }
}
