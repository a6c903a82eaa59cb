//! Requests to the Eviction API.

use k8s_openapi::api::core::v1::Pod;
use kube::Resource as _;
use serde_json::{Value, json};

use super::Obstacle;
use super::proof::EvictionProof;
use super::step_context::StepContext;
use crate::kubernetes::write::{WriteTrouble, trouble, words};

/// The outcome of a request to evict a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EvictionAnswer {
    /// The pod is being ended.
    Accepted,
    /// The pod does not exist any more, or another one has its name.
    Gone,
    /// A budget allows no more disruptions at the moment; the API's words.
    BudgetSpent(String),
    /// The trouble may pass: the answer was lost, the server was busy, or the pod or a budget was
    /// changed in between.
    Passing(String),
    /// The proof had grown old; nothing was sent.
    TooOld,
}

/// Sends one request to evict the pod of the proof, and no other: the request carries its UID.
///
/// When it is sent again, with a new proof, an eviction that happened is answered with 404 or 201,
/// and nobody else's pod is ended.
pub(super) async fn evict(context: &StepContext<'_>, proof: EvictionProof) -> Result<EvictionAnswer, Obstacle> {
    context.check_lease()?;
    let request = request(&proof)?;
    if !proof.last_look().is_fresh(context.lease.now()) {
        return Ok(EvictionAnswer::TooOld);
    }
    let Err(error) = context.kubernetes.request::<Value>(request).await else { return Ok(EvictionAnswer::Accepted) };
    match &error {
        kube::Error::Api(status) if status.code == 404 || is_of_another_pod(status) => return Ok(EvictionAnswer::Gone),
        kube::Error::Api(status) if status.code == 429 && is_of_budget(status) => {
            return Ok(EvictionAnswer::BudgetSpent(words(error)));
        }
        // "This pod has more than one PodDisruptionBudget, which the eviction subresource does not
        // support."
        kube::Error::Api(status) if status.message.contains("more than one PodDisruptionBudget") => {
            return Err(evicting(&proof, &words(error)));
        }
        _ => {}
    }
    match trouble(&error) {
        WriteTrouble::Passing | WriteTrouble::Conflict => Ok(EvictionAnswer::Passing(evicting_words(&proof, &words(error)))),
        WriteTrouble::Lasting => Err(evicting(&proof, &words(error))),
    }
}

/// Makes the request by hand: kube 5.0's `Api::evict` writes `delete_options`, which the server
/// does not know, so that the UID would be lost.
fn request(proof: &EvictionProof) -> Result<http::Request<Vec<u8>>, Obstacle> {
    let (namespace, name) = (&proof.pod().namespace, &proof.pod().name);
    let body = json!({
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": { "namespace": namespace, "name": name },
        "deleteOptions": { "preconditions": { "uid": proof.uid() } },
    });
    let url = format!("{}/{name}/eviction", Pod::url_path(&(), Some(namespace)));
    let request = http::Request::post(url).header("Content-Type", "application/json").body(body.to_string().into_bytes());
    request.map_err(|error| evicting(proof, &error.to_string()))
}

/// Whether another pod has that name now: "the UID in the precondition (…) does not match the UID
/// in record (…)", or "UID in precondition: …, UID in object meta: …". A second request would spend
/// the budget once more. Any other conflict passes.
fn is_of_another_pod(status: &kube::core::Status) -> bool {
    status.code == 409 && status.message.contains("UID in ")
}

/// Whether a budget is the cause. A busy server answers 429 as well; only a budget names itself.
fn is_of_budget(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "DisruptionBudget") || status.message.contains("disruption budget")
}

fn evicting(proof: &EvictionProof, words: &str) -> Obstacle {
    Obstacle::Failed(evicting_words(proof, words))
}

fn evicting_words(proof: &EvictionProof, words: &str) -> String {
    format!("evicting {}: {words}", proof.pod())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str, cause: &str) -> kube::core::Status {
        let causes = json!([{ "reason": cause }]);
        serde_json::from_value(json!({ "code": code, "message": message, "details": { "causes": causes } })).expect("a status")
    }

    #[test]
    fn only_a_conflict_about_the_uid_speaks_of_another_pod() {
        let other = "the UID in the precondition (a) does not match the UID in record (b)";
        assert!(is_of_another_pod(&status(409, other, "")));
        assert!(is_of_another_pod(&status(409, "Precondition failed: UID in precondition: a, UID in object meta: b", "")));
        assert!(!is_of_another_pod(&status(409, "the object has been modified; please apply your changes again", "")));
        assert!(!is_of_another_pod(&status(500, other, "")));
    }

    #[test]
    fn only_a_budget_that_names_itself_has_refused() {
        assert!(is_of_budget(&status(429, "Cannot evict pod", "DisruptionBudget")));
        assert!(is_of_budget(&status(429, "Cannot evict pod as it would violate the pod's disruption budget.", "")));
        assert!(!is_of_budget(&status(429, "Too many requests, please try again later.", "")));
        assert!(!is_of_budget(&status(429, "Too many requests, please try again later.", "Overloaded")));
    }
}
