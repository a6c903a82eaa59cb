//! The reading of CapacityBuffers, and of what their pods are like.
//!
//! A cluster that does not serve the kind costs no call. Otherwise every buffer is read, and each
//! object that one of ours names.

use std::collections::BTreeMap;

use http::Request;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::cluster::runtime_classes;
use super::template_pod::Admission;
use crate::kubernetes::call::CallError;
use crate::kubernetes::list::{ListError, list_at};
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::capacity_buffers::{
    ApiBuffer, ScalableName, ShapeReference, VERSIONS, like_live_pod, read_capacity_buffer, without_volumes,
};
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::kubernetes::retry::fetch;
use crate::kubernetes::served::ServedGroups;
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::snapshot::{BufferShape, CapacityBuffer, Gap, MissingFact, Name, ObjectName, Pod, PodTemplateRef};
use crate::well_known::buffers::{ACTIVE_CAPACITY, GROUP, PLURAL};

/// The buffers of a server, and the version in which they were read.
type ListedBuffers = Option<(&'static str, Vec<ApiBuffer>)>;

/// Lists the buffers; `None` where the server has no such kind.
async fn list_buffers(server: ApiServer<'_>, served: &ServedGroups) -> Result<ListedBuffers, KubernetesError> {
    for version in VERSIONS.into_iter().filter(|version| served.has(GROUP, version)) {
        let path = format!("/apis/{GROUP}/{version}/{PLURAL}");
        let take = |taken: &mut Vec<ApiBuffer>, buffer: &ApiBuffer| {
            taken.push(buffer.clone());
            Ok(())
        };
        match list_at(server, &path, Vec::new, take).await {
            Err(ListError::Call(error)) if error.code() == Some(404) => {}
            outcome => {
                let permission = Permission { verb: "list", resource: format!("{PLURAL}.{GROUP}"), namespace: None };
                let buffers = outcome.map_err(|error| KubernetesError::from_list_error(error, permission, server.url))?;
                return Ok(Some((version, buffers)));
            }
        }
    }
    Ok(None)
}

/// Reads every buffer with the shape of its pods, and returns what could not be read of them, too.
/// `pods` are all unfinished ones.
pub(super) async fn read_buffers(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
    specs: &mut SpecTable,
    pods: &[Pod],
) -> (Vec<CapacityBuffer>, Vec<Gap>) {
    // That the API groups could not be read is a gap already.
    let Ok(served) = served else { return (Vec::new(), Vec::new()) };
    let (version, listed) = match list_buffers(server, served).await {
        Ok(None) => return (Vec::new(), Vec::new()),
        Ok(Some(listed)) => listed,
        Err(error) => return (Vec::new(), vec![gap(format!("{PLURAL}.{GROUP}"), error.to_string())]),
    };
    let mut resolver =
        ShapeResolver { server, specs, pods, templates: BTreeMap::new(), scalables: BTreeMap::new(), gaps: Vec::new() };
    let mut buffers = Vec::new();
    for object in &listed {
        match read_capacity_buffer(object, Some(version), resolver.specs) {
            Ok((mut buffer, reference)) => {
                if buffer.strategy.as_deref().is_none_or(|strategy| strategy == ACTIVE_CAPACITY) {
                    buffer.shape = resolver.shape(&buffer, &reference).await;
                }
                buffers.push(buffer);
            }
            Err(problem) => resolver.gaps.push(gap(format!("{PLURAL}.{GROUP}"), problem.to_string())),
        }
    }
    let gaps = resolver.gaps;
    (buffers, gaps)
}

fn gap(resource: String, error: String) -> Gap {
    Gap { fact: MissingFact::Objects { resource }, error }
}

/// An object with replicas and a template, of whatever kind.
#[derive(Debug, Clone, Deserialize)]
struct Scalable {
    spec: ScalableSpec,
    #[serde(default)]
    status: ScalableStatus,
}

#[derive(Debug, Clone, Deserialize)]
struct ScalableSpec {
    replicas: Option<u32>,
    /// What Jobs have instead.
    parallelism: Option<u32>,
    template: Option<core::PodTemplateSpec>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ScalableStatus {
    #[serde(default)]
    replicas: u32,
}

impl Scalable {
    /// Returns how many replicas there are, or should be where none is.
    fn replicas(&self) -> u32 {
        match self.status.replicas {
            0 => self.spec.replicas.or(self.spec.parallelism).unwrap_or(1),
            there => there,
        }
    }
}

/// A PodTemplate.
#[derive(Debug, Clone, Deserialize)]
struct StoredTemplate {
    #[serde(default)]
    metadata: ObjectMeta,
    template: core::PodTemplateSpec,
}

/// What came of reading an object that a buffer names.
#[derive(Debug, Clone)]
enum NamedObject<T> {
    There(Box<T>),
    Missing,
    Unreadable(String),
}

struct ShapeResolver<'r> {
    server: ApiServer<'r>,
    specs: &'r mut SpecTable,
    pods: &'r [Pod],
    templates: BTreeMap<ObjectName, NamedObject<StoredTemplate>>,
    scalables: BTreeMap<(Name, ScalableName), NamedObject<Scalable>>,
    gaps: Vec<Gap>,
}

impl ShapeResolver<'_> {
    async fn shape(&mut self, buffer: &CapacityBuffer, reference: &ShapeReference) -> BufferShape {
        match reference {
            ShapeReference::None => BufferShape::NoReference,
            ShapeReference::Template(name) => self.shape_of_template(buffer, name).await,
            ShapeReference::Scalable(scalable) => self.shape_of_scalable(buffer, scalable).await,
        }
    }

    async fn shape_of_template(&mut self, buffer: &CapacityBuffer, name: &str) -> BufferShape {
        let key = ObjectName::new(buffer.namespace.clone(), name);
        if !self.templates.contains_key(&key) {
            let path = format!("/api/v1/namespaces/{}/podtemplates", buffer.namespace);
            let found = self.read(&path, name, "podtemplates").await;
            self.templates.insert(key.clone(), found);
        }
        let stored = match &self.templates[&key] {
            NamedObject::There(stored) => stored.clone(),
            NamedObject::Missing => return BufferShape::TemplateMissing { name: name.into() },
            NamedObject::Unreadable(error) => return BufferShape::Unreadable { error: error.clone() },
        };
        let template = PodTemplateRef { name: name.into(), generation: stored.metadata.generation };
        match self.pod(buffer, &stored.template).await {
            Ok(pod) => BufferShape::Known { pod: Box::new(pod), scale: None, template: Some(template) },
            Err(error) => BufferShape::Unreadable { error },
        }
    }

    async fn shape_of_scalable(&mut self, buffer: &CapacityBuffer, named: &ScalableName) -> BufferShape {
        let Some((api, plural, resource)) = api_of(named) else {
            return BufferShape::KindNotServed { kind: format!("{} {}", named.api_group, named.kind).trim().to_owned() };
        };
        let key = (buffer.namespace.clone(), named.clone());
        if !self.scalables.contains_key(&key) {
            let path = format!("{api}/namespaces/{}/{plural}", buffer.namespace);
            let found = self.read(&path, &named.name, resource).await;
            self.scalables.insert(key.clone(), found);
        }
        let scalable = match &self.scalables[&key] {
            NamedObject::There(scalable) => scalable.clone(),
            NamedObject::Missing => {
                return BufferShape::ScalableMissing { object: format!("{} {}", named.kind, named.name) };
            }
            NamedObject::Unreadable(error) => return BufferShape::Unreadable { error: error.clone() },
        };
        // A pod that lives has what admission added to the template.
        let live = self.pods.iter().filter(|pod| pod.namespace == buffer.namespace && is_of(pod, named));
        let pod = match live.max_by_key(|pod| (pod.created_at, &pod.name)) {
            Some(live) => Ok(like_live_pod(&buffer.id(), live, buffer.created_at)),
            None => self.pod(buffer, &scalable.spec.template.clone().unwrap_or_default()).await,
        };
        match pod {
            Ok(pod) => BufferShape::Known { pod: Box::new(pod), scale: Some(scalable.replicas()), template: None },
            Err(error) => BufferShape::Unreadable { error },
        }
    }

    async fn pod(&mut self, buffer: &CapacityBuffer, template: &core::PodTemplateSpec) -> Result<Pod, String> {
        let is_of_class = template.spec.as_ref().is_some_and(|spec| spec.runtime_class_name.is_some());
        let classes = match is_of_class {
            true => runtime_classes(self.server).await.map_err(|error| error.to_string())?,
            false => RuntimeClasses::default(),
        };
        // Their priority does not matter: they come after all others.
        let mut admission = Admission::new(&[], classes);
        let pod = admission.pod_of(&without_volumes(template), &buffer.id(), buffer.created_at, self.specs);
        pod.map_err(|problem| format!("the pods of CapacityBuffer {} are not understood: {problem}", buffer.id()))
    }

    /// Reads one object. What goes wrong is noted.
    async fn read<T: DeserializeOwned>(&mut self, path: &str, name: &str, resource: &str) -> NamedObject<T> {
        if !is_a_name(name) {
            return NamedObject::Missing;
        }
        let answer = match Request::get(format!("{path}/{name}")).body(Vec::new()) {
            Ok(request) => fetch(self.server, &request).await,
            Err(error) => Err(CallError::Malformed(error.to_string())),
        };
        match answer {
            Ok(object) => NamedObject::There(Box::new(object)),
            Err(error) if error.code() == Some(404) => NamedObject::Missing,
            Err(error) => {
                let permission = Permission { verb: "get", resource: resource.to_owned(), namespace: None };
                let error = KubernetesError::from_call(error, permission, self.server.url).to_string();
                let gap = gap(resource.to_owned(), error.clone());
                if !self.gaps.contains(&gap) {
                    self.gaps.push(gap);
                }
                NamedObject::Unreadable(error)
            }
        }
    }
}

/// Whether a text can be the name of an object, and so a part of a path.
fn is_a_name(text: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins_well && text.bytes().all(is_usual)
}

/// Returns where the objects of a kind are, their plural name, and the same with the API group.
fn api_of(named: &ScalableName) -> Option<(&'static str, &'static str, &'static str)> {
    match (named.api_group.as_str(), named.kind.as_str()) {
        ("" | "apps", "Deployment") => Some(("/apis/apps/v1", "deployments", "deployments.apps")),
        ("" | "apps", "StatefulSet") => Some(("/apis/apps/v1", "statefulsets", "statefulsets.apps")),
        ("" | "apps", "ReplicaSet") => Some(("/apis/apps/v1", "replicasets", "replicasets.apps")),
        ("", "ReplicationController") => Some(("/api/v1", "replicationcontrollers", "replicationcontrollers")),
        ("" | "batch", "Job") => Some(("/apis/batch/v1", "jobs", "jobs.batch")),
        _ => None,
    }
}

/// Whether a pod belongs to an object: its controller is that, or for a Deployment the ReplicaSet
/// with its name and the hash of its template.
fn is_of(pod: &Pod, named: &ScalableName) -> bool {
    let Some(owner) = &pod.owner else { return false };
    if named.kind != "Deployment" {
        return owner.kind == named.kind.as_str() && owner.name == named.name.as_str();
    }
    let hash = owner.name.strip_prefix(&named.name).and_then(|rest| rest.strip_prefix('-'));
    owner.kind == "ReplicaSet" && hash.is_some() && hash == pod.labels.get("pod-template-hash").map(Name::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kinds_with_a_template_are_served() {
        let of = |api_group: &str, kind: &str| {
            let named = ScalableName { api_group: api_group.into(), kind: kind.into(), name: "web".into() };
            api_of(&named).map(|(_, _, resource)| resource)
        };
        assert_eq!(of("apps", "Deployment"), Some("deployments.apps"));
        assert_eq!(of("", "StatefulSet"), Some("statefulsets.apps"));
        assert_eq!(of("batch", "Job"), Some("jobs.batch"));
        assert_eq!(of("apps", "DaemonSet"), None);
        assert_eq!(of("argoproj.io", "Rollout"), None);
        assert_eq!(of("example.com", "Deployment"), None);
    }

    #[test]
    fn what_is_no_name_never_becomes_part_of_a_path() {
        for text in ["web", "web-1.2", "0"] {
            assert!(is_a_name(text), "{text}");
        }
        for text in ["", "..", "../secrets/x", "a/b", "a?b", "A", "-a", "a b"] {
            assert!(!is_a_name(text), "{text:?}");
        }
    }
}
