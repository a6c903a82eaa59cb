//! Classes and templates of claims of devices (dynamic resource allocation), which stand beside the
//! pods that claim them.

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1 as resource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::namespace_of;
use super::node::YamlNode;
use super::typed::{self, Misread, UnknownField};
use crate::kubernetes::reading::device_needs::read_device_needs;
use crate::kubernetes::reading::resource_slices::read_device_class;
use crate::snapshot::{DeviceClass, DeviceNeeds, ObjectName, PodSpec, SpecId};

/// The version whose fields are known; of older ones only names are read.
pub(super) const API_VERSION: &str = "resource.k8s.io/v1";

/// Begins the resource by which every class can be requested (`k8s.io/api/resource/v1`,
/// `ResourceDeviceClassPrefix`).
const CLASS_PREFIX: &str = "deviceclass.resource.kubernetes.io/";

/// A class, or a template of claims, as far as it is written alike in every version.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct DeviceObject {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    spec: DeviceObjectSpec,
    /// What it states, where its version is known.
    #[serde(skip)]
    content: DeviceContent,
}

/// What a class or a template states.
#[derive(Debug, Clone, Default)]
enum DeviceContent {
    /// It is of an older version.
    #[default]
    Unread,
    Class(DeviceClass),
    /// What claims of a template request.
    Template(DeviceNeeds),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceObjectSpec {
    extended_resource_name: Option<String>,
}

/// Reads a class or a template.
pub(super) fn read(node: &YamlNode, version: &str) -> Result<(DeviceObject, Vec<UnknownField>), Misread> {
    let (mut object, _) = typed::read::<DeviceObject>(node)?;
    if version != API_VERSION {
        return Ok((object, Vec::new()));
    }
    if object.is_class() {
        let (class, unknown) = typed::read::<resource::DeviceClass>(node)?;
        // One without a name is refused with all other objects that have none.
        object.content = read_device_class(&class).map_or(DeviceContent::Unread, DeviceContent::Class);
        return Ok((object, unknown));
    }
    let (template, unknown) = typed::read::<resource::ResourceClaimTemplate>(node)?;
    let claim = template.spec.as_ref().and_then(|spec| spec.spec.as_ref());
    let needs = claim.and_then(|claim| claim.devices.as_ref()).map(read_device_needs).transpose();
    let needs = needs.map_err(|problem| Misread::new(node.line, problem.to_string()))?;
    object.content = DeviceContent::Template(needs.unwrap_or_default());
    Ok((object, unknown))
}

impl DeviceObject {
    /// Returns the class, if it is one that is understood.
    pub(super) fn class(&self) -> Option<&DeviceClass> {
        if let DeviceContent::Class(class) = &self.content { Some(class) } else { None }
    }

    /// Returns the name of the template and what its claims request, if it is one that is
    /// understood.
    pub(super) fn template(&self) -> Option<(ObjectName, DeviceNeeds)> {
        let DeviceContent::Template(needs) = &self.content else { return None };
        let namespace = namespace_of(self.metadata.namespace.as_deref()).to_owned();
        Some((ObjectName::new(namespace, self.name().to_owned()), needs.clone()))
    }

    /// Whether it is a class, which has no namespace.
    pub(super) fn is_class(&self) -> bool {
        self.kind == "DeviceClass"
    }

    fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    fn described(&self) -> String {
        format!("{} {}", self.kind, self.name())
    }

    /// Returns the note about a class of an older version that serves a resource which pods
    /// request. A claim by name needs none, since the plan says so of its pods.
    fn served<'s>(&self, specs: impl Iterator<Item = &'s PodSpec>) -> Option<String> {
        if self.class().is_some() {
            return None;
        }
        let by_class = format!("{CLASS_PREFIX}{}", self.name());
        let resources: Vec<&str> = self.spec.extended_resource_name.as_deref().into_iter().chain([by_class.as_str()]).collect();
        let requested = specs
            .flat_map(|spec| &spec.containers)
            .find_map(|container| resources.iter().find(|resource| container.requests.get(resource) > 0))?;
        Some(format!(
            "{} serves {requested}, which is not modelled: only what nodes list as allocatable counts here",
            self.described()
        ))
    }
}

/// Returns the notes about classes and templates: those that no pod of the files uses, and those
/// that serve a resource as a device plugin would.
pub(super) fn notes(
    objects: &[DeviceObject],
    used_templates: &[(String, String)],
    specs: &BTreeMap<SpecId, PodSpec>,
) -> Vec<String> {
    let note = |object: &DeviceObject| {
        if object.is_class() {
            return object.served(specs.values());
        }
        let namespace = namespace_of(object.metadata.namespace.as_deref());
        let is_used = used_templates.iter().any(|(of, name)| of == namespace && name == object.name());
        (!is_used).then(|| format!("{} makes no claim here, since no pod of the files refers to it", object.described()))
    };
    objects.iter().filter_map(note).collect()
}
