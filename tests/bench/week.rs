//! A week of jobs, simulated: a run every minute, with up to hundreds of nodes. `cargo bench -p
//! ec2-autoscale-core --bench week`. Behind `--` another number of jobs.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod batch_jobs;
mod made_up;
mod random;
#[expect(dead_code, reason = "the other benches use the rest")]
mod small_pods;
mod week_of_jobs;

use std::env;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::simulate::{History, Report, Settings, simulate};

const JOBS: usize = 100_000;
const TARGET: Duration = Duration::from_secs(20);
/// The most nodes that are Ready at a time lie between these.
const PEAK: RangeInclusive<u32> = 750..=950;

fn main() {
    let number = env::args().skip(1).find_map(|argument| argument.parse().ok());
    let jobs = number.unwrap_or(JOBS);
    let (start, trace) = (week_of_jobs::start(), week_of_jobs::trace(jobs));
    let (policy, settings) = (Policy::default(), Settings::default());
    let begun = Instant::now();
    let history = simulate(&start, &trace, &policy, &settings, &mut |_, _| {});
    let took = begun.elapsed();
    let report = Report::new(&history, policy, settings);
    assert_answer(&history, &report, jobs);
    let verdict = if took < TARGET { "as it should be" } else { "TOO SLOW (on a machine that does nothing else)" };
    let (runs, peak) = (history.runs, report.peak_nodes);
    println!("{jobs} jobs in a week, {runs} runs, {peak} nodes at most: {took:.1?} of {TARGET:?}, {verdict}");
}

/// Asserts that every job has done its work, and how many nodes that took.
fn assert_answer(history: &History, report: &Report, jobs: usize) {
    assert!(history.is_whole && history.runs > 9_000, "{} runs", history.runs);
    assert_eq!((report.pods.came as usize, report.pods.ended as usize), (jobs, jobs));
    if jobs == JOBS {
        assert!(PEAK.contains(&report.peak_nodes), "{} nodes at most", report.peak_nodes);
    }
}
