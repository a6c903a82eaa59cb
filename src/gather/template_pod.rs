//! The pod that a PodTemplate of the cluster would make.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use super::manifests::{Priorities, complete};
use crate::kubernetes::ConversionProblem;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::pods::read_pod;
use crate::kubernetes::reading::runtime_classes::RuntimeClasses;
use crate::snapshot::{ObjectName, Pod, Scheduling};

/// What a template does not hold and the API server adds when it makes a pod of it.
pub(super) struct Admission {
    priorities: Priorities,
    runtime_classes: RuntimeClasses,
}

impl Admission {
    /// Returns what these classes add.
    pub(super) fn new(priority_classes: &[PriorityClass], runtime_classes: RuntimeClasses) -> Self {
        Self { priorities: Priorities::new(priority_classes.iter()), runtime_classes }
    }

    /// Returns the notes about assumptions.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        self.priorities.notes()
    }

    /// Returns the pod of a template as one for which there is no node, with the name and the age
    /// of the object that stands for it. Gates are open by the time that such pods exist.
    pub(super) fn pod_of(
        &mut self,
        template: &core::PodTemplateSpec,
        object: &ObjectName,
        created_at: jiff::Timestamp,
        specs: &mut SpecTable,
    ) -> Result<Pod, ConversionProblem> {
        let metadata = template.metadata.as_ref();
        let labels = metadata.and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
        let mut spec = template.spec.clone().unwrap_or_default();
        (spec.scheduling_gates, spec.node_name) = (None, None);
        self.priorities.fill_in(&mut spec, &object.to_string());
        complete(&mut spec, &labels);
        self.runtime_classes.fill_in(&mut spec);
        let pod = core::Pod {
            metadata: ObjectMeta {
                name: Some(object.name.to_string()),
                namespace: Some(object.namespace.to_string()),
                uid: Some(String::new()),
                creation_timestamp: Some(Time(created_at)),
                labels: Some(labels),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
            status: None,
        };
        let pod = read_pod(&pod, specs).map_err(|error| error.problem)?;
        Ok(Pod { scheduling: Scheduling::Unschedulable { since: created_at }, ..pod })
    }
}
