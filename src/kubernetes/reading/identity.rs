//! The identity of the cluster.

use k8s_openapi::api::core::v1::Namespace;

use crate::kubernetes::error::KubernetesError;
use crate::kubernetes::object::get;
use crate::kubernetes::permission::Permission;
use crate::kubernetes::server::ApiServer;

/// Returns the UID of the namespace `kube-system`: it is made with the cluster and never deleted,
/// so no two clusters share it.
pub(crate) async fn cluster_uid(server: ApiServer<'_>) -> Result<Option<String>, KubernetesError> {
    const NAMESPACE: &str = "kube-system";
    let namespace = get::<Namespace>(server, None, NAMESPACE, Permission::to_get::<Namespace>(None)).await?;
    Ok(namespace.and_then(|namespace| namespace.metadata.uid))
}
