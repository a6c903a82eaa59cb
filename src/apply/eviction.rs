//! Asking the Eviction API to let a pod go.

use k8s_openapi::api::core::v1::Pod;
use kube::Resource as _;
use serde_json::{Value, json};

use super::kubernetes::{ATTEMPTS, Trouble, pause, trouble, words};
use super::{ApplyContext, Obstacle};
use crate::plan::Eviction;

/// What the API said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The pod is being ended.
    Accepted,
    /// It is not there any more, or another one has its name.
    Gone,
    /// A budget lets no more pods go at the moment; the API's words.
    BudgetSpent(String),
}

/// Asks for the eviction of a pod, of that very one: the UID goes along.
///
/// It is asked again when the answer was lost or the server was busy: an eviction that happened is answered 404 or 201 then, and
/// ends nobody else's pod.
pub(super) async fn evict(context: &ApplyContext<'_>, eviction: &Eviction) -> Result<Answer, Obstacle> {
    let mut failure = String::new();
    for attempt in 0..ATTEMPTS {
        if context.is_over(attempt) {
            break;
        }
        pause(attempt).await;
        context.check_lease()?;
        let Err(error) = context.kubernetes.request::<Value>(request(eviction)?).await else {
            return Ok(Answer::Accepted);
        };
        match &error {
            kube::Error::Api(status) if status.code == 404 || is_of_another_pod(status) => return Ok(Answer::Gone),
            kube::Error::Api(status) if status.code == 429 && is_of_budget(status) => {
                return Ok(Answer::BudgetSpent(words(error)));
            }
            // "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            kube::Error::Api(status) if status.message.contains("more than one PodDisruptionBudget") => {
                return Err(evicting(eviction, &words(error)));
            }
            _ => {}
        }
        match trouble(&error) {
            // The pod or a budget was changed in between.
            Trouble::Passing | Trouble::Conflict => failure = words(error),
            Trouble::Lasting => return Err(evicting(eviction, &words(error))),
        }
    }
    Err(evicting(eviction, &failure))
}

/// Posted by hand: kube 5.0's `Api::evict` writes `delete_options`, which the server does not know, so that the UID would be lost.
fn request(eviction: &Eviction) -> Result<http::Request<Vec<u8>>, Obstacle> {
    let (namespace, name) = (&eviction.pod.namespace, &eviction.pod.name);
    let body = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": { "namespace": namespace, "name": name },
        "deleteOptions": { "preconditions": { "uid": eviction.uid } },
    });
    let url = format!("{}/{name}/eviction", Pod::url_path(&(), Some(namespace)));
    let request = http::Request::post(url).header("Content-Type", "application/json").body(body.to_string().into_bytes());
    request.map_err(|error| evicting(eviction, &error.to_string()))
}

/// Another pod has that name now: "the UID in the precondition (…) does not match the UID in record (…)", or "UID in
/// precondition: …, UID in object meta: …". Asking again would spend the budget once more. Any other conflict passes.
fn is_of_another_pod(status: &kube::core::Status) -> bool {
    status.code == 409 && status.message.contains("UID in ")
}

/// A busy server answers 429 as well; only a budget names itself as the cause.
fn is_of_budget(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "DisruptionBudget") || status.message.contains("disruption budget")
}

fn evicting(eviction: &Eviction, words: &str) -> Obstacle {
    Obstacle::Failed(format!("evicting {}: {words}", eviction.pod))
}
