//! The ConfigMap `ec2-autoscale-status`: how the last run ended and what it saw, for `kubectl get
//! cm -o yaml`.
//!
//! It is written at the end of each run of `apply`, also of one that failed. A run that failed
//! knows nothing of the groups, so the entries of an earlier one stay, with their own time. The map
//! also holds the keys of the last messages to people, since the process keeps nothing.

mod document;
mod memory;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;

pub use memory::Memory;
pub(super) use wire::StatusError;

use super::RunEnd;
use super::words::for_others;
use crate::duration::whole_seconds;

/// Its name. It is in the namespace of the Lease.
pub const STATUS_NAME: &str = "ec2-autoscale-status";

const LAST_RUN: &str = "last-run";
const LAST_SUCCESS: &str = "last-success";
const LAST_ERROR: &str = "last-error";
const EXIT_CODE: &str = "exit-code";
/// The key under which it holds what the last run saw and did.
pub const STATUS_KEY: &str = "status";
const SAID: &str = "said";

/// The most bytes of the last error.
const LONGEST_ERROR: usize = 2000;

/// The map as it was last read or written.
#[derive(Debug)]
pub(super) struct StatusMap {
    store: wire::StatusStore,
    object: Option<ConfigMap>,
}

impl StatusMap {
    /// Reads it; it need not exist.
    ///
    /// # Errors
    /// In the API's words.
    pub(super) async fn read(client: kube::Client, namespace: &str) -> Result<Self, StatusError> {
        let store = wire::StatusStore::new(client, namespace);
        let object = store.read().await?;
        Ok(Self { store, object })
    }

    /// Returns the messages of the last runs.
    pub(super) fn memory(&self) -> Memory {
        Memory::read(self.object.as_ref().and_then(|map| map.data.as_ref()?.get(SAID)).map_or("", String::as_str))
    }

    /// Writes how a run ended.
    ///
    /// # Errors
    /// In the API's words, or when others write it at every attempt.
    pub(super) async fn write(&mut self, end: &RunEnd<'_>) -> Result<(), StatusError> {
        let entries = entries(end);
        self.change(|data| data.extend(entries.clone())).await
    }

    /// Notes the messages of this run, beside those that others noted meanwhile.
    ///
    /// # Errors
    /// As [`StatusMap::write`].
    pub(super) async fn remember(&mut self, said: &[String], now: Timestamp) -> Result<(), StatusError> {
        self.change(|data| {
            let mut memory = Memory::read(data.get(SAID).map_or("", String::as_str));
            memory.note(said, now);
            data.insert(SAID.to_owned(), memory.write());
        })
        .await
    }

    /// Changes the map from its latest version. When another run wrote it meanwhile, it is read
    /// again, once.
    async fn change(&mut self, change: impl Fn(&mut BTreeMap<String, String>)) -> Result<(), StatusError> {
        let changed = |object: Option<&ConfigMap>| {
            let mut map = object.cloned().unwrap_or_else(|| self.store.fresh());
            change(map.data.get_or_insert_default());
            map
        };
        self.object = Some(match self.store.write(changed(self.object.as_ref())).await {
            Err(error) if error.is_conflict() => {
                let latest = self.store.read().await?;
                self.store.write(changed(latest.as_ref())).await?
            }
            result => result?,
        });
        Ok(())
    }
}

/// Returns the entries of a run. Entries that it does not know stay as they are.
fn entries(end: &RunEnd<'_>) -> BTreeMap<String, String> {
    let ended = whole_seconds(end.ended);
    let mut entries = BTreeMap::from([(LAST_RUN.to_owned(), ended.clone()), (EXIT_CODE.to_owned(), end.exit_code.to_string())]);
    if end.is_success() {
        entries.insert(LAST_SUCCESS.to_owned(), ended.clone());
    }
    if let Some(trouble) = end.trouble() {
        let error = format!("{ended} exit code {}: {trouble}", end.exit_code);
        entries.insert(LAST_ERROR.to_owned(), for_others(&error, LONGEST_ERROR));
    }
    if let Some(work) = &end.work {
        entries.insert(STATUS_KEY.to_owned(), document::document(end, work));
    }
    entries
}
