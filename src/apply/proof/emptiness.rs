//! Whether the pods of a node let it go.

use std::collections::BTreeMap;

use super::SkipReason;
use crate::apply::steady::SteadyTime;
use crate::snapshot::{ObjectName, Pod, PodSpec, SpecId, holds_its_node};

/// What the verdict on a pod depends on besides the pod.
#[derive(Debug, Clone, Copy)]
pub struct PodRules<'a> {
    /// The pod this very run is in.
    pub own_pod: Option<&'a ObjectName>,
    /// `--expendable-below`.
    pub expendable_below: Option<i32>,
}

/// Every unfinished pod of a node.
#[derive(Debug, Clone)]
pub struct PodsNow {
    /// When the list was asked for.
    pub asked_at: SteadyTime,
    /// The pods.
    pub pods: Vec<Pod>,
    /// The specifications that they name.
    pub specs: BTreeMap<SpecId, PodSpec>,
}

impl PodsNow {
    /// Refuses the node that this very run is on.
    pub(in crate::apply) fn must_not_hold_us(&self, rules: PodRules<'_>) -> Result<(), SkipReason> {
        match self.pods.iter().any(|pod| rules.own_pod == Some(&pod.id())) {
            true => Err(SkipReason::OwnNode),
            false => Ok(()),
        }
    }

    /// Refuses a node that a pod keeps.
    pub(in crate::apply) fn must_be_free(&self, rules: PodRules<'_>) -> Result<(), SkipReason> {
        // A pod whose specification is not at hand may be anything.
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
