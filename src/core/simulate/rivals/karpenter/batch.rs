//! Pods that come within a short time are looked at together: the window ends a second after the
//! last of them (`BATCH_IDLE_DURATION`), or ten seconds after the first (`BATCH_MAX_DURATION`;
//! settings in `reference/settings.md`).

use crate::duration::Seconds;

const IDLE: Seconds = Seconds(1);
const LONGEST: Seconds = Seconds(10);

/// The window that is open, if one is.
#[derive(Debug, Default)]
pub(super) struct Batch(Option<BatchWindow>);

#[derive(Debug, Clone, Copy)]
struct BatchWindow {
    first: Seconds,
    last: Seconds,
}

impl Batch {
    /// Adds a pod. Returns when the window ends if no other follows.
    pub(super) fn add(&mut self, now: Seconds) -> Seconds {
        let first = self.0.map_or(now, |window| window.first);
        let window = BatchWindow { first, last: now };
        self.0 = Some(window);
        window.end()
    }

    /// Returns when the open window ends.
    pub(super) fn end(&self) -> Option<Seconds> {
        self.0.map(BatchWindow::end)
    }

    /// Whether no window is open any more, so that pods may be provisioned for. Those that no batch
    /// has helped are looked at again and again.
    pub(super) fn is_over(&mut self, now: Seconds) -> bool {
        self.0 = self.0.filter(|window| window.end() > now);
        self.0.is_none()
    }
}

impl BatchWindow {
    fn end(self) -> Seconds {
        Seconds((self.first.0 + LONGEST.0).min(self.last.0 + IDLE.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_a_second_after_the_last_pod_and_ten_after_the_first() {
        let mut batch = Batch::default();
        assert!(batch.is_over(Seconds(0)));
        assert_eq!(batch.add(Seconds(100)), Seconds(101));
        assert!(!batch.is_over(Seconds(100)));
        for second in 101..109 {
            assert_eq!(batch.add(Seconds(second)), Seconds(second + 1));
        }
        assert_eq!([109, 110].map(|second| batch.add(Seconds(second))), [Seconds(110); 2]);
        assert!(!batch.is_over(Seconds(109)) && batch.is_over(Seconds(110)) && batch.end().is_none());
        assert_eq!(batch.add(Seconds(115)), Seconds(116));
    }
}
