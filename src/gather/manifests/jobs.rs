//! Jobs and the objects that make Jobs.

use k8s_openapi::api::batch::v1 as batch;

use super::error::ObjectProblem;
use super::job_set::{JOB_INDEX_LABEL, JobSet, ReplicatedJob};
use super::pods::{Making, Of, TemplateLabels, labels, owner};
use super::workload::{Numbering, Part};
use crate::well_known::gangs::{EXCLUSIVE_TOPOLOGY_ANNOTATION, JOB_SET_LABEL, REPLICATED_JOB_LABEL};

/// A Job by its name, and its owner.
struct JobOf<'a> {
    object: &'a str,
    namespace: &'a str,
    name: &'a str,
    /// The labels of its pods beside those that a Job adds.
    labels: TemplateLabels,
    /// What a webhook of its owner fills in where the template states nothing.
    defaults: Defaults,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defaults {
    /// Only the defaults of Kubernetes.
    Kubernetes,
    /// The webhook of JobSet: Indexed, and restartPolicy OnFailure.
    JobSet,
}

/// Makes the pods of a Job.
pub(super) fn job_pods(making: &mut Making, object: &str, namespace: &str, name: &str, job: &batch::Job) -> PartsOrProblem {
    let spec = job.spec.clone().unwrap_or_default();
    let of = JobOf { object, namespace, name, labels: TemplateLabels::new(), defaults: Defaults::Kubernetes };
    if is_suspended(making, object, spec.suspend) { Ok(Vec::new()) } else { Ok(vec![part(making, of, spec)?]) }
}

/// The parts of an object, or why it has none.
pub(super) type PartsOrProblem = Result<Vec<Part>, ObjectProblem>;

/// Makes the pods of one run.
pub(super) fn cron_job_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    name: &str,
    cron_job: &batch::CronJob,
) -> PartsOrProblem {
    let spec = cron_job.spec.clone();
    if is_suspended(making, object, spec.suspend) {
        return Ok(Vec::new());
    }
    // The controller numbers the run by the minutes since 1970.
    let run = format!("{name}-0");
    let of = JobOf { object, namespace, name: &run, labels: TemplateLabels::new(), defaults: Defaults::Kubernetes };
    let job = spec.job_template.spec.unwrap_or_default();
    if is_suspended(making, object, job.suspend) { Ok(Vec::new()) } else { Ok(vec![part(making, of, job)?]) }
}

/// Makes the pods of every Job of a set.
pub(super) fn job_set_pods(making: &mut Making, object: &str, namespace: &str, name: &str, set: &JobSet) -> PartsOrProblem {
    if is_suspended(making, object, set.spec.suspend) {
        return Ok(Vec::new());
    }
    if set.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(EXCLUSIVE_TOPOLOGY_ANNOTATION)) {
        making
            .notes
            .add(format!("{object}: {EXCLUSIVE_TOPOLOGY_ANNOTATION} is not modelled, so its Jobs may share a domain here"));
    }
    let mut parts = Vec::new();
    for replicated in &set.spec.replicated_jobs {
        for number in 0..count("spec.replicatedJobs.replicas", replicated.replicas, 1)? {
            parts.push(replicated_job_pods(making, object, namespace, name, replicated, number)?);
        }
    }
    Ok(parts)
}

fn replicated_job_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    set: &str,
    replicated: &ReplicatedJob,
    number: u32,
) -> Result<Part, ObjectProblem> {
    let job = format!("{set}-{}-{number}", replicated.name);
    let number = number.to_string();
    let labels = labels([(JOB_SET_LABEL, set), (REPLICATED_JOB_LABEL, &replicated.name), (JOB_INDEX_LABEL, &number)]);
    let of = JobOf { object, namespace, name: &job, labels, defaults: Defaults::JobSet };
    part(making, of, replicated.template.spec.clone().unwrap_or_default())
}

/// Whether an object is suspended, which a note tells then.
pub(super) fn is_suspended(making: &mut Making, object: &str, suspend: Option<bool>) -> bool {
    let suspended = suspend == Some(true);
    if suspended {
        making.notes.add(format!("{object} is suspended, so it has no pods; write suspend: false to see them"));
    }
    suspended
}

fn part(making: &mut Making, of: JobOf<'_>, mut job: batch::JobSpec) -> Result<Part, ObjectProblem> {
    let template = &mut job.template;
    if let Some(spec) = &mut template.spec {
        if of.defaults == Defaults::JobSet && spec.restart_policy.is_none() {
            spec.restart_policy = Some("OnFailure".to_owned());
        }
        match spec.restart_policy.as_deref() {
            None => return Err(ObjectProblem::RestartsForEver("missing")),
            Some("Always") => return Err(ObjectProblem::RestartsForEver("Always")),
            Some(_) => {}
        }
    }
    let owner = owner("batch/v1", "Job", of.name);
    let uid = owner.uid.clone();
    let mut labels = of.labels;
    for (key, value) in [("job-name", of.name), ("controller-uid", uid.as_str())] {
        labels.insert(key.to_owned(), value.to_owned());
        labels.insert(format!("batch.kubernetes.io/{key}"), value.to_owned());
    }
    let of_pods = Of {
        object: of.object.to_owned(),
        namespace: of.namespace.to_owned(),
        pods: of.name.to_owned(),
        owner: Some(owner),
        labels,
    };
    let parallelism = count("spec.parallelism", job.parallelism, 1)?;
    let mode = job.completion_mode.as_deref();
    let indexed = mode == Some("Indexed") || mode.is_none() && of.defaults == Defaults::JobSet;
    let (pattern, hints) = making.pattern(&of_pods, &job.template)?;
    Ok(Part {
        pattern,
        hints,
        parallelism,
        // A Job without a count is a queue: each of its pods ends once.
        completions: job.completions.map_or(Ok(parallelism), |_| count("spec.completions", job.completions, 1))?,
        numbering: if indexed { Numbering::JobIndex } else { Numbering::Plain },
        claim_templates: Vec::new(),
    })
}

/// Reads a count of pods or Jobs.
pub(super) fn count(field: &'static str, written: Option<i32>, default: u32) -> Result<u32, ObjectProblem> {
    match written {
        None => Ok(default),
        Some(value) => u32::try_from(value).map_err(|_| ObjectProblem::Negative { field, value }),
    }
}
