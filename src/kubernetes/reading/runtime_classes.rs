//! What RuntimeClasses add to their pods, as the admission plugin of that name does
//! (`plugin/pkg/admission/runtimeclass`). A template does not hold it yet.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::api::node::v1::RuntimeClass;

/// RuntimeClasses by name.
#[derive(Debug, Default)]
pub(crate) struct RuntimeClasses(BTreeMap<String, RuntimeClass>);

impl RuntimeClasses {
    pub(crate) fn new<'c>(classes: impl Iterator<Item = &'c RuntimeClass>) -> Self {
        let mut known = Self::default();
        classes.for_each(|class| known.add(class));
        known
    }

    pub(crate) fn add(&mut self, class: &RuntimeClass) {
        if let Some(name) = class.metadata.name.clone() {
            self.0.insert(name, class.clone());
        }
    }

    /// Adds what the class of a pod adds. Returns the name of a class that is not known, unless the
    /// pod states its overhead itself: then it was read from a cluster.
    pub(crate) fn fill_in(&self, spec: &mut PodSpec) -> Option<String> {
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

/// Whether the pods of a DaemonSet are of a RuntimeClass.
pub(crate) fn names_class(set: &DaemonSet) -> bool {
    set.spec.template.spec.as_ref().is_some_and(|spec| spec.runtime_class_name.is_some())
}

/// Returns the specification in a DaemonSet's template, if its pods are of a RuntimeClass.
pub(crate) fn template_with_class(set: &mut DaemonSet) -> Option<&mut PodSpec> {
    set.spec.template.spec.as_mut().filter(|spec| spec.runtime_class_name.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn filled_in(class: Value) -> PodSpec {
        let class: RuntimeClass = serde_json::from_value(class).expect("a class");
        let mut set: DaemonSet = serde_json::from_value(json!({ "metadata": { "name": "agent" }, "spec": { "selector": {},
            "template": { "spec": { "runtimeClassName": "gvisor", "nodeSelector": { "disk": "ssd" }, "containers": [] } } } }))
        .expect("a DaemonSet");
        let spec = template_with_class(&mut set).expect("a class is named");
        RuntimeClasses::new([&class].into_iter()).fill_in(spec);
        spec.clone()
    }

    #[test]
    fn a_template_gets_overhead_selector_and_tolerations_of_its_class() {
        let spec = filled_in(json!({ "metadata": { "name": "gvisor" }, "handler": "runsc",
            "overhead": { "podFixed": { "cpu": "250m" } },
            "scheduling": { "nodeSelector": { "sandbox": "yes" }, "tolerations": [{ "key": "sandbox", "operator": "Exists" }] } }));
        assert_eq!(spec.overhead.map(|overhead| overhead["cpu"].0.clone()).as_deref(), Some("250m"));
        assert_eq!((spec.node_selector.map(|all| all.len()), spec.tolerations.map(|all| all.len())), (Some(2), Some(1)));
    }

    #[test]
    fn a_class_that_is_not_known_adds_nothing() {
        let spec =
            filled_in(json!({ "metadata": { "name": "kata" }, "handler": "kata", "overhead": { "podFixed": { "cpu": "1" } } }));
        assert_eq!((spec.overhead, spec.node_selector.map(|all| all.len())), (None, Some(1)));
    }
}
