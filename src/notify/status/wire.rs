//! Reads and writes the ConfigMap, guarded by its version.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Resource as _;
use kube::api::{GetParams, ObjectMeta, PostParams};
use kube::core::Request;

use super::STATUS_NAME;
use crate::kubernetes::call::CallError;
use crate::kubernetes::retry::fetch;

/// Why the map could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {namespace}/{STATUS_NAME}: {cause}")]
pub(crate) struct StatusError {
    doing: &'static str,
    namespace: String,
    cause: CallError,
}

impl StatusError {
    /// Whether another run wrote it, or created it, meanwhile.
    pub(super) fn is_conflict(&self) -> bool {
        self.cause.code() == Some(409)
    }
}

/// Where the ConfigMap is.
pub(super) struct StatusStore {
    client: kube::Client,
    namespace: String,
}

impl std::fmt::Debug for StatusStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl StatusStore {
    pub(super) fn new(client: kube::Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    pub(super) async fn read(&self) -> Result<Option<ConfigMap>, StatusError> {
        let request = self.requests().get(STATUS_NAME, &GetParams::default());
        match self.send("reading", request).await {
            Err(error) if error.cause.code() == Some(404) => Ok(None),
            result => result.map(Some),
        }
    }

    /// Creates a map without a version, and replaces one that has one. A repeated request ends in a
    /// conflict, and the map is read again.
    pub(super) async fn write(&self, map: ConfigMap) -> Result<ConfigMap, StatusError> {
        let parameters = PostParams::default();
        let body = serde_json::to_vec(&map).map_err(|error| self.error("writing", malformed(error)))?;
        let request = match map.metadata.resource_version {
            None => self.requests().create(&parameters, body),
            Some(_) => self.requests().replace(STATUS_NAME, &parameters, body),
        };
        self.send("writing", request).await
    }

    /// Returns a map that does not exist yet.
    pub(super) fn fresh(&self) -> ConfigMap {
        let labels = [("app.kubernetes.io/name".to_owned(), "ec2-autoscale".to_owned())].into();
        let metadata = ObjectMeta {
            name: Some(STATUS_NAME.to_owned()),
            namespace: Some(self.namespace.clone()),
            labels: Some(labels),
            ..ObjectMeta::default()
        };
        ConfigMap { metadata, ..ConfigMap::default() }
    }

    fn requests(&self) -> Request {
        Request::new(ConfigMap::url_path(&(), Some(&self.namespace)))
    }

    async fn send(
        &self,
        doing: &'static str,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<ConfigMap, StatusError> {
        let request = request.map_err(|error| self.error(doing, malformed(error)))?;
        fetch(&self.client, &request).await.map_err(|cause| self.error(doing, cause))
    }

    fn error(&self, doing: &'static str, cause: CallError) -> StatusError {
        StatusError { doing, namespace: self.namespace.clone(), cause }
    }
}

fn malformed(error: impl std::fmt::Display) -> CallError {
    CallError::Malformed(error.to_string())
}
