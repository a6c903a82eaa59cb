//! JobSets (`jobset.x-k8s.io`), as far as they determine pods.

use k8s_openapi::api::batch::v1::JobTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

/// A JobSet.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct JobSet {
    #[serde(default)]
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    pub(super) spec: JobSetSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobSetSpec {
    pub(super) suspend: Option<bool>,
    #[serde(default)]
    pub(super) replicated_jobs: Vec<ReplicatedJob>,
}

/// A number of Jobs from one template.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ReplicatedJob {
    #[serde(default)]
    pub(super) name: String,
    pub(super) replicas: Option<i32>,
    #[serde(default)]
    pub(super) template: JobTemplateSpec,
}

/// The label with the number of a Job, which the controller puts on its pods.
pub(super) const JOB_INDEX_LABEL: &str = "jobset.sigs.k8s.io/job-index";
