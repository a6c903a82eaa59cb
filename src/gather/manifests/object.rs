//! The kinds of objects that matter here, each as Kubernetes' own type.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::node::v1 as node;
use k8s_openapi::api::resource::v1 as resource;
use k8s_openapi::api::scheduling::v1 as scheduling;
use k8s_openapi::api::storage::v1 as storage;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

use super::autoscalers::Autoscaler;
use super::custom::{self, CustomObject};
use super::devices::{self, DeviceObject};
use super::error::{ManifestError, ObjectProblem, SourcePlace};
use super::job_set::JobSet;
use super::left_out::{self, LeftOut};
use super::node::YamlNode;
use super::source::Found;
use super::typed::{self, UnknownField};

/// An object that matters here.
pub(super) enum ManifestObject {
    Pod(Box<core::Pod>),
    Job(Box<batch::Job>),
    CronJob(Box<batch::CronJob>),
    Deployment(Box<apps::Deployment>),
    ReplicaSet(Box<apps::ReplicaSet>),
    ReplicationController(Box<core::ReplicationController>),
    StatefulSet(Box<apps::StatefulSet>),
    JobSet(Box<JobSet>),
    DaemonSet(Box<apps::DaemonSet>),
    Claim(Box<core::PersistentVolumeClaim>),
    PriorityClass(Box<scheduling::PriorityClass>),
    Namespace(Box<core::Namespace>),
    Autoscaler(Box<Autoscaler>),
    RuntimeClass(Box<node::RuntimeClass>),
    StorageClass(Box<storage::StorageClass>),
    Volume(Box<core::PersistentVolume>),
    ResourceClaim(Box<resource::ResourceClaim>),
    /// A DeviceClass or a ResourceClaimTemplate.
    Device(Box<DeviceObject>),
    /// An object of a kind that Kubernetes itself does not have, with templates of pods.
    Custom(Box<CustomObject>),
    /// An object without pods that are known here.
    LeftOut(LeftOut),
}

/// An object with its description.
pub(super) struct Read {
    pub(super) place: SourcePlace,
    /// Kind and name, as they are written.
    pub(super) described: String,
    pub(super) object: ManifestObject,
    pub(super) unknown: Vec<UnknownField>,
    /// The keys that it has twice.
    pub(super) twice: Vec<UnknownField>,
}

/// Reads an object by its kind.
pub(super) fn read(found: Found) -> Result<Read, ManifestError> {
    let Found { place, node, twice } = found;
    let described = describe(&node);
    let text = |key: &str| node.get(key).and_then(YamlNode::text).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let object = match (group, kind) {
        ("", "Pod") => typed(&node, "v1", ManifestObject::Pod),
        ("batch", "Job") => typed(&node, "batch/v1", ManifestObject::Job),
        ("batch", "CronJob") => typed(&node, "batch/v1", ManifestObject::CronJob),
        ("apps" | "extensions", "Deployment") => typed(&node, "apps/v1", ManifestObject::Deployment),
        ("apps" | "extensions", "ReplicaSet") => typed(&node, "apps/v1", ManifestObject::ReplicaSet),
        ("", "ReplicationController") => typed(&node, "v1", ManifestObject::ReplicationController),
        ("apps", "StatefulSet") => typed(&node, "apps/v1", ManifestObject::StatefulSet),
        ("apps" | "extensions", "DaemonSet") => typed(&node, "apps/v1", ManifestObject::DaemonSet),
        ("jobset.x-k8s.io", "JobSet") => typed(&node, version, ManifestObject::JobSet),
        ("", "PersistentVolumeClaim") => typed(&node, "v1", ManifestObject::Claim),
        ("", "Namespace") => typed(&node, "v1", ManifestObject::Namespace),
        ("scheduling.k8s.io", "PriorityClass") => typed(&node, "scheduling.k8s.io/v1", ManifestObject::PriorityClass),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            typed::read(&node).map(|(object, _)| (ManifestObject::Autoscaler(Box::new(object)), Vec::new()))
        }
        ("node.k8s.io", "RuntimeClass") => typed(&node, "node.k8s.io/v1", ManifestObject::RuntimeClass),
        ("storage.k8s.io", "StorageClass") => typed(&node, "storage.k8s.io/v1", ManifestObject::StorageClass),
        ("", "PersistentVolume") => typed(&node, "v1", ManifestObject::Volume),
        ("resource.k8s.io", "ResourceClaim") if version == devices::API_VERSION => {
            typed(&node, devices::API_VERSION, ManifestObject::ResourceClaim)
        }
        ("resource.k8s.io", "ResourceClaim") => {
            // What it requests is written in another way in older versions.
            let metadata =
                node.get("metadata").map_or(Ok(ObjectMeta::default()), |node| typed::read(node).map(|(read, _)| read));
            let claim = |metadata| resource::ResourceClaim { metadata, ..resource::ResourceClaim::default() };
            metadata.map(|metadata| (ManifestObject::ResourceClaim(Box::new(claim(metadata))), Vec::new()))
        }
        ("resource.k8s.io", "ResourceClaimTemplate" | "DeviceClass") => {
            devices::read(&node, version).map(|(object, unknown)| (ManifestObject::Device(Box::new(object)), unknown))
        }
        _ => match left_out::by_kind(group, kind) {
            Some(why) => Ok((ManifestObject::LeftOut(why), Vec::new())),
            None => custom::read(group, kind, &node).map(|(object, unknown)| {
                let unknown_kind = || ManifestObject::LeftOut(LeftOut::Unknown { version: version.to_owned() });
                (object.map_or_else(unknown_kind, |object| ManifestObject::Custom(Box::new(object))), unknown)
            }),
        },
    };
    let (object, unknown) = object.map_err(|misread| ManifestError::Object {
        place: SourcePlace { file: place.file.clone(), line: misread.line },
        object: described.clone(),
        problem: ObjectProblem::Field(misread.text),
    })?;
    let unknown = if kind == "JobSet" { unknown.into_iter().filter(is_of_a_template).collect() } else { unknown };
    Ok(Read { place, described, object, unknown, twice })
}

/// Whether a field belongs to a template of pods. Only those fields of a JobSet are known here.
fn is_of_a_template(field: &UnknownField) -> bool {
    field.path.contains(".template.")
}

fn typed<T: DeserializeOwned>(
    node: &YamlNode,
    version: &str,
    of: impl Fn(Box<T>) -> ManifestObject,
) -> Result<(ManifestObject, Vec<UnknownField>), typed::Misread> {
    if let Some(written) = node.get("apiVersion").filter(|written| written.text() != Some(version)) {
        let found = written.value.described();
        return Err(typed::Misread::new(written.line, format!("apiVersion is {found}; write {version}")));
    }
    typed::read(node).map(|(object, unknown)| (of(Box::new(object)), unknown))
}

/// Returns kind and name of an object, as they are written.
pub(super) fn describe(node: &YamlNode) -> String {
    let text = |keys: &[&str]| node.at(keys).and_then(YamlNode::text).filter(|text| !text.is_empty());
    let kind = text(&["kind"]).unwrap_or_default();
    let name = text(&["metadata", "name"]).or_else(|| text(&["metadata", "generateName"]));
    match (text(&["metadata", "namespace"]), name) {
        (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (None, Some(name)) => format!("{kind} {name}"),
        (_, None) => format!("{kind} without a name"),
    }
}

impl ManifestObject {
    /// Returns its metadata; that of an object that is left out was not read.
    pub(super) fn metadata(&self) -> Option<&ObjectMeta> {
        Some(match self {
            Self::Pod(object) => &object.metadata,
            Self::Job(object) => &object.metadata,
            Self::CronJob(object) => &object.metadata,
            Self::Deployment(object) => &object.metadata,
            Self::ReplicaSet(object) => &object.metadata,
            Self::ReplicationController(object) => &object.metadata,
            Self::StatefulSet(object) => &object.metadata,
            Self::JobSet(object) => &object.metadata,
            Self::DaemonSet(object) => &object.metadata,
            Self::Claim(object) => &object.metadata,
            Self::PriorityClass(object) => &object.metadata,
            Self::Namespace(object) => &object.metadata,
            Self::Autoscaler(object) => &object.metadata,
            Self::RuntimeClass(object) => &object.metadata,
            Self::StorageClass(object) => &object.metadata,
            Self::Volume(object) => &object.metadata,
            Self::ResourceClaim(object) => &object.metadata,
            Self::Device(object) => &object.metadata,
            Self::Custom(object) => &object.metadata,
            Self::LeftOut(_) => return None,
        })
    }

    /// Returns its kind, where there cannot be two of one name.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Pod(_) => "Pod",
            Self::Job(_) => "Job",
            Self::CronJob(_) => "CronJob",
            Self::Deployment(_) => "Deployment",
            Self::ReplicaSet(_) => "ReplicaSet",
            Self::ReplicationController(_) => "ReplicationController",
            Self::StatefulSet(_) => "StatefulSet",
            Self::JobSet(_) => "JobSet",
            Self::DaemonSet(_) => "DaemonSet",
            Self::Claim(_) => "PersistentVolumeClaim",
            Self::PriorityClass(_) => "PriorityClass",
            Self::Namespace(_) => "Namespace",
            Self::Autoscaler(_) => "HorizontalPodAutoscaler",
            Self::RuntimeClass(_) => "RuntimeClass",
            Self::StorageClass(_) => "StorageClass",
            Self::Volume(_) => "PersistentVolume",
            Self::ResourceClaim(_) => "ResourceClaim",
            Self::Device(object) => &object.kind,
            Self::Custom(object) => &object.kind,
            Self::LeftOut(_) => "",
        }
    }

    /// Whether its name is unique in the whole cluster.
    pub(super) fn is_of_the_cluster(&self) -> bool {
        match self {
            Self::PriorityClass(_) | Self::Namespace(_) | Self::RuntimeClass(_) | Self::StorageClass(_) | Self::Volume(_) => {
                true
            }
            Self::Device(object) => object.is_class(),
            _ => false,
        }
    }

    /// Returns the group of a kind that Kubernetes itself does not have; two groups may have a kind
    /// of one name.
    pub(super) fn group(&self) -> &str {
        if let Self::Custom(object) = self { object.group() } else { "" }
    }
}
