//! The pods that call for a run, as a list and then a watch show them.
//!
//! A watch that the server ends goes on from the version it had come to. When the server has
//! forgotten that version (410), the pods are listed again, and only those call that were not
//! known.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::callers::Callers;
use crate::kubernetes::call::CallError;
use crate::kubernetes::list::{ListError, list_with_version};
use crate::kubernetes::watch::{Watch, WatchEvent};
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::server_clock;

/// The pods without a node.
const UNBOUND: &str = "spec.nodeName=,status.phase=Pending";
/// The waits before another attempt, of which the last is repeated.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];
/// A watch that lasted this long was not ended by a fault of the server.
const SOUND: Duration = Duration::from_secs(5);

/// Lists and watches pods, and sends for each that calls for a run the moment at which it was
/// called unschedulable.
pub(super) struct Feed<'a> {
    server: ApiServer<'a>,
    callers: &'a Callers<'a>,
    /// Pods that were called unschedulable longer ago than this when they are first listed were
    /// seen so by an earlier run.
    fresh: SignedDuration,
    clock: fn() -> Timestamp,
    calls: UnboundedSender<Instant>,
    /// Since when each known pod is unschedulable, by its uid.
    known: BTreeMap<String, Timestamp>,
    failures: usize,
}

/// Why a watch ended.
enum End {
    /// The server ended it.
    Closed,
    /// The version is too old to go on from.
    Expired,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        server: ApiServer<'a>,
        callers: &'a Callers<'a>,
        wait: Duration,
        clock: fn() -> Timestamp,
        calls: UnboundedSender<Instant>,
    ) -> Self {
        // Runs begin somewhat further apart than each waits.
        let fresh = SignedDuration::try_from(wait.saturating_mul(2)).unwrap_or(SignedDuration::MAX);
        Self { server, callers, fresh, clock, calls, known: BTreeMap::new(), failures: 0 }
    }

    /// Goes on without end, or until another attempt cannot help.
    pub(super) async fn run(mut self) -> KubernetesError {
        loop {
            let error = match self.list_and_watch().await {
                Ok(()) => continue,
                Err(error) => error,
            };
            if cannot_be_mended(&error.cause) {
                return KubernetesError::from_call(error.cause, error.permission, self.server.url);
            }
            tracing::debug!(error = %error.cause, "waiting for pods");
            self.pause().await;
        }
    }

    /// Lists the pods and watches them until a watch cannot go on.
    async fn list_and_watch(&mut self) -> Result<(), FeedError> {
        let mut version = self.list().await?;
        loop {
            let begun = Instant::now();
            let end = self.watch(&mut version).await?;
            if begun.elapsed() >= SOUND {
                self.failures = 0;
            } else {
                self.pause().await;
            }
            match end {
                End::Closed => {}
                End::Expired => return Ok(()),
            }
        }
    }

    async fn list(&mut self) -> Result<String, FeedError> {
        let found = |found: &mut Vec<(String, Timestamp)>, pod: &Pod| {
            found.extend(pod.metadata.uid.clone().zip(self.callers.since(pod)));
            Ok(())
        };
        let listed = list_with_version(self.server, Some(UNBOUND), Vec::new, found).await;
        let (pods, version) = listed.map_err(|error| FeedError {
            cause: match error {
                ListError::Call(error) => error,
                ListError::Object(error) => CallError::Malformed(error.to_string()),
            },
            permission: Permission::to_list::<Pod>(),
        })?;
        let now = (self.clock)();
        let now =
            server_clock::compare(now, std::time::Instant::now(), self.server.clock, std::iter::empty()).by_the_server(now);
        for (uid, since) in pods {
            let age = now.duration_since(since).max(SignedDuration::ZERO);
            if self.is_new(uid, since) && age <= self.fresh {
                self.call(Duration::try_from(age).unwrap_or_default());
            }
        }
        Ok(version)
    }

    async fn watch(&mut self, version: &mut String) -> Result<End, FeedError> {
        let failed = |cause| FeedError { cause, permission: Permission::to_watch::<Pod>() };
        let mut watch = match Watch::<Pod>::open(self.server, UNBOUND, version).await {
            Err(error) if error.code() == Some(410) => return Ok(End::Expired),
            watch => watch.map_err(failed)?,
        };
        while let Some(event) = watch.next().await.map_err(failed)? {
            match event {
                WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                    self.see(&pod);
                    advance(version, pod.metadata.resource_version);
                }
                WatchEvent::Deleted(pod) => {
                    pod.metadata.uid.as_ref().and_then(|uid| self.known.remove(uid));
                    advance(version, pod.metadata.resource_version);
                }
                WatchEvent::Bookmark(mark) => advance(version, Some(mark.metadata.resource_version)),
                WatchEvent::Error(failure) if failure.code == 410 => return Ok(End::Expired),
                WatchEvent::Error(failure) => return Err(failed(CallError::Connection(failure.message))),
            }
        }
        Ok(End::Closed)
    }

    fn see(&mut self, pod: &Pod) {
        let Some(uid) = pod.metadata.uid.clone() else { return };
        match self.callers.since(pod) {
            Some(since) if self.is_new(uid, since) => self.call(Duration::ZERO),
            _ => {}
        }
    }

    /// Notes a pod; returns whether it was not known to be unschedulable since then.
    fn is_new(&mut self, uid: String, since: Timestamp) -> bool {
        self.known.insert(uid, since) != Some(since)
    }

    fn call(&self, age: Duration) {
        let now = Instant::now();
        // The receiver goes away only with this feed.
        let _ = self.calls.send(now.checked_sub(age).unwrap_or(now));
    }

    async fn pause(&mut self) {
        let pause = PAUSES[self.failures.min(PAUSES.len() - 1)];
        self.failures += 1;
        tokio::time::sleep(pause).await;
    }
}

/// A call that failed, and the permission that it takes.
struct FeedError {
    cause: CallError,
    permission: Permission,
}

/// Whether every other attempt fails in the same way.
fn cannot_be_mended(error: &CallError) -> bool {
    match error {
        CallError::Refused(refusal) => matches!(refusal.code, 401 | 403),
        CallError::Tls(_) | CallError::Credentials(_) => true,
        CallError::Connection(_) | CallError::TooLong { .. } | CallError::Malformed(_) => false,
    }
}

fn advance(version: &mut String, to: Option<String>) {
    if let Some(to) = to.filter(|to| !to.is_empty()) {
        *version = to;
    }
}
