//! Whether a service account may do something, by the API server's own judgement.

use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::core::Request;

use super::call::{CallError, LONGEST_ANSWER, once};
use super::error::KubernetesError;
use super::permission::Permission;
use super::server::ApiServer;
use std::fmt;

/// Something that RBAC allows or does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccessQuestion {
    /// The verb.
    pub(crate) verb: String,
    /// The API group; empty for the core.
    pub(crate) group: String,
    /// The plural name, with its subresource: `pods/eviction`.
    pub(crate) resource: String,
    /// The namespace; all of them when absent.
    pub(crate) namespace: Option<String>,
    /// The object; any when absent.
    pub(crate) name: Option<String>,
}

impl fmt::Display for AccessQuestion {
    /// Writes `patch nodes`, or `update leases.coordination.k8s.io NAME in NAMESPACE`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, group, resource, namespace, name } = self;
        let (resource, subresource) = resource.split_once('/').map_or((resource.as_str(), None), |(of, sub)| (of, Some(sub)));
        write!(f, "{verb} {resource}")?;
        if !group.is_empty() {
            write!(f, ".{group}")?;
        }
        if let Some(subresource) = subresource {
            write!(f, "/{subresource}")?;
        }
        if let Some(name) = name {
            write!(f, " {name}")?;
        }
        match namespace {
            Some(namespace) => write!(f, " in {namespace}"),
            None => Ok(()),
        }
    }
}

/// Returns whether a service account may do it.
///
/// # Errors
/// When the API server can't be asked, or does not let this user ask.
pub(crate) async fn may(
    server: ApiServer<'_>,
    namespace: &str,
    account: &str,
    question: &AccessQuestion,
) -> Result<bool, KubernetesError> {
    let review = review(namespace, account, question);
    let request = serde_json::to_vec(&review).map_err(|error| CallError::Malformed(error.to_string()));
    let path = <SubjectAccessReview as kube::Resource>::url_path(&(), None);
    let request = request.and_then(|body| {
        let request = Request::new(path).create(&PostParams::default(), body);
        request.map_err(|error| CallError::Malformed(error.to_string()))
    });
    let answer = match request {
        Ok(request) => once::<SubjectAccessReview>(server.into(), request, LONGEST_ANSWER).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(review) => Ok(review.value.status.is_some_and(|status| status.allowed)),
        Err(error) => {
            let permission = Permission {
                verb: "create",
                resource: "subjectaccessreviews.authorization.k8s.io".to_owned(),
                namespace: None,
            };
            Err(KubernetesError::from_call(error, permission, server.url))
        }
    }
}

fn review(namespace: &str, account: &str, question: &AccessQuestion) -> SubjectAccessReview {
    let AccessQuestion { verb, group, resource, namespace: place, name } = question.clone();
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, subresource)) => (resource.to_owned(), Some(subresource.to_owned())),
        None => (resource, None),
    };
    let attributes = ResourceAttributes {
        verb: Some(verb),
        group: Some(group),
        resource: Some(resource),
        subresource,
        namespace: place,
        name,
        ..ResourceAttributes::default()
    };
    SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: Some(format!("system:serviceaccount:{namespace}:{account}")),
            // The groups that the API server itself gives to such an account.
            groups: Some(vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ]),
            resource_attributes: Some(attributes),
            ..SubjectAccessReviewSpec::default()
        },
        ..SubjectAccessReview::default()
    }
}
