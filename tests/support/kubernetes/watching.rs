//! Watches: what changes of a kind, from a version on.
//!
//! There is no log of changes: the table is compared with the one before. What was deleted between
//! the version and the begin of the watch is therefore not told, what was changed then is told as
//! added, and of several changes at once only the last is told.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Body, Outcome, Refusal};
use super::cluster::Cluster;
use super::request::{Request, Target};
use super::resources::Resource;
use super::selectors::Selection;
use super::store::{Key, Store, Stored, Table, complete};

/// How long a watch takes that names no time; a real server takes half an hour or more.
const USUAL: Duration = Duration::from_mins(30);
/// How often the tables are compared.
const TICK: Duration = Duration::from_millis(2);
/// After so long without a change a bookmark tells the version; a real server takes a minute.
const BOOKMARK: Duration = Duration::from_secs(1);

/// A watch that begins.
#[derive(Debug)]
pub(super) struct Watch {
    resource: &'static Resource,
    namespace: String,
    selection: Selection,
    after: u64,
    is_expired: bool,
    lasts: Duration,
    bookmarks: bool,
}

pub(super) fn watch(store: &Store, request: &Request, target: &Target) -> Outcome {
    let resource = target.resource;
    let selection = Selection::parse(resource, request.param("labelSelector"), request.param("fieldSelector"))?;
    let number = |name: &str| match request.param(name) {
        "" => Ok(None),
        text => text.parse::<u64>().map(Some).map_err(|error| Refusal::bad_request(format!("invalid {name}: {error}"))),
    };
    let after = number("resourceVersion")?.filter(|version| *version > 0).unwrap_or(store.revision());
    let watch = Watch {
        resource,
        namespace: target.namespace.clone(),
        selection,
        after,
        is_expired: after < store.oldest_watched(),
        lasts: number("timeoutSeconds")?.map_or(USUAL, Duration::from_secs),
        bookmarks: request.param("allowWatchBookmarks") == "true",
    };
    Ok(Answer { code: 200, retry_after: None, body: Body::Watch(Box::new(watch)) })
}

/// What a watch has told so far.
struct Running {
    cluster: Arc<Cluster>,
    watch: Watch,
    known: Arc<Table>,
    epoch: usize,
    ends: Instant,
    last: Instant,
}

/// The messages of a watch, a line each, as they come.
pub(super) fn messages(cluster: Arc<Cluster>, watch: Watch) -> impl Stream<Item = Result<Bytes, io::Error>> {
    let (now, epoch) = (Instant::now(), cluster.watch_epoch());
    let (_, table) = cluster.table(watch.resource);
    let is_older = |stored: &Stored| version(stored) <= watch.after;
    let known: Table =
        table.iter().filter(|(_, stored)| is_older(stored)).map(|(key, it)| (key.clone(), Arc::clone(it))).collect();
    let ends = now + watch.lasts;
    let running = Running { cluster, known: Arc::new(known), epoch, ends, last: now, watch };
    stream::unfold(Some(running), |running| async { running?.next().await })
}

type Step = Option<(Result<Bytes, io::Error>, Option<Running>)>;

impl Running {
    async fn next(mut self) -> Step {
        if self.watch.is_expired {
            let message = "too old resource version";
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                "reason": "Expired", "code": 410});
            return Some((Ok(line("ERROR", &status)), None));
        }
        loop {
            if Instant::now() >= self.ends || self.cluster.watch_epoch() != self.epoch {
                return None;
            }
            let (revision, table) = self.cluster.table(self.watch.resource);
            if !Arc::ptr_eq(&table, &self.known) {
                let lines = self.changes(&table);
                self.known = table;
                if !lines.is_empty() {
                    self.last = Instant::now();
                    return Some((Ok(Bytes::from(lines)), Some(self)));
                }
            }
            if self.watch.bookmarks && self.last.elapsed() >= BOOKMARK {
                self.last = Instant::now();
                return Some((Ok(self.bookmark(revision)), Some(self)));
            }
            tokio::time::sleep(TICK).await;
        }
    }

    fn changes(&self, table: &Table) -> Vec<u8> {
        let mut lines = Vec::new();
        let selects = |key: &Key, stored: &Stored| {
            let is_here = self.watch.namespace.is_empty() || *key.namespace == *self.watch.namespace;
            is_here && self.watch.selection.matches(key, stored)
        };
        let mut tell =
            |kind, stored: &Stored| lines.extend_from_slice(&line(kind, &complete(self.watch.resource, &stored.bytes)));
        for (key, stored) in table {
            let before = self.known.get(key);
            if before.is_some_and(|before| Arc::ptr_eq(before, stored)) {
                continue;
            }
            match (before.is_some_and(|before| selects(key, before)), selects(key, stored)) {
                (false, true) => tell("ADDED", stored),
                (true, true) => tell("MODIFIED", stored),
                (true, false) => tell("DELETED", stored),
                (false, false) => {}
            }
        }
        let gone = self.known.iter().filter(|(key, stored)| !table.contains_key(*key) && selects(key, stored));
        gone.for_each(|(_, stored)| tell("DELETED", stored));
        lines
    }

    fn bookmark(&self, revision: u64) -> Bytes {
        let resource = self.watch.resource;
        let metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
        line("BOOKMARK", &json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata}))
    }
}

fn version(stored: &Stored) -> u64 {
    let object: Value = serde_json::from_slice(&stored.bytes).expect("stored objects are JSON");
    object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}
