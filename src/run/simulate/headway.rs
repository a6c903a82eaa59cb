//! How far simulations are, with an end in sight.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::duration::Seconds;
use crate::progress::Progress;
use crate::run::progress::Spinner;

/// Progress is shown once in this many simulated runs.
const RUNS_BETWEEN_WORDS: u32 = 20;
/// From this share of the work on the rest of it can be guessed, in thousandths.
const ENOUGH_TO_GUESS: u64 = 20;

/// The progress of simulations that run side by side.
pub(super) struct Headway<'a> {
    spinner: &'a Spinner,
    began: Instant,
    /// How long each is expected to take, and how far it is, in simulated seconds.
    ways: Vec<(u64, AtomicU64)>,
    runs: AtomicU32,
}

impl<'a> Headway<'a> {
    /// Begins with simulations that are expected to end at these moments.
    pub(super) fn new(ends: impl Iterator<Item = Seconds>, spinner: &'a Spinner) -> Self {
        Self {
            spinner,
            began: Instant::now(),
            ways: ends.map(|end| (end.0.max(1), AtomicU64::new(0))).collect(),
            runs: AtomicU32::new(0),
        }
    }

    /// Notes how far one is.
    pub(super) fn is_at(&self, place: usize, at: Seconds) {
        let (end, way) = &self.ways[place];
        way.store(at.0.min(*end), Ordering::Relaxed);
        if self.runs.fetch_add(1, Ordering::Relaxed).is_multiple_of(RUNS_BETWEEN_WORDS) {
            self.spinner.set_label(&self.label(at));
        }
    }

    /// Notes that one has come to its end.
    pub(super) fn is_done(&self, place: usize) {
        let (end, way) = &self.ways[place];
        way.store(*end, Ordering::Relaxed);
    }

    fn label(&self, at: Seconds) -> String {
        let all: u64 = self.ways.iter().map(|(end, _)| end).sum();
        let done: u64 = self.ways.iter().map(|(_, way)| way.load(Ordering::Relaxed)).sum();
        let what = match self.ways.len() {
            1 => format!("simulating: {at}"),
            trials => format!("simulating {trials} policies"),
        };
        let per_mille = done.saturating_mul(1000) / all.max(1);
        words(&what, per_mille, self.began.elapsed())
    }
}

/// Returns a line such as `simulating: 5h, 21 %, about 12s left`.
fn words(what: &str, per_mille: u64, elapsed: Duration) -> String {
    let percent = per_mille / 10;
    if per_mille < ENOUGH_TO_GUESS {
        return format!("{what}, {percent} %");
    }
    let left = elapsed.as_secs().saturating_mul(1000 - per_mille.min(1000)) / per_mille;
    format!("{what}, {percent} %, about {} left", Seconds(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_guessed_once_there_is_something_to_go_by() {
        assert_eq!(words("simulating: 1m", 3, Duration::from_secs(5)), "simulating: 1m, 0 %");
        assert_eq!(
            words("simulating 4 policies", 250, Duration::from_secs(30)),
            "simulating 4 policies, 25 %, about 1m 30s left"
        );
        assert_eq!(words("x", 1000, Duration::from_secs(30)), "x, 100 %, about 0s left");
    }
}
