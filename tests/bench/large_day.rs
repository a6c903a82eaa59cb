//! A day of 100,000 pods on up to 5,000 nodes, simulated with a run every minute. `cargo bench -p
//! ec2-autoscale-core --bench large_day`. Behind `--` another number of pods.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod batch_jobs;
mod day_of_pods;
mod made_up;
mod random;
#[expect(dead_code, reason = "the other benches use the rest")]
mod small_pods;

use std::env;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::simulate::{History, Report, simulate};

const PODS: usize = 100_000;
const TARGET: Duration = Duration::from_mins(1);
/// The most nodes that are Ready at a time lie between these.
const PEAK: RangeInclusive<u32> = 4_500..=5_000;

fn main() {
    let number = env::args().skip(1).find_map(|argument| argument.parse().ok());
    let pods = number.unwrap_or(PODS);
    let (start, trace) = (day_of_pods::start(), day_of_pods::trace(pods));
    let (policy, settings) = (Policy::default(), day_of_pods::settings());
    let begun = Instant::now();
    let history = simulate(&start, &trace, &policy, &settings, &mut |_, _| {});
    let took = begun.elapsed();
    let report = Report::new(&history, policy, settings);
    assert_answer(&history, &report, pods);
    let verdict = if took < TARGET { "as it should be" } else { "TOO SLOW (on a machine that does nothing else)" };
    let (runs, peak) = (history.runs, report.peak_nodes);
    println!("{pods} pods in a day, {runs} runs, {peak} nodes at most: {took:.1?} of {TARGET:?}, {verdict}");
}

/// Asserts that every pod came, that those of the night have done their work, and how many nodes
/// that took.
fn assert_answer(history: &History, report: &Report, pods: usize) {
    assert_eq!((history.runs, report.pods.came as usize), (24 * 60 + 1, pods));
    assert!(report.pods.ended as usize > pods / 2, "{} have ended", report.pods.ended);
    if pods == PODS {
        assert!(PEAK.contains(&report.peak_nodes), "{} nodes at most", report.peak_nodes);
    }
}
