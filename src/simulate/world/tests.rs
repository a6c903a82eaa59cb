//! Whole lives, with numbers worked out by hand.

use super::sample::Sample;
use crate::duration::Seconds;
use crate::simulate::Departure;
use crate::snapshot::{CPU, Market, UsdPerHour};

/// A job of an hour comes at second 30. The run at 60 launches, the node is Ready at 240 and the job ends at 3840, a run's very
/// second, which marks the node as idle; ten minutes later it is cordoned, and a run later it goes.
#[test]
fn one_job_takes_one_node_from_the_run_after_it_until_the_node_has_been_idle() {
    let mut sample = Sample::new();
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

/// Enough capacity: every pod waits from when it came until the next run, and then as long as a node boots.
#[test]
fn pods_that_fill_a_node_each_wait_for_the_next_run_and_a_boot() {
    let mut sample = Sample::new();
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
