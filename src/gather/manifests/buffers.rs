//! `--buffer`: CapacityBuffers from files, with the PodTemplates that they name beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::de::DeserializeOwned;

use super::adding::specs_in;
use super::error::{ManifestError, ObjectProblem, SourcePlace};
use super::node::YamlNode;
use super::source::{self, Found};
use super::{DEFAULT_NAMESPACE, typed};
use crate::gather::template_pod::Admission;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::capacity_buffers::{ApiBuffer, ShapeReference, read_capacity_buffer, without_volumes};
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::snapshot::{BufferShape, CapacityBuffer, ObjectName, PodSpec, PodTemplateRef, Snapshot, SpecId};
use crate::well_known::buffers::{ACTIVE_CAPACITY, GROUP, KIND};

/// The CapacityBuffers of some files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferFiles {
    buffers: Vec<CapacityBuffer>,
    /// The specifications that they name.
    pod_specs: BTreeMap<SpecId, PodSpec>,
}

/// Reads files, directories (the manifests directly in them) and, as `-`, standard input.
///
/// # Errors
/// With the first that is wrong, where it is and the way out.
pub fn read_buffers(paths: &[PathBuf]) -> Result<BufferFiles, ManifestError> {
    from_objects(source::read_all(paths)?)
}

/// Adds buffers to a snapshot, as if they had been applied a moment ago. One takes the place of the
/// object of the same name.
pub fn add_buffers(snapshot: &mut Snapshot, files: BufferFiles) {
    let ids = specs_in(snapshot, &files.pod_specs);
    let now = snapshot.taken_at;
    for mut buffer in files.buffers {
        if let BufferShape::Known { pod, .. } = &mut buffer.shape {
            pod.spec = ids[&pod.spec];
        }
        buffer.created_at = now;
        snapshot.capacity_buffers.retain(|there| (&there.namespace, &there.name) != (&buffer.namespace, &buffer.name));
        snapshot.capacity_buffers.push(buffer);
    }
}

/// A buffer with its place.
type BufferFound = (SourcePlace, ApiBuffer);

fn from_objects(found: Vec<Found>) -> Result<BufferFiles, ManifestError> {
    let mut buffers: Vec<BufferFound> = Vec::new();
    let mut templates: BTreeMap<ObjectName, core::PodTemplate> = BTreeMap::new();
    for Found { place, node, .. } in found {
        let text = |key: &str| node.get(key).and_then(YamlNode::text).unwrap_or_default().to_owned();
        let (kind, version) = (text("kind"), text("apiVersion"));
        let is_buffer = kind == KIND && version.split_once('/').is_some_and(|(group, _)| group == GROUP);
        if is_buffer {
            let mut buffer: ApiBuffer = typed_object(&place, KIND, &node)?;
            buffer.metadata.namespace.get_or_insert_with(|| DEFAULT_NAMESPACE.to_owned());
            buffer.metadata.creation_timestamp.get_or_insert(Time(Timestamp::UNIX_EPOCH));
            buffers.push((place, buffer));
        } else if kind == "PodTemplate" && version == "v1" {
            let template: core::PodTemplate = typed_object(&place, "PodTemplate", &node)?;
            let name = template.metadata.name.clone().unwrap_or_default();
            let namespace = template.metadata.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
            templates.insert(ObjectName::new(namespace, name), template);
        } else {
            return Err(wrong(place, &kind, "is neither a CapacityBuffer nor a PodTemplate; leave it out of --buffer"));
        }
    }
    let mut specs = SpecTable::default();
    let mut admission = Admission::new(&[], RuntimeClasses::default());
    let mut read: Vec<CapacityBuffer> = Vec::new();
    for (place, object) in buffers {
        let buffer = one(&place, &object, &templates, &mut admission, &mut specs)?;
        let described = described(&buffer);
        if read.iter().any(|there| there.id() == buffer.id()) {
            return Err(wrong(place, &described, "is there already; keep one of them"));
        }
        read.push(buffer);
    }
    Ok(BufferFiles { buffers: read, pod_specs: specs.into_map() })
}

/// Reads one buffer, and refuses what would quietly keep no room.
fn one(
    place: &SourcePlace,
    object: &ApiBuffer,
    templates: &BTreeMap<ObjectName, core::PodTemplate>,
    admission: &mut Admission,
    specs: &mut SpecTable,
) -> Result<CapacityBuffer, ManifestError> {
    let read = read_capacity_buffer(object, None, specs);
    let (mut buffer, reference) = read.map_err(|error| wrong(place.clone(), KIND, &error.problem.to_string()))?;
    let described = described(&buffer);
    let refuse = |problem: &str| wrong(place.clone(), &described, problem);
    if buffer.strategy.as_deref().is_some_and(|strategy| strategy != ACTIVE_CAPACITY) {
        return Err(refuse(
            "has a provisioningStrategy that is not served; leave it out, or write buffer.x-k8s.io/active-capacity",
        ));
    }
    if buffer.percentage.is_some() {
        return Err(refuse("has a percentage, and a file has no replicas to take it of; write spec.replicas"));
    }
    if buffer.replicas.is_none() && buffer.limits.is_none() {
        return Err(refuse("names no number of pods; write spec.replicas or spec.limits"));
    }
    let name = match reference {
        ShapeReference::Template(name) => name,
        ShapeReference::Scalable(_) => {
            return Err(refuse(
                "has a scalableRef, which is read in a cluster only; write a PodTemplate beside it and name that",
            ));
        }
        ShapeReference::None => return Err(refuse("names no PodTemplate; write spec.podTemplateRef.name")),
    };
    let template = templates.get(&ObjectName { namespace: buffer.namespace.clone(), name: name.as_str().into() });
    let Some(template) = template.and_then(|template| template.template.as_ref()) else {
        return Err(refuse(&format!("names PodTemplate {name}, which is not in the files; write it beside the buffer")));
    };
    let has_containers = template.spec.as_ref().is_some_and(|spec| !spec.containers.is_empty());
    if !has_containers {
        return Err(refuse(&format!("names PodTemplate {name}, which has no containers; write template.spec.containers")));
    }
    let pod = admission.pod_of(&without_volumes(template), &buffer.id(), buffer.created_at, specs);
    let pod = pod.map_err(|problem| refuse(&format!("names PodTemplate {name}, which is not understood: {problem}")))?;
    let template = PodTemplateRef { name: name.as_str().into(), generation: None };
    buffer.shape = BufferShape::Known { pod: Box::new(pod), scale: None, template: Some(template) };
    Ok(buffer)
}

fn described(buffer: &CapacityBuffer) -> String {
    format!("{KIND} {}", buffer.id())
}

/// Reads an object, and refuses fields that it does not have: a slip of the pen would change what
/// it means.
fn typed_object<T: DeserializeOwned>(place: &SourcePlace, kind: &str, node: &YamlNode) -> Result<T, ManifestError> {
    let at = |line: u64| SourcePlace { file: place.file.clone(), line };
    let (object, unknown) = typed::read::<T>(node).map_err(|misread| wrong(at(misread.line), kind, &misread.text))?;
    match unknown.into_iter().find(|field| !["apiVersion", "kind", "status"].contains(&field.path.as_str())) {
        None => Ok(object),
        Some(field) => Err(wrong(at(field.line), kind, &format!("has no field {}; leave it out", field.path))),
    }
}

fn wrong(place: SourcePlace, object: &str, problem: &str) -> ManifestError {
    ManifestError::Object { place, object: object.to_owned(), problem: ObjectProblem::Field(problem.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ClusterIdentity;

    const TEMPLATE: &str = "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: large}\ntemplate: {spec: {containers: [{name: \
                            c, resources: {requests: {cpu: 2}}}]}}\n---\n";

    fn buffer(spec: &str) -> String {
        format!(
            "{TEMPLATE}apiVersion: autoscaling.x-k8s.io/v1beta1\nkind: CapacityBuffer\nmetadata: {{name: spare}}\nspec: {spec}\n"
        )
    }

    fn read(text: &str) -> Result<BufferFiles, String> {
        let found = source::objects_in("b.yaml", text).expect("YAML");
        from_objects(found).map_err(|error| error.to_string())
    }

    #[test]
    fn a_buffer_of_a_file_is_one_of_the_snapshot() {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), "2026-11-22T12:00:00Z".parse().expect("a time"));
        for replicas in [3, 4] {
            let text = buffer(&format!("{{podTemplateRef: {{name: large}}, replicas: {replicas}}}"));
            add_buffers(&mut snapshot, read(&text).expect("a buffer"));
        }
        let [buffer] = &snapshot.capacity_buffers[..] else { panic!("{:?}", snapshot.capacity_buffers) };
        assert_eq!(
            (buffer.id(), buffer.replicas, buffer.object.is_none()),
            (ObjectName::new("default", "spare"), Some(4), true)
        );
        let pod = buffer.pod().expect("its shape is known");
        assert_eq!(snapshot.spec(pod).containers[0].requests.get("cpu"), 2000);
    }

    #[test]
    fn what_would_keep_no_room_is_refused() {
        for (spec, expected) in [
            ("{podTemplateRef: {name: large}}", "b.yaml:6: CapacityBuffer default/spare: names no number of pods"),
            ("{podTemplateRef: {name: other}, replicas: 1}", "names PodTemplate other, which is not in the files"),
            ("{scalableRef: {kind: Deployment, name: web}, replicas: 1}", "has a scalableRef, which is read in a cluster only"),
            ("{replicas: 1}", "names no PodTemplate; write spec.podTemplateRef.name"),
            (
                "{podTemplateRef: {name: large}, replicas: 1, provisioningStrategy: x}",
                "provisioningStrategy that is not served",
            ),
            ("{podTemplateRef: {name: large}, percentage: 10, replicas: 1}", "has a percentage"),
            ("{podTemplateRef: {name: large}, replica: 1}", "has no field spec.replica; leave it out"),
            ("{podTemplateRef: {name: large}, replicas: x}", "spec.replicas"),
        ] {
            let error = read(&buffer(spec)).expect_err(spec);
            assert!(error.contains(expected), "{spec}: {error}");
        }
        let other = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
        let error = read(other).expect_err("a pod is no buffer");
        assert!(error.contains("is neither a CapacityBuffer nor a PodTemplate"), "{error}");
    }
}
