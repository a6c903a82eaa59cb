//! Objects of kinds that Kubernetes itself does not have, as far as they have templates of pods.
//! `templates` finds these; here is what is made of them.

mod templates;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::error::{ObjectProblem, SourcePlace};
use super::jobs::{PartsOrProblem, is_suspended};
use super::node::{YamlNode, YamlValue};
use super::pods::{Making, Of, owner};
use super::typed::{self, Misread, UnknownField};
use super::workload::{Numbering, Part};
use crate::snapshot::Labels;
use templates::FoundTemplate;

/// Kinds that have pods without a template of them.
const WITHOUT_TEMPLATES: [(&str, &str); 9] = [
    ("argoproj.io", "Workflow"),
    ("argoproj.io", "CronWorkflow"),
    ("flink.apache.org", "FlinkDeployment"),
    ("kubevirt.io", "VirtualMachine"),
    ("kubevirt.io", "VirtualMachineInstance"),
    ("sparkoperator.k8s.io", "SparkApplication"),
    ("sparkoperator.k8s.io", "ScheduledSparkApplication"),
    ("tekton.dev", "PipelineRun"),
    ("tekton.dev", "TaskRun"),
];

/// An object of such a kind.
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

/// Pods of one template.
struct PodGroup {
    name: String,
    template: PodTemplateSpec,
    /// How many, where the object states it.
    pods: Option<i64>,
}

/// Reads an object; returns nothing for one that has no pods.
pub(super) fn read(group: &str, kind: &str, node: &YamlNode) -> Result<(Option<CustomObject>, Vec<UnknownField>), Misread> {
    // The groups of Kubernetes' own older kinds have no dot.
    if !group.contains('.') {
        return Ok((None, Vec::new()));
    }
    let found = templates::of(group, kind, node);
    let is_without_templates = WITHOUT_TEMPLATES.contains(&(group, kind));
    if found.is_empty() && !is_without_templates {
        return Ok((None, Vec::new()));
    }
    let metadata = node.get("metadata").map_or(Ok(ObjectMeta::default()), |node| typed::read(node).map(|(read, _)| read))?;
    let (mut groups, mut unknown) = (Vec::new(), Vec::new());
    for found in found {
        let (group, fields) = read_group(found)?;
        groups.push(group);
        unknown.extend(fields);
    }
    let has_uncounted = is_without_templates || groups.iter().any(|group| group.pods.is_none());
    let suspend = [&["spec", "suspend"][..], &["spec", "runPolicy", "suspend"]];
    let is_true = |keys: &[&str]| node.at(keys).is_some_and(|node| node.value == YamlValue::Bool(true));
    let object = CustomObject {
        kind: kind.to_owned(),
        version: node.get("apiVersion").and_then(YamlNode::text).unwrap_or_default().to_owned(),
        metadata,
        ends: kind.ends_with("Job"),
        is_suspended: suspend.into_iter().any(is_true),
        groups,
        has_uncounted,
    };
    Ok((Some(object), unknown))
}

fn read_group(found: FoundTemplate<'_>) -> Result<(PodGroup, Vec<UnknownField>), Misread> {
    let FoundTemplate { name, path, template, pods } = found;
    let (template, mut unknown) = typed::read(template).map_err(|error| error.below(&path))?;
    for field in &mut unknown {
        field.path = format!("{path}.{}", field.path);
    }
    Ok((PodGroup { name, template, pods }, unknown))
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
            labels: Labels::new(),
        };
        let pattern = making.pattern(&of, template)?;
        let numbering = Numbering::Plain;
        parts.push(Part { pattern, parallelism: pods, completions: pods, numbering, claim_templates: Vec::new() });
    }
    Ok(parts)
}
