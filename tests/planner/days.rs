//! Simulated days: random clusters in memory run for 2,000 minutes, with a plan made and carried
//! out in each.
//!
//! Jobs arrive and end, services grow and shrink, instances boot slowly or never, launches fail for
//! a while, nodes die or vanish, people cordon. The rules are checked every minute (`rules`,
//! `flapping`); once all work has stopped, the cluster must come to rest at its smallest (`rest`).
//! A day follows from its seed alone.

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
/// Days on which nodes are replaced: of the first eighteen seeds only these have such a day.
const SEEDS_WITH_PRICES: [u64; 4] = [7, 15, 16, 17];
/// Days that are simulated in parallel.
const THREADS: usize = 2;

/// Simulates the whole day of every seed. A failing day reports its seed, its minute and what the
/// last plans did.
#[test]
fn no_day_breaks_a_rule() {
    live_through(&(0..SEEDS).collect::<Vec<u64>>(), settings::script).assert_eventful();
}

/// With prices, nodes are also replaced by one that costs less: neither that nor the price of a mix
/// makes a day go round in circles.
#[test]
fn no_day_with_prices_breaks_a_rule() {
    let tally = live_through(&SEEDS_WITH_PRICES, settings::script_with_prices);
    assert!(tally.replaced > 0, "nothing was replaced: {tally:?}");
    assert_eq!(tally.excused, 0, "flapping: {tally:?}");
}

fn live_through(seeds: &[u64], script: fn(u64) -> String) -> Tally {
    let number = seeds.len();
    let workers: Vec<_> = (0..THREADS)
        .map(|first| {
            let own: Vec<u64> = seeds.iter().copied().skip(first).step_by(THREADS).collect();
            thread::spawn(move || own.into_iter().map(|seed| Day::dawning(seed, &script(seed)).live()).collect::<Vec<_>>())
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
    assert!(failures.is_empty(), "{} of {number} days failed\n{}", failures.len(), failures.join("\n"));
    tally
}
