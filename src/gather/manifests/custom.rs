//! Objects of kinds that Kubernetes itself does not have, as far as they have templates of pods.
//! `templates` finds these; here is what is made of them.

mod argo;
mod found;
mod made;
mod spark;
mod templates;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::error::{ObjectProblem, SourcePlace};
use super::jobs::{PartsOrProblem, is_suspended};
use super::node::{YamlNode, YamlValue};
use super::pods::{Making, Of, TemplateLabels, owner};
use super::typed::{self, Misread, UnknownField};
use super::workload::{Numbering, Part};
use found::{FoundTemplate, TemplateShape};

/// Kinds that have pods without a template of them.
const WITHOUT_TEMPLATES: [(&str, &str); 7] = [
    ("flink.apache.org", "FlinkBlueGreenDeployment"),
    ("flink.apache.org", "FlinkDeployment"),
    ("kubevirt.io", "VirtualMachine"),
    ("kubevirt.io", "VirtualMachineInstance"),
    ("tekton.dev", "PipelineRun"),
    ("tekton.dev", "TaskRun"),
    ("trainer.kubeflow.org", "TrainJob"),
];

/// Kinds that have pods whether or not they can be counted.
const WITH_PODS: [(&str, &str); 5] = [
    ("argoproj.io", "CronWorkflow"),
    ("argoproj.io", "Workflow"),
    ("serving.kserve.io", "InferenceService"),
    ("sparkoperator.k8s.io", "ScheduledSparkApplication"),
    ("sparkoperator.k8s.io", "SparkApplication"),
];

/// Kinds whose pods end by themselves, beside those that are named so.
const ENDING: [&str; 6] =
    ["CronWorkflow", "PipelineRun", "ScheduledSparkApplication", "SparkApplication", "TaskRun", "Workflow"];

/// The parts of an InferenceService of KServe: one may name a model instead of containers, and
/// which these are is known to the model's runtime.
const INFERENCE_PARTS: [&str; 3] = ["explainer", "predictor", "transformer"];

/// An object of a kind that Kubernetes itself does not have.
pub(super) struct CustomObject {
    pub(super) kind: String,
    version: String,
    pub(super) metadata: ObjectMeta,
    /// Whether its pods end by themselves.
    pub(super) ends: bool,
    is_suspended: bool,
    groups: Vec<PodGroup>,
    /// Whether it has pods beside those of `groups`, or some of these without a number.
    has_uncounted: bool,
}

impl CustomObject {
    /// Returns the group of its kind.
    pub(super) fn group(&self) -> &str {
        self.version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Pods of one template.
struct PodGroup {
    name: String,
    template: PodTemplateSpec,
    /// How many, where the object states it.
    pods: Option<i64>,
}

/// Reads an object; returns nothing for one that has no pods.
pub(super) fn read(group: &str, kind: &str, node: &YamlNode) -> Result<(Option<CustomObject>, Vec<UnknownField>), Misread> {
    let found = templates::of(group, kind, node);
    let is_without_templates = WITHOUT_TEMPLATES.contains(&(group, kind));
    let has_pods = is_without_templates || WITH_PODS.contains(&(group, kind));
    if found.is_empty() && !has_pods {
        return Ok((None, Vec::new()));
    }
    let is_counted = !is_without_templates && !found.is_empty() && !names_a_model(kind, node);
    let metadata = node.get("metadata").map_or(Ok(ObjectMeta::default()), |node| typed::read(node).map(|(read, _)| read))?;
    let (mut groups, mut unknown) = (Vec::new(), Vec::new());
    for found in found {
        let (group, fields) = read_group(found)?;
        groups.extend(group);
        unknown.extend(fields);
    }
    let has_uncounted = !is_counted || groups.is_empty() || groups.iter().any(|group| group.pods.is_none());
    let suspend = [&["spec", "suspend"][..], &["spec", "runPolicy", "suspend"]];
    let is_true = |keys: &[&str]| node.at(keys).is_some_and(|node| node.value == YamlValue::Bool(true));
    let object = CustomObject {
        kind: kind.to_owned(),
        version: node.get("apiVersion").and_then(YamlNode::text).unwrap_or_default().to_owned(),
        metadata,
        ends: kind.ends_with("Job") || ENDING.contains(&kind),
        is_suspended: suspend.into_iter().any(is_true),
        groups,
        has_uncounted,
    };
    Ok((Some(object), unknown))
}

/// Whether a part of an InferenceService has pods that it does not show.
fn names_a_model(kind: &str, node: &YamlNode) -> bool {
    let mut parts = INFERENCE_PARTS.into_iter().filter_map(|part| node.at(&["spec", part]));
    kind == "InferenceService" && parts.any(|part| part.get("containers").is_none())
}

/// Reads a template. One that is written in words of the kind's own has no fields that could be
/// misspelt, and no pods here where it has amounts that are filled in later.
fn read_group(found: FoundTemplate<'_>) -> Result<(Option<PodGroup>, Vec<UnknownField>), Misread> {
    let FoundTemplate { name, path, template, shape, pods } = found;
    let read = match shape {
        TemplateShape::Template => typed::read(&template),
        TemplateShape::Spec => typed::read::<PodSpec>(&template)
            .map(|(spec, unknown)| (PodTemplateSpec { metadata: None, spec: Some(spec) }, unknown)),
    };
    // A specification whose pods are not counted may be part of one, which only its kind completes.
    let may_fail = matches!(template, Cow::Owned(_)) || shape == TemplateShape::Spec && pods.is_none();
    let (mut template, mut unknown) = match read {
        Ok((read, unknown)) if shape == TemplateShape::Template => (read, unknown),
        Ok((read, _)) => (read, Vec::new()),
        Err(_) if may_fail => return Ok((None, Vec::new())),
        Err(error) => return Err(error.below(&path)),
    };
    name_containers(&mut template);
    for field in &mut unknown {
        field.path = format!("{path}.{}", field.path);
    }
    Ok((Some(PodGroup { name, template, pods }), unknown))
}

/// Names the containers that have no name: the controllers of these kinds do.
fn name_containers(template: &mut PodTemplateSpec) {
    let containers = template.spec.iter_mut().flat_map(|spec| &mut spec.containers);
    for (position, container) in containers.enumerate().filter(|(_, container)| container.name.is_empty()) {
        container.name = format!("container-{position}");
    }
}

/// Makes the pods of an object, which it owns itself.
pub(super) fn pods(
    making: &mut Making,
    object: &str,
    place: &SourcePlace,
    namespace: &str,
    name: &str,
    custom: &CustomObject,
) -> PartsOrProblem {
    if is_suspended(making, object, Some(custom.is_suspended)) {
        return Ok(Vec::new());
    }
    if custom.has_uncounted {
        making.notes.add(format!(
            "{object} of {} ({place}) has pods that are not counted here; write them as a Deployment or a Job, or take those that it \
             has: kubectl get pods -o yaml",
            custom.version
        ));
    }
    let mut parts = Vec::new();
    for PodGroup { name: group, template, pods } in &custom.groups {
        let Some(pods) = *pods else { continue };
        let pods =
            u32::try_from(pods).map_err(|_| ObjectProblem::Field(format!("has {pods} pods of {group}; write 0 or more")))?;
        let of = Of {
            object: object.to_owned(),
            namespace: namespace.to_owned(),
            pods: if group.is_empty() { name.to_owned() } else { format!("{name}-{group}") },
            owner: Some(owner(&custom.version, &custom.kind, name)),
            labels: TemplateLabels::new(),
        };
        let (pattern, hints) = making.pattern(&of, template)?;
        let numbering = Numbering::Plain;
        parts.push(Part { pattern, parallelism: pods, completions: pods, numbering, hints, claim_templates: Vec::new() });
    }
    Ok(parts)
}
