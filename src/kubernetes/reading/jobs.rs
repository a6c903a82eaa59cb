//! Jobs, as far as they state how many pods they are about to have.

use k8s_openapi::api::batch::v1 as batch;

use crate::kubernetes::conversion::{ConversionError, ConversionProblem, created_at, required};
use crate::snapshot::{JobFacts, MakesNoPods};

/// The controller of Kubernetes itself, by the name that a Job may give.
const OWN_CONTROLLER: &str = "kubernetes.io/job-controller";
/// Conditions of a Job that is over, or is about to be.
const FINAL: [&str; 4] = ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"];

/// Reads one Job.
pub(crate) fn read_job(job: &batch::Job) -> Result<JobFacts, ConversionError> {
    convert(job).map_err(|problem| problem.in_object("Job", &job.metadata))
}

fn convert(job: &batch::Job) -> Result<JobFacts, ConversionProblem> {
    let (spec, status) = (job.spec.clone().unwrap_or_default(), job.status.clone().unwrap_or_default());
    let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    Ok(JobFacts {
        namespace: required(job.metadata.namespace.as_ref(), "namespace")?.into(),
        name: required(job.metadata.name.as_ref(), "name")?.into(),
        uid: required(job.metadata.uid.as_ref(), "uid")?.into(),
        created_at: created_at(&job.metadata)?,
        parallelism: count(spec.parallelism).unwrap_or(1),
        completions: count(spec.completions),
        succeeded: count(status.succeeded).unwrap_or(0),
        failed: count(status.failed).unwrap_or(0),
        replaces_the_ended: spec.pod_replacement_policy.as_deref() == Some("Failed"),
        makes_none: makes_none(job),
    })
}

fn makes_none(job: &batch::Job) -> Option<MakesNoPods> {
    let mut conditions = job.status.iter().filter_map(|status| status.conditions.as_ref()).flatten();
    let is_over = |condition: &batch::JobCondition| condition.status == "True" && FINAL.contains(&condition.type_.as_str());
    let spec = job.spec.as_ref();
    let manager = spec.and_then(|spec| spec.managed_by.as_deref()).unwrap_or(OWN_CONTROLLER);
    if job.metadata.deletion_timestamp.is_some() {
        Some(MakesNoPods::Deleted)
    } else if conditions.any(is_over) {
        Some(MakesNoPods::Over)
    } else if spec.and_then(|spec| spec.suspend) == Some(true) {
        Some(MakesNoPods::Suspended)
    } else {
        (manager != OWN_CONTROLLER).then_some(MakesNoPods::ManagedElsewhere)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(spec: &Value, status: &Value) -> JobFacts {
        let metadata = json!({ "namespace": "ml", "name": "j", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z" });
        let mut job = json!({ "metadata": metadata, "spec": { "template": {} }, "status": status });
        job["spec"].as_object_mut().expect("fields").extend(spec.as_object().expect("fields").clone());
        read_job(&serde_json::from_value(job).expect("a manifest")).expect("understood")
    }

    #[test]
    fn so_many_pods_are_wanted() {
        for (spec, status, wanted) in [
            (json!({}), json!({}), 1),
            (json!({ "parallelism": 8, "completions": 100 }), json!({ "succeeded": 95 }), 5),
            (json!({ "parallelism": 8, "completions": 100 }), json!({ "succeeded": 20 }), 8),
            (json!({ "parallelism": 8 }), json!({}), 8),
            (json!({ "parallelism": 8 }), json!({ "succeeded": 1 }), 0),
        ] {
            assert_eq!(read(&spec, &status).wanted(), wanted, "{spec} {status}");
        }
        assert!(read(&json!({ "podReplacementPolicy": "Failed" }), &json!({})).replaces_the_ended);
    }

    #[test]
    fn some_make_no_pods() {
        let condition = |kind: &str, status: &str| json!({ "conditions": [{ "type": kind, "status": status }] });
        for (spec, status, expected) in [
            (json!({ "suspend": true }), json!({}), Some(MakesNoPods::Suspended)),
            (json!({}), condition("FailureTarget", "True"), Some(MakesNoPods::Over)),
            (json!({}), condition("Complete", "False"), None),
            (json!({ "managedBy": "kueue.x-k8s.io/multikueue" }), json!({}), Some(MakesNoPods::ManagedElsewhere)),
            (json!({ "managedBy": "kubernetes.io/job-controller" }), json!({}), None),
        ] {
            assert_eq!(read(&spec, &status).makes_none, expected, "{spec} {status}");
        }
    }
}
