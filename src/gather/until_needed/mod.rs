//! Waits until the scheduler calls a pod unschedulable, with a watch on the pods that have no node
//! and nothing else.
//!
//! A burst takes a moment to come: the wait goes on until a second has passed without another such
//! pod, and for a few seconds at most. A pod that was called unschedulable before the wait began
//! counts where no earlier run may have seen it so; otherwise one that nothing can help would end
//! every wait at once.

mod burst;
mod callers;
mod feed;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use burst::Burst;
pub use callers::Callers;
use feed::Feed;

use crate::kubernetes::{ApiServer, KubernetesError};

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// Pods were called unschedulable.
    Called {
        /// How many of them were seen.
        pods: usize,
    },
    /// None was, for as long as the wait was to take.
    TimeUp,
}

/// Waits until a pod is called unschedulable, or for so long. `clock` is this machine's.
///
/// An API server that cannot be reached for a while is waited for: the run that follows says what
/// is wrong with it.
///
/// # Errors
/// When the credentials are not accepted or lack a permission.
pub async fn until_needed(
    server: ApiServer<'_>,
    callers: &Callers<'_>,
    wait: Duration,
    clock: fn() -> Timestamp,
) -> Result<WaitEnd, KubernetesError> {
    let until = Instant::now().checked_add(wait);
    let (sender, mut calls) = mpsc::unbounded_channel();
    let feed = Feed::new(server, callers, wait, clock, sender).run();
    tokio::pin!(feed);
    let mut burst = Burst::default();
    loop {
        let end = [until, burst.end()].into_iter().flatten().min();
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        tokio::select! {
            biased;
            Some(called) = calls.recv() => burst.note(called, Instant::now()),
            error = &mut feed => return Err(error),
            () = sleep(end) => {}
        }
    }
    Ok(match burst.pods() {
        0 => WaitEnd::TimeUp,
        pods => WaitEnd::Called { pods },
    })
}

/// Sleeps until a moment; without end where that is beyond what clocks can count.
async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
