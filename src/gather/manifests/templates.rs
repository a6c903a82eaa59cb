//! PodTemplates of files, which CapacityBuffers and ProvisioningRequests beside them name.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;
use serde::de::DeserializeOwned;

use super::error::{ManifestError, ObjectProblem, SourcePlace};
use super::node::YamlNode;
use super::{namespace_of, typed};
use crate::snapshot::ObjectName;

/// The PodTemplates of some files.
#[derive(Debug, Default)]
pub(super) struct Templates(Vec<(ObjectName, String, core::PodTemplate)>);

impl Templates {
    /// Adds one, with the words in which it is written.
    pub(super) fn add(&mut self, described: String, template: core::PodTemplate) {
        let name = template.metadata.name.clone().unwrap_or_default();
        let namespace = namespace_of(template.metadata.namespace.as_deref()).to_owned();
        self.0.push((ObjectName::new(namespace, name), described, template));
    }

    /// Returns what the pods of one are like.
    ///
    /// # Errors
    /// When it is not there or has no containers, with the way out.
    pub(super) fn find(&self, namespace: &str, name: &str) -> Result<&core::PodTemplateSpec, String> {
        let mut named = self.0.iter().rev().filter(|(known, ..)| known.namespace == *namespace && known.name == *name);
        let template = named.next().and_then(|(.., template)| template.template.as_ref());
        let Some(template) = template else {
            return Err(format!("names PodTemplate {name}, which is not in the files; write it beside this object"));
        };
        match template.spec.as_ref().is_some_and(|spec| !spec.containers.is_empty()) {
            true => Ok(template),
            false => Err(format!("names PodTemplate {name}, which has no containers; write template.spec.containers")),
        }
    }

    /// Returns those that nothing names, as they are written.
    pub(super) fn without(&self, named: &BTreeSet<ObjectName>) -> impl Iterator<Item = &String> {
        self.0.iter().filter(|(name, ..)| !named.contains(name)).map(|(_, described, _)| described)
    }
}

/// Reads an object, and refuses fields that it does not have: a slip of the pen would change what
/// it means.
pub(super) fn typed_object<T: DeserializeOwned>(place: &SourcePlace, kind: &str, node: &YamlNode) -> Result<T, ManifestError> {
    let at = |line: u64| SourcePlace { file: place.file.clone(), line };
    let (object, unknown) = typed::read::<T>(node).map_err(|misread| wrong(at(misread.line), kind, &misread.text))?;
    match unknown.into_iter().find(|field| !["apiVersion", "kind", "status"].contains(&field.path.as_str())) {
        None => Ok(object),
        Some(field) => Err(wrong(at(field.line), kind, &format!("has no field {}; leave it out", field.path))),
    }
}

/// Returns the error about an object.
pub(super) fn wrong(place: SourcePlace, object: &str, problem: &str) -> ManifestError {
    ManifestError::Object { place, object: object.to_owned(), problem: ObjectProblem::Field(problem.to_owned()) }
}
