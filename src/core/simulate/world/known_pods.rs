//! Where the pods are, for the plan of a run.

use std::rc::Rc;

use super::World;
use super::ids::PodId;
use super::pods::PodPlace;
use crate::plan::{KnownPod, KnownPods};
use crate::policy::Policy;

impl World<'_> {
    /// Returns what a run need not find out again about the pods of the snapshot. Which of them
    /// keep a node, a schedule may change.
    pub(super) fn known_pods(&self, policy: &Policy) -> KnownPods {
        if self.looks_anew || policy.expendable_below != self.policy.expendable_below {
            return KnownPods::default();
        }
        let pods = self.pod_ids.iter().map(|pod| self.known_pod(*pod)).collect();
        KnownPods::new(pods, Rc::clone(&self.requests_by_spec))
    }

    fn known_pod(&self, pod: PodId) -> Option<KnownPod> {
        let life = &self.lives[pod];
        let PodPlace::On { host, since: _ } = life.place else { return None };
        Some(KnownPod {
            node: u32::try_from(self.hosts.get(host).position).ok()?,
            is_holder: life.is_holder,
            comes_with_its_node: life.comes_with_its_node,
        })
    }
}
