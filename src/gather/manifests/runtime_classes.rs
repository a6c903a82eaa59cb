//! What RuntimeClasses add to their pods, as the admission plugin of that name does
//! (`plugin/pkg/admission/runtimeclass`).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::api::node::v1::RuntimeClass;

/// The classes that the manifests hold.
#[derive(Debug)]
pub(super) struct RuntimeClasses(BTreeMap<String, RuntimeClass>);

impl RuntimeClasses {
    pub(super) fn new<'c>(classes: impl Iterator<Item = &'c RuntimeClass>) -> Self {
        Self(classes.filter_map(|class| Some((class.metadata.name.clone()?, class.clone()))).collect())
    }

    /// Adds what the class of a pod adds. Returns the name of a class that is not known, unless the
    /// pod states its overhead itself: then it was read from a cluster.
    pub(super) fn fill_in(&self, spec: &mut PodSpec) -> Option<String> {
        let name = spec.runtime_class_name.clone()?;
        let Some(class) = self.0.get(&name) else {
            return spec.overhead.is_none().then_some(name);
        };
        if spec.overhead.is_none() {
            spec.overhead = class.overhead.as_ref().and_then(|overhead| overhead.pod_fixed.clone());
        }
        if let Some(scheduling) = &class.scheduling {
            let selector = scheduling.node_selector.iter().flatten();
            spec.node_selector.get_or_insert_default().extend(selector.map(|(key, value)| (key.clone(), value.clone())));
            spec.tolerations.get_or_insert_default().extend(scheduling.tolerations.iter().flatten().cloned());
        }
        None
    }
}
