//! From a template to the pods that are made from it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::node::v1::RuntimeClass;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use k8s_openapi::jiff::Timestamp;

use super::admission;
use super::error::ObjectProblem;
use super::notes::ManifestNotes;
use super::priorities::Priorities;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::gangs::{GangHint, hints_of};
use crate::kubernetes::reading::pods::read_pod;
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::snapshot::{GangRules, Pod, PodSpec, SpecId};

/// What is known while objects become pods.
pub(super) struct Making {
    pub(super) specs: SpecTable,
    pub(super) priorities: Priorities,
    pub(super) runtime_classes: RuntimeClasses,
    /// Namespace and name of the ResourceClaimTemplates that pods refer to.
    pub(super) claim_templates: Vec<(String, String)>,
    pub(super) notes: ManifestNotes,
    gang_rules: GangRules,
}

/// The labels of a template, as its object has them.
pub(in crate::gather) type TemplateLabels = BTreeMap<String, String>;

/// The object that the pods belong to.
#[derive(Debug, Clone)]
pub(super) struct Of {
    /// Kind and name of the object as it is written, for messages.
    pub(super) object: String,
    pub(super) namespace: String,
    /// The prefix of the names of the pods.
    pub(super) pods: String,
    /// The owner that replaces them.
    pub(super) owner: Option<OwnerReference>,
    /// The labels that the controller adds.
    pub(super) labels: TemplateLabels,
}

impl Making {
    /// Begins with the classes that are known.
    pub(super) fn new<'c>(
        priority_classes: impl Iterator<Item = &'c PriorityClass>,
        runtime_classes: impl Iterator<Item = &'c RuntimeClass>,
        gang_rules: &GangRules,
    ) -> Self {
        Self {
            specs: SpecTable::default(),
            priorities: Priorities::new(priority_classes),
            runtime_classes: RuntimeClasses::new(runtime_classes),
            claim_templates: Vec::new(),
            notes: ManifestNotes::default(),
            gang_rules: gang_rules.clone(),
        }
    }

    /// Returns every specification, and the notes.
    pub(super) fn finish(mut self) -> (BTreeMap<SpecId, PodSpec>, Vec<String>) {
        self.priorities.notes().for_each(|line| self.notes.add(line));
        (self.specs.into_map(), self.notes.into_lines())
    }

    /// Returns what the pods of a template look like, and what may make them members of gangs.
    pub(super) fn pattern(&mut self, of: &Of, template: &core::PodTemplateSpec) -> Result<(Pod, Vec<GangHint>), ObjectProblem> {
        let mut spec = template.spec.clone().unwrap_or_default();
        check_containers(&spec)?;
        let metadata = template.metadata.as_ref();
        let mut labels = metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
        labels.extend(of.labels.clone());
        let claims = spec.resource_claims.iter().flatten().filter_map(|claim| claim.resource_claim_template_name.clone());
        self.claim_templates.extend(claims.map(|name| (of.namespace.clone(), name)));
        self.priorities.fill_in(&mut spec, &of.object);
        admission::complete(&mut spec, &labels);
        if let Some(unknown) = self.runtime_classes.fill_in(&mut spec) {
            self.notes.add(format!(
                "what RuntimeClass {unknown} adds to the pods of {} is not known here; add its manifest to -f",
                of.object
            ));
        }
        let pod = core::Pod {
            metadata: ObjectMeta {
                name: Some(of.pods.clone()),
                namespace: Some(of.namespace.clone()),
                uid: Some(String::new()),
                creation_timestamp: Some(Time(Timestamp::UNIX_EPOCH)),
                annotations: metadata.and_then(|metadata| metadata.annotations.clone()),
                owner_references: of.owner.clone().map(|owner| vec![owner]),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
            status: None,
        };
        let hints = hints_of(&pod, &self.gang_rules, &mut self.specs);
        Ok((read_pod(&pod, &mut self.specs).map_err(|error| error.problem)?, hints))
    }
}

fn check_containers(spec: &core::PodSpec) -> Result<(), ObjectProblem> {
    if spec.containers.is_empty() {
        return Err(ObjectProblem::NoContainers);
    }
    let all = spec.init_containers.iter().flatten().chain(&spec.containers);
    match all.into_iter().position(|container| container.name.is_empty()) {
        Some(position) => Err(ObjectProblem::NamelessContainer(position + 1)),
        None => Ok(()),
    }
}

/// Returns the owner reference to the controller of that kind and name.
pub(super) fn owner(api_version: &str, kind: &str, name: &str) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: format!("manifest-{kind}-{name}"),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

/// Returns labels of these keys and values.
pub(super) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> TemplateLabels {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
}
