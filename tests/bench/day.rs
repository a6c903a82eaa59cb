//! The bundled day, simulated: 24 hours in two regions with a run every minute. `cargo bench
//! --bench day`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use ec2_autoscale::policy::Policy;
use ec2_autoscale::simulate::{History, Settings, simulate};
use ec2_autoscale::{demo, gather};

const ROUNDS: usize = 5;
/// The target for its 1,430 runs.
const TARGET: Duration = Duration::from_secs(2);

fn main() {
    let best = best();
    let verdict = if best < TARGET { "as it should be" } else { "TOO SLOW (on a machine that does nothing else)" };
    println!("the bundled day, simulated: {best:.0?} of {TARGET:?}, {verdict}");
}

/// Returns the best time of some rounds.
fn best() -> Duration {
    let trace = gather::trace::read_text("day", demo::DAY_TRACE).expect("the bundled trace");
    let start = demo::day();
    let round = || {
        let begun = Instant::now();
        let history = simulate(&start, &trace, &Policy::default(), &Settings::default(), &mut |_, _| {});
        let time = begun.elapsed();
        assert_answer(&history);
        time
    };
    (0..ROUNDS).map(|_| round()).min().expect("there is at least one round")
}

/// Asserts that all work is done, on nodes of every group.
fn assert_answer(history: &History) {
    assert!(history.is_whole && history.runs > 24 * 60 - 10, "{} runs", history.runs);
    assert_eq!(history.pods.len(), 582);
    let ended = history.pods.iter().filter(|pod| pod.ended_at.is_some()).count();
    assert_eq!(ended, 580, "all but the two of the service");
    let groups = 0..history.groups.len();
    assert!(groups.into_iter().all(|group| history.instances.iter().any(|instance| instance.group == group)));
}
