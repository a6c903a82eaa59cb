//! Pods without an owner and pods that run on: those of Deployments and the like.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;

use super::error::ObjectProblem;
use super::jobs::{PartsOrProblem, count};
use super::pods::{Making, Of, TemplateLabels, labels, owner};
use super::workload::{Numbering, Part};
use crate::kubernetes::reading::storage::read_claim;
use crate::snapshot::Claim;

/// The stand-in for the hash of a template in the name of a ReplicaSet and on its pods.
const TEMPLATE_HASH: &str = "manifest";

/// The label by which the Deployment controller tells the pods of one ReplicaSet from those of
/// another.
const TEMPLATE_HASH_LABEL: &str = "pod-template-hash";

/// Makes one pod. Its status is left out: it is to be placed.
pub(super) fn single_pod(making: &mut Making, object: &str, namespace: &str, name: &str, pod: &core::Pod) -> PartsOrProblem {
    let references = pod.metadata.owner_references.iter().flatten();
    let of = Of {
        object: object.to_owned(),
        namespace: namespace.to_owned(),
        pods: name.to_owned(),
        owner: references.into_iter().find(|owner| owner.controller == Some(true)).cloned(),
        labels: TemplateLabels::new(),
    };
    let template = core::PodTemplateSpec { metadata: Some(pod.metadata.clone()), spec: pod.spec.clone() };
    let (pattern, hints) = making.pattern(&of, &template)?;
    let numbering = Numbering::Single;
    Ok(vec![Part { pattern, parallelism: 1, completions: 1, numbering, hints, claim_templates: Vec::new() }])
}

/// Makes the pods of a new ReplicaSet of a Deployment.
pub(super) fn deployment_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    name: &str,
    deployment: &apps::Deployment,
) -> PartsOrProblem {
    let spec = deployment.spec.clone();
    let set = format!("{name}-{TEMPLATE_HASH}");
    let of = Of {
        object: object.to_owned(),
        namespace: namespace.to_owned(),
        pods: name.to_owned(),
        owner: Some(owner("apps/v1", "ReplicaSet", &set)),
        labels: labels([(TEMPLATE_HASH_LABEL, TEMPLATE_HASH)]),
    };
    running_on(making, &of, Some(&spec.template), spec.replicas)
}

/// Makes the pods of a ReplicaSet.
pub(super) fn replica_set_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    name: &str,
    set: &apps::ReplicaSet,
) -> PartsOrProblem {
    let spec = set.spec.clone();
    let of = owned(object, namespace, name, ("apps/v1", "ReplicaSet"));
    running_on(making, &of, spec.template.as_ref(), spec.replicas)
}

/// Makes the pods of a ReplicationController.
pub(super) fn replication_controller_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    name: &str,
    controller: &core::ReplicationController,
) -> PartsOrProblem {
    let spec = controller.spec.clone().unwrap_or_default();
    let of = owned(object, namespace, name, ("v1", "ReplicationController"));
    running_on(making, &of, spec.template.as_ref(), spec.replicas)
}

/// Makes the pods of a StatefulSet, with their claims.
pub(super) fn stateful_set_pods(
    making: &mut Making,
    object: &str,
    namespace: &str,
    name: &str,
    set: &apps::StatefulSet,
) -> PartsOrProblem {
    let spec = set.spec.clone();
    let start = count("spec.ordinals.start", spec.ordinals.and_then(|ordinals| ordinals.start), 0)?;
    let templates = spec.volume_claim_templates.unwrap_or_default();
    let mut template = spec.template;
    // A claim of a template takes the place of a volume of the same name.
    if let Some(volumes) = template.spec.as_mut().and_then(|spec| spec.volumes.as_mut()) {
        volumes.retain(|volume| templates.iter().all(|claim| claim.metadata.name.as_deref() != Some(&volume.name)));
    }
    let claims = templates.into_iter().map(|template| claim_template(namespace, template)).collect::<Result<Vec<_>, _>>()?;
    let of = owned(object, namespace, name, ("apps/v1", "StatefulSet"));
    let mut parts = running_on(making, &of, Some(&template), spec.replicas)?;
    for part in &mut parts {
        part.numbering = Numbering::Ordinal { start };
        part.claim_templates.clone_from(&claims);
    }
    Ok(parts)
}

fn claim_template(namespace: &str, mut template: core::PersistentVolumeClaim) -> Result<Claim, ObjectProblem> {
    template.metadata.namespace = Some(namespace.to_owned());
    template.status = None;
    Ok(read_claim(&template).map_err(|error| error.problem)?)
}

fn owned(object: &str, namespace: &str, name: &str, (version, kind): (&str, &str)) -> Of {
    Of {
        object: object.to_owned(),
        namespace: namespace.to_owned(),
        pods: name.to_owned(),
        owner: Some(owner(version, kind, name)),
        labels: TemplateLabels::new(),
    }
}

fn running_on(making: &mut Making, of: &Of, template: Option<&core::PodTemplateSpec>, replicas: Option<i32>) -> PartsOrProblem {
    let template = template.ok_or(ObjectProblem::NoContainers)?;
    let pods = count("spec.replicas", replicas, 1)?;
    let (pattern, hints) = making.pattern(of, template)?;
    let numbering = Numbering::Plain;
    Ok(vec![Part { pattern, parallelism: pods, completions: pods, numbering, hints, claim_templates: Vec::new() }])
}
