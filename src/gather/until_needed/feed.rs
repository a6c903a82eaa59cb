//! The objects of one kind that call for a run, as a list and then a watch show them.
//!
//! A watch that the server ends goes on from the version it had come to. When the server has
//! forgotten that version (410), the objects are listed again, and only those call that were not
//! known.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::callers::Callers;
use crate::kubernetes::call::CallError;
use crate::kubernetes::list::{ListError, list_with_version};
use crate::kubernetes::watch::{Watch, WatchEvent};
use crate::kubernetes::{ApiServer, Permission};
use crate::server_clock;

/// An object that may call for a run.
pub(super) trait Caller: DeserializeOwned {
    /// Returns its metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// Returns what it calls for; `None` when it does not call.
    fn call(&self, callers: &Callers<'_>) -> Option<CallForRun>;
}

/// What an object calls for. It calls once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallForRun {
    /// Since when it calls.
    pub(super) since: Timestamp,
    /// Which version of its specification calls, where there may be several.
    pub(super) generation: i64,
}

/// The objects that are listed and watched.
#[derive(Debug, Clone)]
pub(super) struct WatchedObjects {
    /// Where the API server has them.
    pub(super) path: String,
    /// Their resource with its API group, for the permission that it takes.
    pub(super) resource: String,
    /// The field selector.
    pub(super) fields: Option<&'static str>,
}

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

/// Lists and watches objects, and sends for each that calls for a run the moment of that.
pub(super) struct Feed<'a, K> {
    server: ApiServer<'a>,
    watched: WatchedObjects,
    callers: &'a Callers<'a>,
    /// Objects that called longer ago than this when they are first listed were seen by an earlier
    /// run.
    fresh: SignedDuration,
    clock: fn() -> Timestamp,
    calls: UnboundedSender<Instant>,
    /// What each known object calls for, by its uid.
    known: BTreeMap<String, CallForRun>,
    failures: usize,
    kind: PhantomData<fn() -> K>,
}

/// Why a watch ended.
enum End {
    /// The server ended it.
    Closed,
    /// The version is too old to go on from.
    Expired,
}

impl<'a, K: Caller> Feed<'a, K> {
    pub(super) fn new(
        server: ApiServer<'a>,
        watched: WatchedObjects,
        callers: &'a Callers<'a>,
        wait: Duration,
        clock: fn() -> Timestamp,
        calls: UnboundedSender<Instant>,
    ) -> Self {
        // Runs begin somewhat further apart than each waits.
        let fresh = SignedDuration::try_from(wait.saturating_mul(2)).unwrap_or(SignedDuration::MAX);
        Self { server, watched, callers, fresh, clock, calls, known: BTreeMap::new(), failures: 0, kind: PhantomData }
    }

    /// Goes on without end, or until another attempt cannot help.
    pub(super) async fn run(mut self) -> FeedError {
        loop {
            let error = match self.list_and_watch().await {
                Ok(()) => continue,
                Err(error) => error,
            };
            if cannot_be_mended(&error.cause) {
                return error;
            }
            tracing::debug!(error = %error.cause, "waiting for {}", self.watched.resource);
            self.pause().await;
        }
    }

    /// Lists the objects and watches them until a watch cannot go on.
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
        let found = |found: &mut Vec<(String, CallForRun)>, object: &K| {
            found.extend(object.metadata().uid.clone().zip(object.call(self.callers)));
            Ok(())
        };
        let listed = list_with_version(self.server, &self.watched.path, self.watched.fields, Vec::new, found).await;
        let (callers, version) = listed.map_err(|error| FeedError {
            cause: match error {
                ListError::Call(error) => error,
                ListError::Object(error) => CallError::Malformed(error.to_string()),
            },
            permission: self.permission("list"),
        })?;
        let now = (self.clock)();
        let now =
            server_clock::compare(now, std::time::Instant::now(), self.server.clock, std::iter::empty()).by_the_server(now);
        for (uid, call) in callers {
            let age = now.duration_since(call.since).max(SignedDuration::ZERO);
            if self.is_new(uid, call) && age <= self.fresh {
                self.call(Duration::try_from(age).unwrap_or_default());
            }
        }
        Ok(version)
    }

    async fn watch(&mut self, version: &mut String) -> Result<End, FeedError> {
        let permission = self.permission("watch");
        let failed = |cause| FeedError { cause, permission: permission.clone() };
        let WatchedObjects { path, fields, .. } = &self.watched;
        let mut watch = match Watch::<K>::open(self.server, path, *fields, version).await {
            Err(error) if error.code() == Some(410) => return Ok(End::Expired),
            watch => watch.map_err(failed)?,
        };
        while let Some(event) = watch.next().await.map_err(failed)? {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    self.see(&object);
                    advance(version, object.metadata().resource_version.as_deref());
                }
                WatchEvent::Deleted(object) => {
                    object.metadata().uid.as_ref().and_then(|uid| self.known.remove(uid));
                    advance(version, object.metadata().resource_version.as_deref());
                }
                WatchEvent::Bookmark(mark) => advance(version, Some(&mark.metadata.resource_version)),
                WatchEvent::Error(failure) if failure.code == 410 => return Ok(End::Expired),
                WatchEvent::Error(failure) => return Err(failed(CallError::Connection(failure.message))),
            }
        }
        Ok(End::Closed)
    }

    fn see(&mut self, object: &K) {
        let Some(uid) = object.metadata().uid.clone() else { return };
        match object.call(self.callers) {
            Some(call) if self.is_new(uid, call) => self.call(Duration::ZERO),
            _ => {}
        }
    }

    /// Notes an object; returns whether it was not known to call for that.
    fn is_new(&mut self, uid: String, call: CallForRun) -> bool {
        self.known.insert(uid, call) != Some(call)
    }

    fn permission(&self, verb: &'static str) -> Permission {
        Permission { verb, resource: self.watched.resource.clone(), namespace: None }
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
pub(super) struct FeedError {
    pub(super) cause: CallError,
    pub(super) permission: Permission,
}

/// Whether every other attempt fails in the same way.
fn cannot_be_mended(error: &CallError) -> bool {
    match error {
        CallError::Refused(refusal) => matches!(refusal.code, 401 | 403 | 404),
        CallError::Tls(_) | CallError::Credentials(_) => true,
        CallError::Connection(_) | CallError::TooLong { .. } | CallError::Malformed(_) => false,
    }
}

fn advance(version: &mut String, to: Option<&str>) {
    if let Some(to) = to.filter(|to| !to.is_empty()) {
        to.clone_into(version);
    }
}
