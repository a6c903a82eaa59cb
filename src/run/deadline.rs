//! `--timeout`: how long the run may take. The time in which a person considers a question does not
//! count.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::RunError;
use super::progress::Spinner;
use crate::duration::Seconds;

/// The moment at which the run's time is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    limit: Seconds,
    at: Option<Instant>,
}

impl Deadline {
    /// Starts the limit now. A limit beyond what clocks can count is none.
    pub(super) fn new(limit: Seconds) -> Self {
        Self { limit, at: Instant::now().checked_add(limit.into()) }
    }

    /// Does some work within it.
    ///
    /// # Errors
    /// When time is up first; the error names what the run was doing.
    pub(super) async fn bound<T>(self, work: impl Future<Output = T>, progress: &Spinner) -> Result<T, RunError> {
        let Some(at) = self.at else { return Ok(work.await) };
        let timed_out = || RunError::TimedOut { limit: self.limit, doing: progress.doing() };
        // Work that is done as soon as it is begun would win over a time that is up already.
        if Instant::now() >= at {
            return Err(timed_out());
        }
        timeout_at(at, work).await.map_err(|_| timed_out())
    }

    /// Adds a time that does not count.
    pub(super) fn put_off(&mut self, by: Duration) {
        self.at = self.at.and_then(|at| at.checked_add(by));
    }

    /// Waits until time is up.
    pub(super) async fn passed(self) {
        match self.at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;

    #[tokio::test]
    async fn time_that_is_up_names_what_was_going_on() {
        let spinner = Spinner::new(false);
        spinner.set_label("listing pods");
        let never = std::future::pending::<()>();
        let error = Deadline::new(Seconds(0)).bound(never, &spinner).await.expect_err("no time at all");
        assert_eq!(error.to_string(), "timed out after 0s while listing pods");
    }

    #[tokio::test]
    async fn work_within_it_is_done() {
        let spinner = Spinner::new(false);
        assert_eq!(Deadline::new(Seconds::minutes(5)).bound(async { 7 }, &spinner).await.ok(), Some(7));
        assert_eq!(Deadline::new(Seconds(u64::MAX)).bound(async { 7 }, &spinner).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn time_at_a_question_is_given_back() {
        let mut deadline = Deadline::new(Seconds(0));
        deadline.put_off(Duration::from_hours(1));
        assert!(futures::future::FutureExt::now_or_never(deadline.passed()).is_none());
    }
}
