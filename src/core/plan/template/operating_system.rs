//! The operating system of a new node.

use crate::plan::fleet::Fleet;
use crate::plan::report::FactSource;
use crate::snapshot::{LaunchOption, OperatingSystem};

/// Returns the operating system of a machine that this option launches, as the image has it, or as
/// a node that runs the image elsewhere shows it. Where neither is known it is Linux, as long as
/// nothing in the cluster is about Windows, and otherwise not certain.
pub(super) fn of_new_node(fleet: &Fleet<'_>, option: &LaunchOption) -> Option<(OperatingSystem, FactSource)> {
    let shown = || fleet.system_of_image(option.image.as_deref()?);
    match option.details.operating_system.or_else(shown) {
        Some(system) => Some((system, FactSource::Image)),
        None if fleet.has_windows() => None,
        None => Some((OperatingSystem::Linux, FactSource::WellKnown)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::{DaemonSet, Labels, SpecId};
    use crate::well_known::labels::OPERATING_SYSTEMS;

    fn shown(sample: &SampleGroup) -> Option<(String, FactSource)> {
        let variant = sample.template().expect("a template").variants.remove(0);
        let [new, old] =
            OPERATING_SYSTEMS.map(|key| Some((variant.labels.get(key)?.to_string(), variant.label_sources[key].clone())));
        assert_eq!(new, old);
        new
    }

    fn of_the_image(system: &str) -> (String, FactSource) {
        (system.to_owned(), FactSource::Image)
    }

    /// Adds a specification that selects Windows nodes.
    fn select_windows(sample: &mut SampleGroup) -> SpecId {
        let id = SpecId(7);
        let spec = json!({
            "scheduler_name": "default-scheduler", "restart_policy": "never", "containers": [],
            "node_selector": { "kubernetes.io/os": "windows" }
        });
        sample.snapshot.pod_specs.insert(id, serde_json::from_value(spec).expect("a specification"));
        id
    }

    #[test]
    fn the_image_decides_and_then_a_node_that_runs_it() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.add_group("other", &["m5.xlarge"]);
        let elsewhere = sample.node_of(1, "elsewhere", "m5.xlarge", "us-west-2a");
        elsewhere.labels.insert("kubernetes.io/os".into(), "windows".into());
        assert_eq!(shown(&sample), Some(of_the_image("windows")));
        sample.group().launch_options[0].details.operating_system = Some(OperatingSystem::Linux);
        assert_eq!(shown(&sample), Some(of_the_image("linux")));
        sample.group().launch_options[0].details.operating_system = None;
        sample.group().launch_options[0].image = Some("ami-other".into());
        assert_eq!(shown(&sample), None, "Windows is in use");
    }

    #[test]
    fn an_unknown_image_is_linux_only_where_nothing_is_about_windows() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        let assumed = Some(("linux".to_owned(), FactSource::WellKnown));
        assert_eq!(shown(&sample), assumed);
        let spec = select_windows(&mut sample);
        assert_eq!(shown(&sample), None);
        sample.snapshot.daemon_sets.push(DaemonSet {
            namespace: "kube-system".into(),
            name: "agent".into(),
            spec,
            labels: Labels::new(),
            resource_claims: Vec::new(),
        });
        assert_eq!(shown(&sample), assumed, "a DaemonSet for Windows nodes is in many clusters without any");
    }
}
