//! Classes and templates of claims of devices (dynamic resource allocation), which stand beside the
//! pods that claim them. Which nodes have such devices is not modelled.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;

use super::namespace_of;
use crate::snapshot::{PodSpec, SpecId};

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
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceObjectSpec {
    extended_resource_name: Option<String>,
}

impl DeviceObject {
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

    /// Returns the note about a class that serves a resource which pods request. A claim by name
    /// needs none, since the plan says so of its pods.
    fn served<'s>(&self, specs: impl Iterator<Item = &'s PodSpec>) -> Option<String> {
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
