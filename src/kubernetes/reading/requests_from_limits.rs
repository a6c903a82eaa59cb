//! Requests that a manifest leaves to its limits.

use k8s_openapi::api::core::v1 as core;

use crate::kubernetes::conversion::{ConversionProblem, resources};
use crate::snapshot::Resources;

/// Returns the requests, and the limit of every resource that has a limit and no request. The API
/// server fills these in on a pod but not in a DaemonSet's template (`SetDefaults_Pod` in
/// `pkg/apis/core/v1/defaults.go`).
pub(super) fn requests(requirements: Option<&core::ResourceRequirements>) -> Result<Resources, ConversionProblem> {
    let mut requests = resources(requirements.and_then(|all| all.requests.as_ref()))?;
    let limits = resources(requirements.and_then(|all| all.limits.as_ref()))?;
    for (name, amount) in limits.iter() {
        if !requests.contains(name) {
            requests.set(name, amount);
        }
    }
    Ok(requests)
}
