//! Kubernetes manifests as people write them, turned into the pods that they would have.
//!
//! Pods go through the same conversion as those of a cluster, after the API server's defaults have
//! been filled in (`admission`). Objects that have no pods and change none are left out with a
//! note.

mod added_room;
mod adding;
mod admission;
mod autoscalers;
mod buffer_files;
mod buffers;
mod custom;
mod device_files;
mod devices;
mod error;
mod gangs;
mod job_set;
mod jobs;
mod left_out;
pub(crate) mod node;
mod notes;
mod object;
mod pods;
mod priorities;
mod replica_counts;
mod replicas;
mod requests;
mod room;
mod source;
mod templates;
#[cfg(test)]
mod tests;
mod twice;
pub(crate) mod typed;
mod workload;

use std::collections::BTreeMap;
use std::path::PathBuf;

use k8s_openapi::Metadata;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::template_pod::Admission;
use crate::kubernetes::reading::resource_claims::read_resource_claim;
use crate::kubernetes::reading::runtime_classes::{RuntimeClasses, template_with_class};
use crate::kubernetes::reading::storage::{read_claim, read_storage_class, read_volume};
use crate::kubernetes::reading::workloads::{read_daemon_set, read_namespace};
use crate::snapshot::{
    Claim, DaemonSet, DeviceClass, DeviceNeeds, GangRules, Namespace, ObjectName, Pod, PodSpec, ResourceClaim, SpecId,
    StorageClass, Volume,
};
pub(super) use admission::complete;
use autoscalers::Autoscaler;
use devices::DeviceObject;
use error::ObjectProblem;
use gangs::ManifestGangs;
use left_out::LeftOut;
use object::{ManifestObject, Read};
pub(super) use pods::TemplateLabels;
use pods::{Making, Of};
pub(super) use priorities::Priorities;
use room::{RoomFound, RoomObjects};
use source::Found;

pub use adding::add_to;
pub use buffer_files::{BufferFiles, add_buffers, read_buffers};
pub use device_files::{DeviceFiles, add_devices, read_device_files};
pub use error::{ManifestError, SourcePlace};
pub use replica_counts::{ReplicaCount, ReplicaCountError, ReplicasError};
pub use workload::{Part, Workload, WorkloadKind};

/// The namespace of an object that names none.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// The content of some manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifests {
    /// The objects that have pods, in the order of the files.
    pub workloads: Vec<Workload>,
    /// Every distinct specification, by the id that the patterns and DaemonSets here name.
    pub pod_specs: BTreeMap<SpecId, PodSpec>,
    /// DaemonSets.
    pub daemon_sets: Vec<DaemonSet>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// PersistentVolumeClaims, not bound.
    pub claims: Vec<Claim>,
    /// StorageClasses.
    pub storage_classes: Vec<StorageClass>,
    /// PersistentVolumes.
    pub volumes: Vec<Volume>,
    /// ResourceClaims, not allocated.
    pub resource_claims: Vec<ResourceClaim>,
    /// What claims request that are made from ResourceClaimTemplates, by namespace and name.
    pub claim_templates: BTreeMap<ObjectName, DeviceNeeds>,
    /// DeviceClasses.
    pub device_classes: Vec<DeviceClass>,
    /// The objects that state which pods start together.
    gangs: ManifestGangs,
    /// The objects by which people ask for room.
    room: RoomFound,
    /// The notes about them, a line each.
    pub notes: Vec<String>,
}

impl Manifests {
    /// Whether their pods may need devices that claims name or a class serves.
    #[must_use]
    pub fn may_need_devices(&self) -> bool {
        let mut parts = self.workloads.iter().flat_map(|workload| &workload.parts);
        !self.device_classes.is_empty() || parts.any(|part| !part.pattern.resource_claims.is_empty())
    }
}

/// Reads files, directories (the manifests directly in them) and, as `-`, standard input. The rules
/// decide which pods count as gangs.
///
/// # Errors
/// With the first that is wrong, where it is and the way out.
pub fn read(paths: &[PathBuf], rules: &GangRules) -> Result<Manifests, ManifestError> {
    from_objects(source::read_all(paths)?, rules)
}

/// Reads a text; its name is for messages.
///
/// # Errors
/// As [`read`].
pub fn read_text(name: &str, text: &str) -> Result<Manifests, ManifestError> {
    read_text_under(name, text, &GangRules::default())
}

fn read_text_under(name: &str, text: &str, rules: &GangRules) -> Result<Manifests, ManifestError> {
    from_objects(source::objects_in(name, text)?, rules)
}

/// Reads one object that is part of another document.
pub(crate) fn from_node(file: &str, node: node::YamlNode) -> Result<Manifests, ManifestError> {
    from_objects(source::objects_in_node(file, node)?, &GangRules::default())
}

/// How long the pods of a template run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// They are a Job's.
    ToItsEnd,
    /// They are a ReplicaSet's.
    On,
}

/// Returns what the pods of a template look like, with their specification and the notes about
/// them.
pub(crate) fn pattern(
    object: &str,
    runs: Runs,
    namespace: &str,
    name: &str,
    mut template: PodTemplateSpec,
) -> Result<(Pod, PodSpec, Vec<String>), ObjectProblem> {
    let (version, kind, restart) = match runs {
        Runs::ToItsEnd => ("batch/v1", "Job", "Never"),
        Runs::On => ("apps/v1", "ReplicaSet", "Always"),
    };
    if let Some(spec) = &mut template.spec {
        spec.restart_policy.get_or_insert_with(|| restart.to_owned());
    }
    let mut making = Making::new(std::iter::empty(), std::iter::empty(), &GangRules::default());
    let (pod, _) = making.pattern(
        &Of {
            object: object.to_owned(),
            namespace: namespace.to_owned(),
            pods: name.to_owned(),
            owner: Some(pods::owner(version, kind, name)),
            labels: TemplateLabels::new(),
        },
        &template,
    )?;
    let (mut specs, notes) = making.finish();
    let spec = specs.remove(&pod.spec).expect("the table has what it gave an id");
    Ok((pod, spec, notes))
}

fn from_objects(found: Vec<Found>, rules: &GangRules) -> Result<Manifests, ManifestError> {
    let mut gangs = ManifestGangs::under(rules);
    let mut room = RoomObjects::default();
    let mut objects = Vec::new();
    for found in found {
        if !room.take(&found)? && !gangs.take(&found)? {
            objects.push(object::read(found)?);
        }
    }
    check_names(&objects)?;
    let priority_classes = objects.iter().filter_map(|read| match &read.object {
        ManifestObject::PriorityClass(class) => Some(&**class),
        _ => None,
    });
    let runtime_classes = objects.iter().filter_map(|read| match &read.object {
        ManifestObject::RuntimeClass(class) => Some(&**class),
        _ => None,
    });
    let classes: Vec<PriorityClass> = priority_classes.clone().cloned().collect();
    let mut admission = Admission::new(&classes, RuntimeClasses::new(runtime_classes.clone()));
    let mut making = Making::new(priority_classes, runtime_classes, rules);
    let room = room.read(&mut admission, &mut making.specs)?;
    admission.notes().chain(room.notes.iter().cloned()).for_each(|note| making.notes.add(note));
    room.unused_templates.iter().for_each(|template| making.notes.leave_out(&LeftOut::Template, template));
    let mut reading = ManifestReader {
        making,
        manifests: Manifests { gangs, room, ..Manifests::default() },
        autoscalers: Vec::new(),
        devices: Vec::new(),
        made_up: BTreeMap::new(),
    };
    for read in objects {
        reading.take(read)?;
    }
    Ok(reading.finish())
}

/// Refuses two objects of one kind with the same name, and objects without a name or a prefix of
/// one.
fn check_names(objects: &[Read]) -> Result<(), ManifestError> {
    let mut seen: BTreeMap<(&str, &str, &str, &str), &SourcePlace> = BTreeMap::new();
    for read in objects {
        let Some(metadata) = read.object.metadata() else { continue };
        let is_there = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
        if !is_there(&metadata.name) {
            if is_there(&metadata.generate_name) {
                continue;
            }
            return Err(wrong(read, ObjectProblem::NoName));
        }
        let namespace = if read.object.is_of_the_cluster() { "" } else { namespace_of(metadata.namespace.as_deref()) };
        let key = (read.object.group(), read.object.kind(), namespace, metadata.name.as_deref().unwrap_or_default());
        if let Some(first) = seen.insert(key, &read.place) {
            let (place, object) = (read.place.clone(), read.described.clone());
            return Err(ManifestError::Twice { place, object, first: first.clone() });
        }
    }
    Ok(())
}

fn namespace_of(written: Option<&str>) -> &str {
    written.filter(|namespace| !namespace.is_empty()).unwrap_or(DEFAULT_NAMESPACE)
}

/// Returns an object with its namespace.
fn in_its_namespace<T: Clone + Metadata<Ty = ObjectMeta>>(object: &T) -> T {
    let mut object = object.clone();
    object.metadata_mut().namespace.get_or_insert_with(|| DEFAULT_NAMESPACE.to_owned());
    object
}

fn wrong(read: &Read, problem: ObjectProblem) -> ManifestError {
    ManifestError::Object { place: read.place.clone(), object: read.described.clone(), problem }
}

struct ManifestReader {
    making: Making,
    manifests: Manifests,
    autoscalers: Vec<Autoscaler>,
    devices: Vec<DeviceObject>,
    /// How many names have been made up for each prefix.
    made_up: BTreeMap<(String, String), u32>,
}

impl ManifestReader {
    fn take(&mut self, mut read: Read) -> Result<(), ManifestError> {
        self.making.notes.unknown_fields(&read.place, std::mem::take(&mut read.unknown));
        self.making.notes.twice(&read.place, std::mem::take(&mut read.twice));
        match self.beside(&read) {
            Ok(true) => Ok(()),
            Ok(false) => self.workload(&read),
            Err(problem) => Err(wrong(&read, problem)),
        }
    }

    /// Takes an object that changes how pods are seen; returns whether it is one.
    fn beside(&mut self, read: &Read) -> Result<bool, ObjectProblem> {
        match &read.object {
            ManifestObject::Namespace(namespace) => {
                self.manifests.namespaces.push(read_namespace(namespace).map_err(|error| error.problem)?);
            }
            ManifestObject::Claim(claim) => {
                let mut claim = in_its_namespace(&**claim);
                claim.status = None;
                self.manifests.claims.push(read_claim(&claim).map_err(|error| error.problem)?);
            }
            ManifestObject::DaemonSet(set) => {
                let mut set = in_its_namespace(&**set);
                if let Some(spec) = template_with_class(&mut set) {
                    self.making.runtime_classes.fill_in(spec);
                }
                let set = read_daemon_set(&set, &mut self.making.specs).map_err(|error| error.problem)?;
                let templates = set.resource_claims.iter().filter_map(|entry| entry.template.clone());
                self.making.claim_templates.extend(templates.map(|name| (set.namespace.clone(), name)));
                self.manifests.daemon_sets.push(set);
            }
            ManifestObject::StorageClass(class) => {
                self.manifests.storage_classes.push(read_storage_class(class).map_err(|error| error.problem)?);
            }
            ManifestObject::Volume(volume) => {
                self.manifests.volumes.push(read_volume(volume).map_err(|error| error.problem)?);
            }
            ManifestObject::ResourceClaim(claim) => {
                let mut claim = in_its_namespace(&**claim);
                claim.status = None;
                let read = read_resource_claim(&claim).map_err(|error| error.problem)?;
                // Of older versions only what is written alike in every one was read.
                let needs = read.needs.filter(|_| claim.spec.is_some());
                self.manifests.resource_claims.push(ResourceClaim { needs, ..read });
            }
            ManifestObject::Autoscaler(autoscaler) => self.autoscalers.push((**autoscaler).clone()),
            ManifestObject::PriorityClass(_) | ManifestObject::RuntimeClass(_) => {}
            ManifestObject::Device(object) => {
                self.manifests.device_classes.extend(object.class().cloned());
                self.manifests.claim_templates.extend(object.template());
                self.devices.push((**object).clone());
            }
            ManifestObject::LeftOut(why) => self.making.notes.leave_out(why, &read.described),
            ManifestObject::Pod(_)
            | ManifestObject::Job(_)
            | ManifestObject::CronJob(_)
            | ManifestObject::Deployment(_)
            | ManifestObject::ReplicaSet(_)
            | ManifestObject::ReplicationController(_)
            | ManifestObject::StatefulSet(_)
            | ManifestObject::JobSet(_)
            | ManifestObject::Custom(_) => return Ok(false),
        }
        Ok(true)
    }

    fn workload(&mut self, read: &Read) -> Result<(), ManifestError> {
        let Some(metadata) = read.object.metadata() else { return Ok(()) };
        let namespace = namespace_of(metadata.namespace.as_deref()).to_owned();
        let given = metadata.name.clone().filter(|name| !name.is_empty());
        let is_new = given.is_none();
        let name = given.unwrap_or_else(|| self.make_up(&namespace, metadata.generate_name.as_deref().unwrap_or_default()));
        let (making, object) = (&mut self.making, read.described.as_str());
        let (kind, parts) = match &read.object {
            ManifestObject::Pod(pod) => (WorkloadKind::Pod, replicas::single_pod(making, object, &namespace, &name, pod)),
            ManifestObject::Job(job) => (WorkloadKind::Job, jobs::job_pods(making, object, &namespace, &name, job)),
            ManifestObject::CronJob(job) => {
                (WorkloadKind::CronJob, jobs::cron_job_pods(making, object, &namespace, &name, job))
            }
            ManifestObject::JobSet(set) => (WorkloadKind::JobSet, jobs::job_set_pods(making, object, &namespace, &name, set)),
            ManifestObject::Deployment(deployment) => {
                (WorkloadKind::Deployment, replicas::deployment_pods(making, object, &namespace, &name, deployment))
            }
            ManifestObject::ReplicaSet(set) => {
                (WorkloadKind::ReplicaSet, replicas::replica_set_pods(making, object, &namespace, &name, set))
            }
            ManifestObject::ReplicationController(controller) => (
                WorkloadKind::ReplicationController,
                replicas::replication_controller_pods(making, object, &namespace, &name, controller),
            ),
            ManifestObject::StatefulSet(set) => {
                (WorkloadKind::StatefulSet, replicas::stateful_set_pods(making, object, &namespace, &name, set))
            }
            ManifestObject::Custom(custom) => {
                let kind = WorkloadKind::Custom { kind: custom.kind.clone(), ends: custom.ends };
                (kind, custom::pods(making, object, &read.place, &namespace, &name, custom))
            }
            ManifestObject::DaemonSet(_)
            | ManifestObject::Claim(_)
            | ManifestObject::PriorityClass(_)
            | ManifestObject::Namespace(_)
            | ManifestObject::Autoscaler(_)
            | ManifestObject::RuntimeClass(_)
            | ManifestObject::StorageClass(_)
            | ManifestObject::Volume(_)
            | ManifestObject::ResourceClaim(_)
            | ManifestObject::Device(_)
            | ManifestObject::LeftOut(_) => return Ok(()),
        };
        let parts = parts.map_err(|problem| wrong(read, problem))?;
        let namespace = self.making.specs.name(&namespace);
        let workload = Workload { kind, namespace, name, place: read.place.clone(), is_new, parts };
        workload.check_size()?;
        self.manifests.workloads.push(workload);
        Ok(())
    }

    /// Makes up a name with that prefix.
    fn make_up(&mut self, namespace: &str, begin: &str) -> String {
        let number = self.made_up.entry((namespace.to_owned(), begin.to_owned())).or_insert(0);
        let name = format!("{begin}{number}");
        *number += 1;
        name
    }

    fn finish(mut self) -> Manifests {
        for autoscaler in &self.autoscalers {
            let note = autoscalers::scale(&mut self.manifests.workloads, autoscaler);
            self.making.notes.add(note);
        }
        let claim_templates = std::mem::take(&mut self.making.claim_templates);
        let (pod_specs, mut notes) = self.making.finish();
        notes.extend(devices::notes(&self.devices, &claim_templates, &pod_specs));
        Manifests { pod_specs, notes, ..self.manifests }
    }
}
