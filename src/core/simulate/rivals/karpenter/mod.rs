//! A model of Karpenter, of what its documentation states at the default values
//! (aws/karpenter-provider-aws, `website/content/en/docs`, commit 1d927085d of 2026-08-21, and
//! kubernetes-sigs/karpenter, commit 226646810). It is not the tool. All groups of the snapshot are
//! one node pool without limits: it launches any machine type of any of them in any of its zones,
//! with the labels and taints of the group, and neither minimum nor maximum counts. Drift,
//! `minValues`, reserved capacity and volumes are not modelled.

mod batch;
mod claims;
mod command;
mod consolidation;
mod disruptable;
mod offerings;

use self::batch::Batch;
use self::command::{Disruption, DisruptionStage};
use self::consolidation::{Disruptable, next_command};
use super::first_fit::FreeRows;
use super::scene::{ModelCluster, ModelNode};
use super::step::{Launched, RivalStep};
use crate::duration::Seconds;

/// From one look at what may be disrupted to the next (`pollingPeriod`,
/// `pkg/controllers/disruption/controller.go`).
const POLLING_PERIOD: Seconds = Seconds(10);
/// `spec.template.spec.expireAfter`: 720 h.
const EXPIRE_AFTER: Seconds = Seconds::minutes(720 * 60);

/// What the model remembers.
#[derive(Debug, Default)]
pub(in crate::simulate) struct Karpenter {
    batch: Batch,
    commands: Vec<Disruption>,
    /// How many launches were ordered.
    orders: u64,
    /// When it looks again at what may be disrupted.
    next_poll: Seconds,
    rests_until: Option<Seconds>,
}

impl Karpenter {
    pub(super) fn run(&mut self, scene: &ModelCluster<'_>) -> Vec<RivalStep> {
        let mut steps = Vec::new();
        let mut free = FreeRows::of(scene);
        let claims = claims::provision(scene, &mut free);
        self.go_on(scene, &free, &claims.nominated, &mut steps);
        self.expire(scene, &mut steps);
        let provisions = self.batch.is_over(scene.now);
        if provisions {
            for offers in claims.launches {
                self.orders += 1;
                steps.push(RivalStep::Launch { order: self.orders, offers });
            }
        }
        let polls = scene.now >= self.next_poll && !self.commands.iter().any(Disruption::is_proposed);
        if polls {
            self.next_poll = Seconds(scene.now.0 + POLLING_PERIOD.0);
            let candidates = Disruptable::new(scene, &claims.nominated, &self.disrupted());
            self.commands.extend(next_command(scene, &free, candidates));
        }
        self.rests_until = self.next_look(scene, claims.retries_at, polls);
        steps
    }

    /// Returns the instances that are being disrupted.
    fn disrupted(&self) -> Vec<usize> {
        self.commands.iter().filter(|command| !command.is_proposed()).flat_map(|command| command.machines.clone()).collect()
    }

    /// Carries on with what was decided before.
    fn go_on(&mut self, scene: &ModelCluster<'_>, free: &FreeRows, nominated: &[bool], steps: &mut Vec<RivalStep>) {
        for mut command in std::mem::take(&mut self.commands) {
            command.go_on(scene, free, nominated, &mut self.orders, steps);
            if !command.is_done() {
                self.commands.push(command);
            }
        }
    }

    /// Drains nodes that have reached their greatest age, whatever the budget is.
    fn expire(&mut self, scene: &ModelCluster<'_>, steps: &mut Vec<RivalStep>) {
        let disrupted = self.disrupted();
        for node in &scene.nodes {
            let Some(member) = node.member.filter(|member| node.is_ready && !disrupted.contains(&member.machine)) else {
                continue;
            };
            if scene.now.0 >= member.launched_at.0 + EXPIRE_AFTER.0 {
                steps.push(RivalStep::Cordon { machine: member.machine });
                self.commands.push(Disruption::draining(member.machine));
            }
        }
    }

    /// Returns when something may change by the passing of time alone.
    fn next_look(&self, scene: &ModelCluster<'_>, retries_at: Option<Seconds>, has_polled: bool) -> Option<Seconds> {
        let next = Seconds(scene.now.0 + POLLING_PERIOD.0);
        let is_timed = |node: &ModelNode<'_>| node.pods.iter().any(disruptable::is_timed);
        let timed = scene.nodes.iter().any(is_timed).then_some(next);
        let is_looking = has_polled || self.commands.iter().any(Disruption::is_proposed);
        let poll = (!is_looking).then_some(self.next_poll.max(Seconds(scene.now.0 + 1)));
        let commands = self.commands.iter().filter_map(|command| match command.stage {
            DisruptionStage::Proposed { due } => Some(due),
            DisruptionStage::Draining => Some(next),
            DisruptionStage::Launching { .. } | DisruptionStage::Starting { .. } => None,
        });
        let members = scene.nodes.iter().filter_map(|node| node.member);
        let expiry = members.map(|member| Seconds(member.launched_at.0 + EXPIRE_AFTER.0)).filter(|at| *at > scene.now);
        commands.chain(expiry).chain([timed, poll, retries_at, self.batch.end()].into_iter().flatten()).min()
    }

    /// Lets a look at what may be disrupted pass, which would find nothing.
    pub(super) fn pass(&mut self, now: Seconds) {
        if now >= self.next_poll && !self.commands.iter().any(Disruption::is_proposed) {
            self.next_poll = Seconds(now.0 + POLLING_PERIOD.0);
        }
    }

    pub(super) fn note(&mut self, launched: Launched) {
        for command in &mut self.commands {
            command.note(launched);
        }
    }

    pub(super) fn note_refusal(&mut self, now: Seconds) -> Seconds {
        self.batch.add(now)
    }

    pub(super) fn rests_until(&self) -> Option<Seconds> {
        self.rests_until
    }
}
