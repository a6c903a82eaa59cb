//! Simulated days: random clusters in memory live through 2,000 minutes, with a plan made and carried out in each.
//!
//! Jobs arrive and end, services grow and shrink, instances boot slowly or never, launches fail for a while, nodes die or
//! vanish, people cordon. The rules are asked every minute (`rules`, `flapping`); once all work has stopped, the cluster must
//! come to rest at its smallest (`rest`). What a day is like follows from its seed alone.

mod cloud;
mod day;
mod flapping;
mod people;
mod rest;
mod rules;
mod scheduler;
mod settings;
mod surprise;
mod tally;
mod trail;
mod work;

use std::thread;

use day::Day;
use tally::Tally;

const SEEDS: u64 = 20;
/// Days that are lived side by side.
const THREADS: u64 = 2;

/// Every seed's whole day. A failing one tells its seed, its minute and what the last plans did.
#[test]
fn no_day_breaks_a_rule() {
    let workers: Vec<_> = (0..THREADS)
        .map(|first| {
            thread::spawn(move || {
                (first..SEEDS).step_by(usize::try_from(THREADS).expect("a few")).map(live_through).collect::<Vec<_>>()
            })
        })
        .collect();
    let days = workers.into_iter().flat_map(|worker| worker.join().expect("a day's failure is caught"));
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    for day in days {
        match day {
            Ok(day) => tally.add(&day),
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{} of {SEEDS} days failed\n{}", failures.len(), failures.join("\n"));
    tally.assert_eventful();
}

fn live_through(seed: u64) -> Result<Tally, String> {
    Day::dawning(seed).live()
}
