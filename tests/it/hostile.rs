//! A hostile world: small clusters in memory in which everything around a run is wrong now and
//! then, and in which runs plan and carry out what they plan step by step, while the world goes on
//! between two looks.
//!
//! Node objects vanish and come back, `providerID`s are of other schemes, instances leave warm
//! pools, a group is shared with another cluster, a run sees the account or the cluster of somebody
//! else, a list is old, an answer hangs, a process is stopped and another run takes over, clocks
//! are off, pods bind in spite of a cordon, and tenants imitate our marks. Whatever happens, no
//! machine with work on it ends by our doing (`rules`). What a world is like follows from its seed
//! alone.
//!
//! `HOSTILE_SEEDS=200 cargo test --test it -- hostile` goes through more worlds than usual.

mod cloud;
mod looks;
mod nodes;
mod rules;
mod run;
mod scheduler;
mod settings;
mod sights;
mod steps;
mod stories;
mod tally;
mod truth;
mod work;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use settings::{SEEDS, SEEDS_VARIABLE, THREADS, TICKS};
use tally::Tally;
use truth::Truth;

/// Every seed's whole world. A failing one shows its seed, its tick and the story of the machine
/// concerned.
#[test]
fn no_world_makes_us_end_work() {
    let seeds = std::env::var(SEEDS_VARIABLE).map_or(SEEDS, |seeds| seeds.parse().expect("a number of seeds"));
    let workers: Vec<_> = (0..THREADS)
        .map(|first| thread::spawn(move || (0..seeds).skip(first).step_by(THREADS).map(live_through).collect::<Vec<_>>()))
        .collect();
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    for outcome in workers.into_iter().flat_map(|worker| worker.join().expect("a world's failure is caught")) {
        match outcome {
            Ok(lived) => tally.add(&lived),
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{} of {seeds} worlds failed\n{}", failures.len(), failures.join("\n"));
    tally.assert_eventful(seeds);
}

fn live_through(seed: u64) -> Result<Tally, String> {
    let mut truth = Truth::beginning(seed);
    let mut tick = 0;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        while tick < TICKS {
            truth.tick();
            tick += 1;
        }
    }));
    outcome.map_err(|cause| {
        let words = cause.downcast_ref::<String>().cloned();
        let words = words.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
        format!("seed {seed}, tick {tick}: {words}\n{}", truth.stories.of_those_named_in(&words))
    })?;
    Ok(truth.tally)
}
