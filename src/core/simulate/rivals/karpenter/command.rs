//! What was decided about nodes, until they are gone. A command is looked at again after 15 seconds
//! and given up if it does not hold any more. Then its nodes take no more pods; where a replacement
//! is needed they are drained once that is Ready.

use super::consolidation::{is_still_right, still_empty};
use super::disruptable::must_stay;
use super::offerings::OfferId;
use crate::duration::Seconds;
use crate::simulate::rivals::first_fit::FreeRows;
use crate::simulate::rivals::scene::{ModelCluster, ModelNode};
use crate::simulate::rivals::step::{Launched, RivalStep};

/// `commandValidationDelay` (`pkg/controllers/disruption/consolidation.go`).
const VALIDATION_DELAY: Seconds = Seconds(15);

/// A decision about nodes.
#[derive(Debug)]
pub(super) struct Disruption {
    /// Their instances.
    pub(super) machines: Vec<usize>,
    /// The offers for the node in their place, the cheapest first; none where they are removed.
    pub(super) replacement: Vec<OfferId>,
    /// Whether they were empty, and go only if they are so still.
    pub(super) is_of_empty: bool,
    pub(super) stage: DisruptionStage,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DisruptionStage {
    /// It is looked at again then.
    Proposed { due: Seconds },
    /// The replacement was ordered.
    Launching { order: u64 },
    /// The replacement is this instance, whose node is not Ready yet.
    Starting { machine: usize },
    /// The pods are evicted, and each node ends when it is empty.
    Draining,
}

impl Disruption {
    /// Returns a command that is looked at again later.
    pub(super) fn proposed(machines: Vec<usize>, replacement: Vec<OfferId>, now: Seconds) -> Self {
        let stage = DisruptionStage::Proposed { due: Seconds(now.0 + VALIDATION_DELAY.0) };
        Self { machines, replacement, is_of_empty: false, stage }
    }

    /// Returns one that is under way at once.
    pub(super) fn draining(machine: usize) -> Self {
        Self { machines: vec![machine], replacement: Vec::new(), is_of_empty: false, stage: DisruptionStage::Draining }
    }

    pub(super) fn is_proposed(&self) -> bool {
        matches!(self.stage, DisruptionStage::Proposed { .. })
    }

    pub(super) fn is_done(&self) -> bool {
        self.machines.is_empty()
    }

    /// Notes what became of the replacement.
    pub(super) fn note(&mut self, launched: Launched) {
        if self.stage == (DisruptionStage::Launching { order: launched.order })
            && let Some(machine) = launched.machine
        {
            self.stage = DisruptionStage::Starting { machine };
        }
    }

    /// Goes on as far as it can.
    pub(super) fn go_on(
        &mut self,
        scene: &ModelCluster<'_>,
        free: &FreeRows,
        nominated: &[bool],
        orders: &mut u64,
        steps: &mut Vec<RivalStep>,
    ) {
        match self.stage {
            DisruptionStage::Proposed { due } if scene.now < due => {}
            DisruptionStage::Proposed { .. } => self.begin(scene, free, nominated, orders, steps),
            // Its launch has failed, or what came instead is gone.
            DisruptionStage::Launching { .. } => self.give_up(steps),
            DisruptionStage::Starting { machine } => match node_of(scene, machine) {
                None => self.give_up(steps),
                Some(node) if node.is_ready => self.drain(scene, steps),
                Some(_) => {}
            },
            DisruptionStage::Draining => self.drain(scene, steps),
        }
    }

    fn begin(
        &mut self,
        scene: &ModelCluster<'_>,
        free: &FreeRows,
        nominated: &[bool],
        orders: &mut u64,
        steps: &mut Vec<RivalStep>,
    ) {
        if self.is_of_empty {
            self.machines = still_empty(scene, nominated, &self.machines);
        } else if !is_still_right(scene, free, nominated, self) {
            self.machines.clear();
        }
        if self.machines.is_empty() {
            return;
        }
        steps.extend(self.machines.iter().map(|machine| RivalStep::Cordon { machine: *machine }));
        if self.replacement.is_empty() {
            return self.drain(scene, steps);
        }
        *orders += 1;
        self.stage = DisruptionStage::Launching { order: *orders };
        steps.push(RivalStep::Launch { order: *orders, offers: self.replacement.clone() });
    }

    fn give_up(&mut self, steps: &mut Vec<RivalStep>) {
        steps.extend(self.machines.drain(..).map(|machine| RivalStep::Uncordon { machine }));
    }

    fn drain(&mut self, scene: &ModelCluster<'_>, steps: &mut Vec<RivalStep>) {
        self.stage = DisruptionStage::Draining;
        self.machines.retain(|machine| {
            let Some(node) = node_of(scene, *machine) else { return false };
            if node.pods.is_empty() {
                steps.push(RivalStep::Terminate { machine: *machine });
                return false;
            }
            let pods = node.pods.iter().filter(|pod| !must_stay(scene, pod));
            let pods: Vec<String> = pods.map(|pod| pod.pod.uid.to_string()).collect();
            if !pods.is_empty() {
                steps.push(RivalStep::Evict { pods });
            }
            true
        });
    }
}

fn node_of<'s, 'w>(scene: &'s ModelCluster<'w>, machine: usize) -> Option<&'s ModelNode<'w>> {
    scene.nodes.iter().find(|node| node.member.is_some_and(|member| member.machine == machine))
}
