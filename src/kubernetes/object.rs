//! One object by its name.

use kube::api::GetParams;
use kube::core::Request;
use serde::de::DeserializeOwned;

use super::call::CallError;
use super::error::KubernetesError;
use super::permission::Permission;
use super::retry::fetch;
use super::server::ApiServer;

/// Reads one object, or returns `None` when none has that name.
pub(crate) async fn get<K>(
    server: ApiServer<'_>,
    namespace: Option<&str>,
    name: &str,
    permission: Permission,
) -> Result<Option<K>, KubernetesError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let request = Request::new(K::url_path(&(), namespace)).get(name, &GetParams::default());
    let answer = match request {
        Ok(request) => fetch(server, &request).await,
        Err(error) => Err(CallError::Malformed(error.to_string())),
    };
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(KubernetesError::from_call(error, permission, server.url)),
    }
}
