//! Events on pods and nodes, which `kubectl describe` and `kubectl get events` show.
//!
//! An object has one Event for each reason, under a name made from both, so that every run finds
//! what earlier runs wrote. It is written anew when its words change, and renewed before the API
//! server forgets it (an hour by default): ten runs leave one Event.

mod choice;
mod notice;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::Subjects;
use super::news::News;
use choice::{ChosenEvents, Write, choose};
use notice::notices;

/// The author of every Event of ours: its `source.component` and `reportingComponent`.
pub const COMPONENT: &str = "ec2-autoscale";

/// At most this many writes are under way at a time.
const AT_ONCE: usize = 8;

/// After this many failed writes the rest of their namespace is left to later runs: a quota or a
/// webhook of one namespace must not keep the Events of the others from being written.
const MOST_FAILURES_OF_ONE: usize = 2;

/// After failures in this many namespaces the rest is left to later runs: then the trouble is not
/// that of single namespaces.
const MOST_FAILING: usize = 8;

/// Why some Events were not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventsError {
    /// The existing Events could not be listed.
    #[error("listing events: {0}")]
    List(String),
    /// Writes failed.
    #[error("{failed} of {tried} were not written: {first}")]
    Write {
        /// How many.
        failed: usize,
        /// How many were tried.
        tried: usize,
        /// The first error.
        first: String,
    },
}

/// Writes the Events that are due.
///
/// # Errors
/// When the API refuses. Objects that are gone are no error.
pub(super) async fn write(
    client: &kube::Client,
    news: &[News<'_>],
    subjects: &Subjects,
    now: Timestamp,
) -> Result<(), EventsError> {
    let notices = notices(news, subjects);
    if notices.is_empty() {
        return Ok(());
    }
    let known = wire::list(client).await.map_err(EventsError::List)?;
    let ChosenEvents { writes, left } = choose(notices, &known, now);
    let (mut written, mut failed, mut first) = (0_usize, 0_usize, None);
    let failures = Failures::default();
    {
        let write = async |write| {
            let namespace = Write::namespace(write);
            if failures.are_too_many(namespace) {
                return None;
            }
            let result = wire::write(client, write, now).await;
            if result.is_err() {
                failures.note(namespace);
            }
            Some(result)
        };
        let mut results = stream::iter(&writes).map(write).buffer_unordered(AT_ONCE);
        while let Some(result) = results.next().await {
            match result {
                None => {}
                Some(Ok(())) => written += 1,
                Some(Err(error)) => {
                    failed += 1;
                    first.get_or_insert(error);
                }
            }
            if failures.are_everywhere() {
                break;
            }
        }
    }
    tracing::info!("events: {written} written, {} left to later runs", left + writes.len() - written);
    match first {
        None => Ok(()),
        Some(first) => Err(EventsError::Write { failed, tried: written + failed, first }),
    }
}

/// The number of failed writes, by namespace.
#[derive(Debug, Default)]
struct Failures(Mutex<BTreeMap<String, usize>>);

impl Failures {
    fn note(&self, namespace: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(namespace.to_owned()).or_default() += 1;
    }

    fn are_too_many(&self, namespace: &str) -> bool {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(namespace).is_some_and(|failed| *failed >= MOST_FAILURES_OF_ONE)
    }

    fn are_everywhere(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() >= MOST_FAILING
    }
}
