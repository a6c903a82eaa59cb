//! Events in the API's form (core/v1, which both `kubectl describe` and `kubectl get events` read).

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use kube::Resource as _;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::Request;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::COMPONENT;
use super::choice::{KnownEvent, KnownEvents, Write};
use super::notice::{About, Notice};
use crate::duration::whole_seconds;
use crate::kubernetes::call::CallError;
use crate::kubernetes::list;
use crate::kubernetes::retry::fetch;

/// Lists every Event of ours in every namespace.
///
/// # Errors
/// In the API's words.
pub(super) async fn list(client: &kube::Client) -> Result<KnownEvents, String> {
    let ours = format!("reportingComponent={COMPONENT}");
    list::list(client, Some(&ours), KnownEvents::new, |known, event: &core::Event| {
        let metadata = &event.metadata;
        let place = (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default());
        known.insert(place, read(event));
        Ok(())
    })
    .await
    .map_err(|error| error.to_string())
}

fn read(event: &core::Event) -> KnownEvent {
    let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map_or(Timestamp::UNIX_EPOCH, |time| time.0);
    KnownEvent { message: event.message.clone().unwrap_or_default(), count: event.count.unwrap_or(1), last }
}

/// Creates the Event, or renews an existing one. Both may be sent twice without harm: a second
/// creation is refused, and a renewal has absolute values.
///
/// # Errors
/// In the API's words. A namespace that is being deleted is no error: its pods go too.
pub(super) async fn write(client: &kube::Client, write: &Write, now: Timestamp) -> Result<(), String> {
    if write.count > 1 {
        match send(client, renewal(write, now)?).await {
            // The API server has forgotten it since it was listed.
            Err(error) if error.code() == Some(404) => {}
            other => return settled(other),
        }
    }
    settled(send(client, creation(write, now)?).await)
}

fn settled(result: Result<(), CallError>) -> Result<(), String> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.code(), Some(404 | 409)) || is_namespace_going(&error) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether an error means that the namespace is being deleted. The API server then forbids new
/// objects with 403 as for a missing permission; only the words differ.
fn is_namespace_going(error: &CallError) -> bool {
    matches!(error, CallError::Refused(refusal) if refusal.code == 403 && refusal.message.contains("is being terminated"))
}

async fn send(client: &kube::Client, request: http::Request<Vec<u8>>) -> Result<(), CallError> {
    fetch::<IgnoredAny>(client, &request).await.map(|_| ())
}

fn requests(notice: &Notice) -> Request {
    Request::new(core::Event::url_path(&(), Some(notice.about.namespace())))
}

fn creation(write: &Write, now: Timestamp) -> Result<http::Request<Vec<u8>>, String> {
    let body = event(write, now).to_string().into_bytes();
    requests(&write.notice).create(&PostParams::default(), body).map_err(|error| error.to_string())
}

fn renewal(write: &Write, now: Timestamp) -> Result<http::Request<Vec<u8>>, String> {
    let change = json!({ "message": write.notice.message, "count": write.count, "lastTimestamp": whole_seconds(now) });
    requests(&write.notice)
        .patch(&write.name, &PatchParams::default(), &Patch::Merge(&change))
        .map_err(|error| error.to_string())
}

fn event(write: &Write, now: Timestamp) -> Value {
    let Write { notice: Notice { about, reason, message, since: _ }, name, count: _ } = write;
    let involved = match about {
        About::Pod { pod, uid } => {
            json!({ "apiVersion": "v1", "kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": uid })
        }
        About::Node { node } => json!({ "apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid }),
    };
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": name, "namespace": about.namespace() },
        "involvedObject": involved,
        "reason": reason.to_string(),
        "message": message,
        "type": reason.kind(),
        "source": { "component": COMPONENT },
        "reportingComponent": COMPONENT,
        "firstTimestamp": whole_seconds(now),
        "lastTimestamp": whole_seconds(now),
        "count": 1,
    })
}
