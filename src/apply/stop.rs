//! The signal to stop early: it takes effect between steps, never in the middle of one.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Why a run stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopCause {
    /// SIGINT or SIGTERM.
    Interrupted,
    /// `--timeout` has passed.
    TimedOut,
}

impl fmt::Display for StopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "the run was interrupted",
            Self::TimedOut => "the time allowed (--timeout) had passed",
        })
    }
}

/// A flag that signal handlers and the deadline raise. Clones share it.
#[derive(Debug, Clone)]
pub struct StopSignal(Arc<watch::Sender<Option<StopCause>>>);

impl Default for StopSignal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl StopSignal {
    /// Raises the flag. The first cause stands.
    pub fn stop(&self, cause: StopCause) {
        self.0.send_if_modified(|current| {
            let first = current.is_none();
            current.get_or_insert(cause);
            first
        });
    }

    /// Returns why to stop, once the flag is raised.
    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        *self.0.borrow()
    }

    /// Waits until the flag is raised.
    pub async fn stopped(&self) -> StopCause {
        let mut flag = self.0.subscribe();
        let cause = flag.wait_for(Option::is_some).await.ok().and_then(|cause| *cause);
        match cause {
            Some(cause) => cause,
            // The sender lives in `self`, so that the flag cannot go away unraised.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_cause_stands_and_every_clone_hears_it() {
        let signal = StopSignal::default();
        let clone = signal.clone();
        assert_eq!(clone.cause(), None);
        signal.stop(StopCause::Interrupted);
        signal.stop(StopCause::TimedOut);
        assert_eq!(clone.cause(), Some(StopCause::Interrupted));
        assert_eq!(clone.stopped().await, StopCause::Interrupted);
    }
}
