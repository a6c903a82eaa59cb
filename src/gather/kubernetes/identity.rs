//! Which cluster this is.

use k8s_openapi::api::core::v1::Namespace;

use super::list::Permission;
use super::object::get;
use crate::gather::GatherError;
use crate::gather::clients::ApiServer;

/// UID of the namespace `kube-system`: made with the cluster and never deleted, so no two clusters share it.
pub(super) async fn cluster_uid(server: ApiServer<'_>) -> Result<Option<String>, GatherError> {
    const NAMESPACE: &str = "kube-system";
    let namespace = get::<Namespace>(server, None, NAMESPACE, Permission::to_get::<Namespace>(None)).await?;
    Ok(namespace.and_then(|namespace| namespace.metadata.uid))
}
