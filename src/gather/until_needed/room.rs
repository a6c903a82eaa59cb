//! Objects by which people ask for room, which call for a run until one has seen them: new
//! ProvisioningRequests, and CapacityBuffers that are new or were changed.
//!
//! They are watched where the server serves their kind and allows it. Where it does not, pods alone
//! are waited for, as a run that follows says what it may not read.

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::callers::Callers;
use super::feed::{CallForRun, Caller, Feed, WatchedObjects};
use crate::kubernetes::ApiServer;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::capacity_buffers::{ApiBuffer, VERSIONS as BUFFER_VERSIONS, read_capacity_buffer};
use crate::kubernetes::reading::provisioning_requests::{RequestObject, VERSIONS as REQUEST_VERSIONS, read_request};
use crate::kubernetes::served::served_groups;
use crate::well_known::{buffers, requests};

/// What all feeds of a wait have in common.
#[derive(Clone)]
pub(super) struct RoomWait<'a> {
    pub(super) server: ApiServer<'a>,
    pub(super) callers: &'a Callers<'a>,
    pub(super) wait: Duration,
    pub(super) clock: fn() -> Timestamp,
    pub(super) calls: UnboundedSender<Instant>,
}

impl RoomWait<'_> {
    /// Sends the calls of both kinds, without end.
    pub(super) async fn for_room(self) -> Infallible {
        if let Ok(served) = served_groups(self.server).await {
            let of = |versions: [&'static str; 2]| versions.into_iter().filter(|version| served.has(buffers::GROUP, version));
            let buffers = self.of_kind::<ApiBuffer>(of(BUFFER_VERSIONS), buffers::PLURAL);
            let requests = self.of_kind::<RequestObject>(of(REQUEST_VERSIONS), requests::PLURAL);
            tokio::join!(buffers, requests);
        }
        std::future::pending().await
    }

    /// Sends the calls of one kind, in the first version that has it, until another attempt cannot
    /// help.
    async fn of_kind<K: Caller>(&self, versions: impl Iterator<Item = &'static str>, plural: &str) {
        for version in versions {
            let path = format!("/apis/{}/{version}/{plural}", buffers::GROUP);
            let watched = WatchedObjects { path, resource: format!("{plural}.{}", buffers::GROUP), fields: None };
            let feed = Feed::<K>::new(self.server, watched, self.callers, self.wait, self.clock, self.calls.clone());
            let error = feed.run().await;
            if error.cause.code() != Some(404) {
                tracing::info!(error = %error.cause, "{plural} are not waited for");
                return;
            }
        }
    }
}

impl Caller for ApiBuffer {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn call(&self, _: &Callers<'_>) -> Option<CallForRun> {
        let (buffer, _) = read_capacity_buffer(self, Some(""), &mut SpecTable::default()).ok()?;
        let is_ours = buffer.strategy.as_deref().is_none_or(|strategy| strategy == buffers::ACTIVE_CAPACITY);
        let generation = self.metadata.generation.unwrap_or(0);
        let is_seen = buffer.object.is_some_and(|object| {
            let mut conditions = object.status.conditions.iter();
            conditions.any(|condition| condition.observed_generation.is_some_and(|seen| seen >= generation))
        });
        (is_ours && !is_seen).then_some(CallForRun { since: buffer.created_at, generation })
    }
}

impl Caller for RequestObject {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn call(&self, callers: &Callers<'_>) -> Option<CallForRun> {
        let request = read_request(self, "").ok()?;
        let is_new = request.conditions.is_empty() && callers.serves(&request);
        is_new.then_some(CallForRun { since: request.created_at, generation: 0 })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Policy;

    fn object<K: Caller>(spec: &Value, status: &Value) -> K {
        let metadata = json!({ "namespace": "ml", "name": "a", "uid": "u", "generation": 2,
            "creationTimestamp": "2026-11-22T10:00:00Z" });
        serde_json::from_value(json!({ "metadata": metadata, "spec": spec, "status": status })).expect("an object")
    }

    fn calls<K: Caller>(spec: &Value, status: &Value, policy: &Policy) -> bool {
        object::<K>(spec, status).call(&Callers::of(policy)).is_some()
    }

    #[test]
    fn a_buffer_calls_until_its_status_is_of_its_generation() {
        let policy = Policy::default();
        let seen = |generation: i64| {
            json!({ "conditions": [{ "type": "Provisioning", "status": "True",
            "observedGeneration": generation }] })
        };
        assert!(calls::<ApiBuffer>(&json!({ "replicas": 1 }), &json!({}), &policy));
        assert!(calls::<ApiBuffer>(&json!({ "replicas": 1 }), &seen(1), &policy));
        assert!(!calls::<ApiBuffer>(&json!({ "replicas": 1 }), &seen(2), &policy));
        assert!(!calls::<ApiBuffer>(&json!({ "provisioningStrategy": "other" }), &json!({}), &policy));
    }

    #[test]
    fn a_request_calls_until_a_run_has_accepted_it() {
        let spec = |class: &str| json!({ "provisioningClassName": format!("{class}.autoscaling.x-k8s.io") });
        let accepted = json!({ "conditions": [{ "type": "Accepted", "status": "True" }] });
        let policy = Policy::default();
        assert!(calls::<RequestObject>(&spec("check-capacity"), &json!({}), &policy));
        assert!(!calls::<RequestObject>(&spec("check-capacity"), &accepted, &policy));
        assert!(!calls::<RequestObject>(&spec("other"), &json!({}), &policy));
        let elsewhere = Policy { pod_namespaces: vec!["web".into()], ..Policy::default() };
        assert!(!calls::<RequestObject>(&spec("check-capacity"), &json!({}), &elsewhere));
    }
}
