//! Whether the pods of a node keep it.

use std::collections::BTreeMap;

use super::SkipReason;
use crate::apply::steady::SteadyTime;
use crate::snapshot::{ObjectName, Pod, PodSpec, SpecId, holds_its_node};

/// What the verdict on a pod depends on beside the pod.
#[derive(Debug, Clone, Copy)]
pub struct PodRules<'a> {
    /// The pod of this run.
    pub own_pod: Option<&'a ObjectName>,
    /// `--expendable-below`.
    pub expendable_below: Option<i32>,
}

/// Every unfinished pod of a node.
#[derive(Debug, Clone)]
pub struct PodsNow {
    /// When the list was requested.
    pub asked_at: SteadyTime,
    /// The pods.
    pub pods: Vec<Pod>,
    /// Their specifications.
    pub specs: BTreeMap<SpecId, PodSpec>,
}

impl PodsNow {
    /// Refuses the node of this run itself.
    pub(in crate::apply) fn must_not_hold_us(&self, rules: PodRules<'_>) -> Result<(), SkipReason> {
        match self.pods.iter().any(|pod| rules.own_pod == Some(&pod.id())) {
            true => Err(SkipReason::OwnNode),
            false => Ok(()),
        }
    }

    /// Refuses a node that a pod keeps.
    pub(in crate::apply) fn must_be_free(&self, rules: PodRules<'_>) -> Result<(), SkipReason> {
        // A pod whose specification is missing may be anything.
        let keeps = |pod: &&Pod| {
            let spec = self.specs.get(&pod.spec);
            spec.is_none_or(|spec| holds_its_node(pod, spec, rules.own_pod, rules.expendable_below))
        };
        match u32::try_from(self.pods.iter().filter(keeps).count()).unwrap_or(u32::MAX) {
            0 => Ok(()),
            pods => Err(SkipReason::BecameBusy { pods }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::test_looks::{Scene, pod_with};
    use super::*;

    #[test]
    fn the_node_of_this_very_run_is_known_by_the_namespace_and_the_name_of_its_pod() {
        let mut pods = Scene::new().pods;
        pods.pods = vec![pod_with(&[]), pod_with(&[("name", json!("run"))])];
        for (namespace, name, refusal) in
            [("batch", "run", Err(SkipReason::OwnNode)), ("jobs", "run", Ok(())), ("batch", "another", Ok(()))]
        {
            let own = ObjectName::new(namespace, name);
            let rules = PodRules { own_pod: Some(&own), expendable_below: None };
            assert_eq!(pods.must_not_hold_us(rules), refusal, "{own}");
        }
        assert_eq!(pods.must_not_hold_us(PodRules { own_pod: None, expendable_below: None }), Ok(()));
    }
}
