//! Waits until the scheduler calls a pod unschedulable or somebody asks for room, with a watch on
//! the pods that have no node, and on requests and buffers where these are served.
//!
//! A burst takes a moment to come: the wait goes on until a second has passed without another such
//! pod, and for a few seconds at most. A pod that was called unschedulable before the wait began
//! counts where no earlier run may have seen it so; otherwise one that nothing can help would end
//! every wait at once.

mod burst;
mod callers;
mod feed;
mod pods;
mod room;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use burst::Burst;
pub use callers::Callers;
use feed::{Feed, FeedError};
use k8s_openapi::api::core::v1::Pod;
use pods::unbound_pods;

use crate::kubernetes::{ApiServer, KubernetesError};

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// Pods were called unschedulable, or somebody asked for room.
    Called {
        /// How many pods, requests and buffers were seen.
        callers: usize,
    },
    /// None was, for as long as the wait was to take.
    TimeUp,
}

/// Waits until a pod is called unschedulable or somebody asks for room, or for so long. `clock` is
/// this machine's.
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
    let feed = Feed::<Pod>::new(server, unbound_pods(), callers, wait, clock, sender.clone()).run();
    let for_room = room::RoomWait { server, callers, wait, clock, calls: sender }.for_room();
    tokio::pin!(feed, for_room);
    let mut burst = Burst::default();
    loop {
        let end = [until, burst.end()].into_iter().flatten().min();
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        tokio::select! {
            biased;
            Some(called) = calls.recv() => burst.note(called, Instant::now()),
            FeedError { cause, permission } = &mut feed => {
                return Err(KubernetesError::from_call(cause, permission, server.url));
            }
            never = &mut for_room => match never {},
            () = sleep(end) => {}
        }
    }
    Ok(match burst.callers() {
        0 => WaitEnd::TimeUp,
        callers => WaitEnd::Called { callers },
    })
}

/// Sleeps until a moment; without end where that is beyond what clocks can count.
async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
