//! Pods without a node, which call for a run once the scheduler calls them unschedulable.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource as _;

use super::callers::Callers;
use super::feed::{CallForRun, Caller, WatchedObjects};

/// Returns where they are.
pub(super) fn unbound_pods() -> WatchedObjects {
    WatchedObjects {
        path: Pod::url_path(&(), None),
        resource: "pods".to_owned(),
        fields: Some("spec.nodeName=,status.phase=Pending"),
    }
}

impl Caller for Pod {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn call(&self, callers: &Callers<'_>) -> Option<CallForRun> {
        callers.since(self).map(|since| CallForRun { since, generation: 0 })
    }
}
