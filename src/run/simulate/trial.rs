//! Policies, each tried in its world, on all cores.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::headway::Headway;
use super::start::Start;
use crate::cli::{ComparedFlags, LeftOutPart, PolicyFlags, WorldFlags};
use crate::duration::Seconds;
use crate::policy::TimedPolicy;
use crate::run::progress::Spinner;
use crate::simulate::{Report, Settings, WorldPart, simulate_over_time};
use crate::trace::{Trace, Work};

/// A policy, and the world it is tried in.
pub(super) struct Trial {
    pub(super) policy: TimedPolicy,
    pub(super) settings: Settings,
}

impl Trial {
    pub(super) fn from_flags(variant: &ComparedFlags) -> Self {
        Self::new(&variant.policy, &variant.world)
    }

    pub(super) fn new(PolicyFlags(policy): &PolicyFlags, world: &WorldFlags) -> Self {
        let policy = policy.clone();
        let WorldFlags { planner, interval, boot_time, spot_interruptions, longest, world_without } = world.clone();
        let of_all = boot_time.iter().rev().find(|boot| boot.group.is_none()).map(|boot| boot.time);
        let settings = Settings {
            planner,
            seed: policy.base.seed,
            interval: interval.unwrap_or(planner.usual_interval()),
            boot_time: of_all.unwrap_or(Settings::default().boot_time),
            boot_times: boot_time.into_iter().filter_map(|boot| Some((boot.group?, boot.time))).collect(),
            spot_interruptions,
            longest,
            without: world_without.into_iter().map(world_part).collect(),
        };
        Self { policy, settings }
    }

    fn report(&self, place: usize, start: &Start, headway: &Headway<'_>) -> Report {
        let started = Instant::now();
        let history = simulate_over_time(&start.snapshot, &start.trace, &self.policy, &self.settings, &mut |now, _| {
            headway.is_at(place, Seconds::between(start.snapshot.taken_at, now.taken_at));
        });
        headway.is_done(place);
        tracing::info!("simulating {} with {} runs: {:.1?}", history.lasted, history.runs, started.elapsed());
        Report::new(&history, self.policy.base.clone(), self.settings.clone())
    }
}

fn world_part(left_out: LeftOutPart) -> WorldPart {
    match left_out {
        LeftOutPart::Preemption => WorldPart::Preemption,
        LeftOutPart::Grace => WorldPart::Grace,
        LeftOutPart::AzRebalance => WorldPart::ZoneBalance,
        LeftOutPart::LifecycleHooks => WorldPart::LifecycleHooks,
    }
}

/// Returns how many threads the machine has for them.
pub(super) fn all_cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Lives through each trial once and keeps what `kept` makes of its report, in the order of the
/// trials: it does not depend on the number of threads.
pub(super) fn all_reports<T: Send>(
    trials: &[Trial],
    start: &Start,
    spinner: &Spinner,
    threads: NonZeroUsize,
    kept: impl Fn(usize, Report) -> T + Sync,
) -> Vec<T> {
    let ends = trials.iter().map(|trial| expected_end(&start.trace, trial.settings.longest));
    let headway = Headway::new(ends, spinner);
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(trials.len())));
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(trial) = trials.get(place) else { return };
            let result = kept(place, trial.report(place, start, &headway));
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((place, result));
        }
    };
    let more = threads.get().min(trials.len()).saturating_sub(1);
    thread::scope(|scope| {
        for _ in 0..more {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Returns when a simulation ends if nothing waits: the last work is done.
fn expected_end(trace: &Trace, longest: Seconds) -> Seconds {
    let end = |work: &Work| {
        let rounds = u64::from(work.completions.div_ceil(work.parallelism.max(1)));
        work.at.0.saturating_add(work.duration.unwrap_or_default().0.saturating_mul(rounds))
    };
    let last = trace.work.iter().map(end).max().unwrap_or(0);
    Seconds(last).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::gather::trace::read_text;
    use crate::policy::Policy;

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let trace = read_text("day.jsonl", demo::DAY_TRACE).expect("the bundled trace");
        let start = Start { snapshot: demo::day(), trace };
        let trial = |minutes: u64| {
            let settings = Settings { longest: Seconds::minutes(120 - minutes), ..Settings::default() };
            let policy = Policy { idle_threshold: Seconds::minutes(minutes), ..Policy::default() };
            Trial { policy: policy.into(), settings }
        };
        let trials: Vec<Trial> = (1..6).map(|number| trial(number * 10)).collect();
        let lived = |threads: usize| {
            let threads = NonZeroUsize::new(threads).expect("not 0");
            all_reports(&trials, &start, &Spinner::new(false), threads, |place, report| (place, report))
        };
        let alone = lived(1);
        assert_eq!(alone.len(), 5);
        assert!(lived(4) == alone, "four threads live through the same as one");
    }
}
