//! When a burst of calls is over.

use std::time::Duration;

use tokio::time::Instant;

/// A burst is over once nobody has come for this long.
const QUIET: Duration = Duration::from_secs(1);
/// It is not waited for longer than this, even while others come.
const LONGEST: Duration = Duration::from_secs(3);

/// The pods that were called unschedulable while a run waits, and whoever else calls for one.
#[derive(Debug, Default)]
pub(super) struct Burst {
    callers: usize,
    /// When the first was seen, and when the last was called so.
    moments: Option<(Instant, Instant)>,
}

impl Burst {
    /// Notes one that called at a moment, and is seen now.
    pub(super) fn note(&mut self, called: Instant, now: Instant) {
        self.callers += 1;
        let (first, last) = self.moments.unwrap_or((now, called));
        self.moments = Some((first, last.max(called)));
    }

    /// Returns when it is over, if nobody else comes; `None` before the first.
    pub(super) fn end(&self) -> Option<Instant> {
        self.moments.map(|(first, last)| (last + QUIET).min(first + LONGEST))
    }

    /// Returns how many callers were seen.
    pub(super) fn callers(&self) -> usize {
        self.callers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_a_second_after_the_last_pod_and_after_three_at_most() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut burst = Burst::default();
        assert_eq!(burst.end(), None);
        burst.note(after(0), after(0));
        assert_eq!(burst.end(), Some(after(1000)));
        burst.note(after(700), after(700));
        assert_eq!(burst.end(), Some(after(1700)));
        for millis in (1000..=2900).step_by(100) {
            burst.note(after(millis), after(millis));
        }
        assert_eq!((burst.end(), burst.callers()), (Some(after(3000)), 22));
    }

    #[test]
    fn one_that_was_over_before_it_was_seen_is_not_waited_for() {
        let now = Instant::now() + Duration::from_mins(1);
        let mut burst = Burst::default();
        burst.note(now.checked_sub(Duration::from_secs(20)).expect("a minute has passed"), now);
        assert!(burst.end().is_some_and(|end| end <= now));
        burst.note(now, now);
        assert_eq!(burst.end(), Some(now + QUIET));
    }
}
