//! A model of Cluster Autoscaler, of what its FAQ documents at the default values of its flags
//! (kubernetes/autoscaler, `cluster-autoscaler/FAQ.md`, commit 55c37cd5eb of 2026-08-22). It is not
//! the tool: similar groups are not balanced, as by default, and no processor, priority or
//! ProvisioningRequest is modelled.

mod backoff;
mod estimate;
mod expander;
mod movable;
mod scale_down;
mod scale_up;
mod utilization;

use self::backoff::Backoffs;
use self::scale_down::ScaleDown;
use super::first_fit::FreeRows;
use super::scene::{ModelCluster, ModelPod};
use super::step::RivalStep;
use crate::duration::Seconds;

/// `--scan-interval`: from one loop to the next.
const SCAN_INTERVAL: Seconds = Seconds(10);

/// What the model remembers.
pub(in crate::simulate) struct ClusterAutoscaler {
    /// Whether the expander is `random`; else it is `least-waste`, the default.
    is_random: bool,
    backoffs: Backoffs,
    scale_down: ScaleDown,
    rests_until: Option<Seconds>,
}

impl ClusterAutoscaler {
    pub(in crate::simulate) fn new(is_random: bool) -> Self {
        Self { is_random, backoffs: Backoffs::default(), scale_down: ScaleDown::default(), rests_until: None }
    }

    /// Runs one loop: it scales up, or else looks at what is unneeded.
    pub(super) fn run(&mut self, scene: &ModelCluster<'_>) -> Vec<RivalStep> {
        let mut steps = self.backoffs.note_failures(scene);
        let mut free = FreeRows::of(scene);
        let helped = |place: usize| !scene.nodes[place].unschedulable;
        let mut has_guests = vec![false; scene.nodes.len()];
        let mut left: Vec<ModelPod<'_>> = Vec::new();
        for pod in &scene.waiting {
            match free.place(scene, pod, helped) {
                Some(place) => has_guests[place] = true,
                None => left.push(*pod),
            }
        }
        steps.extend(self.scale_down.go_on_draining(scene));
        let growth = scale_up::growth(scene, &left, self.is_random, |group| self.backoffs.keeps(group, scene.now));
        match growth {
            Some(step) => {
                self.scale_down.note_scale_up(scene.now);
                steps.push(step);
            }
            None => steps.extend(self.scale_down.run(scene, free, &has_guests)),
        }
        self.rests_until = self.next_look(scene, !left.is_empty());
        steps
    }

    /// Returns when something may change by the passing of time alone.
    fn next_look(&self, scene: &ModelCluster<'_>, do_pods_wait: bool) -> Option<Seconds> {
        let backoff = self.backoffs.next_end(scene.now).filter(|_| do_pods_wait);
        [backoff, Backoffs::next_timeout(scene), self.scale_down.next_look(scene)].into_iter().flatten().min()
    }

    pub(super) fn rests_until(&self) -> Option<Seconds> {
        self.rests_until
    }
}
