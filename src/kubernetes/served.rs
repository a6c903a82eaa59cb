//! Which API groups a server has, and in which versions.

use http::Request;
use serde::Deserialize;

use super::call::CallError;
use super::error::KubernetesError;
use super::permission::Permission;
use super::retry::fetch;
use super::server::ApiServer;

/// Where a server lists its API groups.
const PATH: &str = "/apis";

/// The API groups of a server.
#[derive(Debug, Deserialize)]
pub(crate) struct ServedGroups {
    groups: Vec<ServedGroup>,
}

#[derive(Debug, Deserialize)]
struct ServedGroup {
    name: String,
    #[serde(default)]
    versions: Vec<ServedVersion>,
}

#[derive(Debug, Deserialize)]
struct ServedVersion {
    version: String,
}

impl ServedGroups {
    /// Whether a version of a group is served. One that is need not have every kind of the group.
    pub(crate) fn has(&self, group: &str, version: &str) -> bool {
        let mut versions = self.groups.iter().filter(|one| one.name == group).flat_map(|one| &one.versions);
        versions.any(|one| one.version == version)
    }
}

/// Reads which API groups a server has. Everybody who is signed in may do that, unless the role
/// `system:discovery` was taken away.
///
/// # Errors
/// When there is no usable answer.
pub(crate) async fn served_groups(server: ApiServer<'_>) -> Result<ServedGroups, KubernetesError> {
    let answer = match Request::get(PATH).body(Vec::new()) {
        Ok(request) => fetch(server, &request).await,
        Err(error) => Err(CallError::Malformed(error.to_string())),
    };
    let permission = Permission { verb: "get", resource: PATH.to_owned(), namespace: None };
    answer.map_err(|error| KubernetesError::from_call(error, permission, server.url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_belongs_to_its_group() {
        let groups = serde_json::json!({ "kind": "APIGroupList", "groups": [
            { "name": "scheduling.k8s.io", "versions": [
                { "groupVersion": "scheduling.k8s.io/v1", "version": "v1" },
                { "groupVersion": "scheduling.k8s.io/v1alpha2", "version": "v1alpha2" }] },
            { "name": "batch", "versions": [{ "groupVersion": "batch/v1", "version": "v1" }] }
        ] });
        let served: ServedGroups = serde_json::from_value(groups).expect("a list of groups");
        for (group, version, expected) in [
            ("scheduling.k8s.io", "v1alpha2", true),
            ("scheduling.k8s.io", "v1beta1", false),
            ("batch", "v1alpha2", false),
            ("ray.io", "v1", false),
        ] {
            assert_eq!(served.has(group, version), expected, "{group}/{version}");
        }
    }
}
