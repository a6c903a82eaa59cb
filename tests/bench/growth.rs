//! How the time grows with the size of inputs that made it grow faster than the size once: `cargo
//! bench -p ec2-autoscale-core --bench growth`. Behind `--` a part of a name chooses cases.
//!
//! Each case is planned at one size and at twice that. Its answer is asserted, and that the time
//! for twice the size is less than four times the other, as it was when it grew with the square; it
//! should be at most 2.3 times, which caches and whoever else uses the machine blur. The bench
//! `instructions` counts instead.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod growing;
mod made_up;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod mixed;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod random;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod small_pods;

use std::env;
use std::fs;
use std::time::{Duration, Instant};

use ec2_autoscale_core::plan::plan;
use growing::{Case, all_cases};

const ROUNDS: usize = 3;
/// The time may grow so many times, since it depends on caches and on others as well.
const MOST_TIME: f64 = 4.0;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let part = arguments.first().map_or("", String::as_str);
    for case in all_cases().filter(|case| case.name.contains(part)) {
        let [one, two] = [case.size, 2 * case.size].map(|size| measure(case, size));
        let growth = two.as_secs_f64() / one.as_secs_f64();
        let verdict =
            if growth <= case.most_growth() { "as it should be" } else { "TOO FAST (on a machine that does nothing else)" };
        println!("{:<52} {:>6} {one:>9.2?}  twice {two:>9.2?}  {growth:.1} times, {verdict}", case.name, case.size);
        assert!(growth < MOST_TIME, "{}: twice the size takes {growth:.1} times as long", case.name);
    }
}

/// Returns the best time of some rounds.
fn measure(case: &Case, size: usize) -> Duration {
    let snapshot = (case.snapshot)(size);
    let policy = case.policy();
    let round = |_| {
        let begun = Clock::start();
        let made = plan(&snapshot, &policy);
        let took = begun.elapsed();
        (case.assert_answer)(size, &made);
        took
    };
    (0..ROUNDS).map(round).min().expect("there is at least one round")
}

/// The time that this thread had a core, where the kernel tells (Linux's `schedstat`), since
/// others may use the machine as well; else the time that went by.
enum Clock {
    OfThread(Duration),
    OnTheWall(Instant),
}

impl Clock {
    fn start() -> Self {
        Self::on_a_core().map_or_else(|| Self::OnTheWall(Instant::now()), Self::OfThread)
    }

    fn elapsed(&self) -> Duration {
        match self {
            Self::OfThread(begun) => Self::on_a_core().map_or(Duration::ZERO, |now| now.saturating_sub(*begun)),
            Self::OnTheWall(begun) => begun.elapsed(),
        }
    }

    fn on_a_core() -> Option<Duration> {
        let counts = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(counts.split(' ').next()?.parse().ok()?))
    }
}
