//! CapacityBuffers of `autoscaling.x-k8s.io`, read loosely: their API is young.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::specs::SpecTable;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem, created_at, required, resources};
use crate::snapshot::{BufferObject, BufferShape, BufferStatus, CapacityBuffer, Labels, ObjectName, Pod, Scheduling};
use crate::well_known::buffers::KIND;

/// The versions that have the kind, the newest first.
pub(crate) const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];

/// A CapacityBuffer as the API has it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ApiBuffer {
    #[serde(default)]
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    spec: ApiBufferSpec,
    #[serde(default)]
    status: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiBufferSpec {
    pod_template_ref: Option<TemplateName>,
    scalable_ref: Option<ScalableName>,
    replicas: Option<i64>,
    percentage: Option<i64>,
    limits: Option<BTreeMap<String, Quantity>>,
    provisioning_strategy: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct TemplateName {
    name: String,
}

/// An object that has replicas, as a buffer names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScalableName {
    /// Its API group; the usual one of its kind where it is empty.
    #[serde(default)]
    pub(crate) api_group: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
}

/// What a buffer names as the shape of its pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ShapeReference {
    /// A PodTemplate.
    Template(String),
    /// An object that has replicas.
    Scalable(ScalableName),
    /// Neither, or both.
    None,
}

/// Reads a buffer, whose shape is not known yet, and returns what it names as that. Without a
/// `version` it comes from a file: then its status does not matter.
pub(crate) fn read_capacity_buffer(
    buffer: &ApiBuffer,
    version: Option<&str>,
    specs: &mut SpecTable,
) -> Result<(CapacityBuffer, ShapeReference), ConversionError> {
    convert(buffer, version, specs).map_err(|problem| problem.in_object(KIND, &buffer.metadata))
}

fn convert(
    buffer: &ApiBuffer,
    version: Option<&str>,
    specs: &mut SpecTable,
) -> Result<(CapacityBuffer, ShapeReference), ConversionProblem> {
    let (metadata, spec) = (&buffer.metadata, &buffer.spec);
    let reference = match (&spec.pod_template_ref, &spec.scalable_ref) {
        (Some(template), None) => ShapeReference::Template(template.name.clone()),
        (None, Some(scalable)) => ShapeReference::Scalable(scalable.clone()),
        (None, None) | (Some(_), Some(_)) => ShapeReference::None,
    };
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    let object = |version: &str| BufferObject {
        version: version.to_owned(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
        generation: metadata.generation,
        // A status that is not understood is written anew.
        status: serde_json::from_value::<BufferStatus>(buffer.status.clone()).unwrap_or_default(),
    };
    let read = CapacityBuffer {
        namespace: specs.name(&required(metadata.namespace.as_ref(), "namespace")?),
        name: specs.name(&required(metadata.name.as_ref(), "name")?),
        created_at: created_at(metadata)?,
        strategy: spec.provisioning_strategy.clone().filter(|strategy| !strategy.is_empty()),
        replicas: spec.replicas.map(count),
        percentage: spec.percentage.map(count),
        limits: spec.limits.as_ref().filter(|limits| !limits.is_empty()).map(|limits| resources(Some(limits))).transpose()?,
        shape: BufferShape::NoReference,
        object: version.map(|version| Box::new(object(version))),
    };
    Ok((read, reference))
}

/// Returns a template without volumes: nobody makes claims for a pod that does not exist.
pub(crate) fn without_volumes(template: &core::PodTemplateSpec) -> core::PodTemplateSpec {
    let mut template = template.clone();
    if let Some(spec) = &mut template.spec {
        spec.volumes = None;
    }
    template
}

/// Returns a pod that does not exist, and is like one that does.
pub(crate) fn like_live_pod(name: &ObjectName, live: &Pod, created_at: Timestamp) -> Pod {
    let mut pod = Pod::unseen(name.clone(), live.spec, created_at);
    pod.labels = Labels::clone(&live.labels);
    pod.scheduling = Scheduling::Unschedulable { since: created_at };
    pod
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(spec: &Value) -> (CapacityBuffer, ShapeReference) {
        let buffer = json!({ "metadata": { "namespace": "team-a", "name": "spare", "creationTimestamp": "2026-11-22T12:00:00Z",
            "resourceVersion": "7", "generation": 2 }, "spec": spec,
            "status": { "replicas": 3, "conditions": [{ "type": "Provisioning", "status": "True", "reason": "Other",
                "message": "", "lastTransitionTime": "2026-11-22T12:00:00Z" }] } });
        let buffer: ApiBuffer = serde_json::from_value(buffer).expect("a buffer");
        read_capacity_buffer(&buffer, Some("v1beta1"), &mut SpecTable::default()).expect("a buffer is understood")
    }

    #[test]
    fn a_buffer_names_one_shape() {
        let template = json!({ "name": "large" });
        let scalable = json!({ "apiGroup": "apps", "kind": "Deployment", "name": "web" });
        let of = |spec: Value| read(&spec).1;
        assert_eq!(of(json!({ "podTemplateRef": template })), ShapeReference::Template("large".to_owned()));
        let named = ScalableName { api_group: "apps".into(), kind: "Deployment".into(), name: "web".into() };
        assert_eq!(of(json!({ "scalableRef": scalable })), ShapeReference::Scalable(named));
        assert_eq!(of(json!({})), ShapeReference::None);
        assert_eq!(of(json!({ "podTemplateRef": template, "scalableRef": scalable })), ShapeReference::None);
    }

    #[test]
    fn numbers_limits_and_status_are_read() {
        let (buffer, _) = read(&json!({ "podTemplateRef": { "name": "t" }, "replicas": 4, "percentage": 50,
            "limits": { "cpu": "1500m" }, "provisioningStrategy": "other" }));
        assert_eq!((buffer.replicas, buffer.percentage), (Some(4), Some(50)));
        assert_eq!(buffer.limits.map(|limits| limits.get("cpu")), Some(1500));
        assert_eq!(buffer.strategy.as_deref(), Some("other"));
        let object = buffer.object.expect("it is an object of the API");
        assert_eq!((object.resource_version.as_str(), object.generation, object.status.replicas), ("7", Some(2), Some(3)));
        assert_eq!(object.status.condition("Provisioning").map(|condition| condition.reason.as_str()), Some("Other"));
    }
}
