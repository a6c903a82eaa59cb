//! Which nodes go: those that were unneeded for ten minutes (FAQ, "How does scale-down work?").
//! Empty ones go up to ten at a time, others one by one: it is drained, and ends when it is empty.

use std::collections::BTreeMap;

use super::super::first_fit::FreeRows;
use super::super::scene::{ModelCluster, ModelNode, ModelPod};
use super::super::step::RivalStep;
use super::SCAN_INTERVAL;
use super::movable::may_move;
use super::utilization::is_low;
use crate::duration::Seconds;
use crate::scheduler::BudgetIndex;

/// `--scale-down-unneeded-time`.
const UNNEEDED_TIME: Seconds = Seconds::minutes(10);
/// `--scale-down-delay-after-add`.
const AFTER_ADD: Seconds = Seconds::minutes(10);
/// `--scale-down-delay-after-failure`.
const AFTER_FAILURE: Seconds = Seconds::minutes(3);
/// `--max-empty-bulk-delete`, since then `--max-scale-down-parallelism`.
const MOST_EMPTY: usize = 10;
/// For so long evictions are tried again (FAQ, "Does CA work with PodDisruptionBudget in
/// scale-down?"). After that the node is saved.
const EVICTION_TRIES: Seconds = Seconds::minutes(2);

/// What is remembered about nodes that may go.
#[derive(Debug, Default)]
pub(super) struct ScaleDown {
    /// Since when each instance has been unneeded.
    unneeded: BTreeMap<usize, Seconds>,
    /// The instance that is drained, and since when.
    draining: Option<(usize, Seconds)>,
    scaled_up_at: Option<Seconds>,
    failed_at: Option<Seconds>,
}

/// The budgets, and what each allows.
struct Allowed {
    index: BudgetIndex,
    left: Vec<i32>,
}

impl ScaleDown {
    /// Notes that a group grows.
    pub(super) fn note_scale_up(&mut self, now: Seconds) {
        self.scaled_up_at = Some(now);
    }

    /// Goes on with the drain that is under way.
    pub(super) fn go_on_draining(&mut self, scene: &ModelCluster<'_>) -> Option<RivalStep> {
        let (machine, since) = self.draining?;
        let Some(node) = scene.nodes.iter().find(|node| node.member.is_some_and(|member| member.machine == machine)) else {
            self.draining = None;
            return None;
        };
        if node.pods.is_empty() {
            self.draining = None;
            return Some(RivalStep::Terminate { machine });
        }
        if scene.now.0 >= since.0 + EVICTION_TRIES.0 {
            self.draining = None;
            self.failed_at = Some(scene.now);
            return Some(RivalStep::Uncordon { machine });
        }
        Some(eviction(node))
    }

    /// Finds what is unneeded, and what of it goes now. `free` is what is left once the pods that
    /// wait are on the nodes with room for them, which `has_guests` marks.
    pub(super) fn run(&mut self, scene: &ModelCluster<'_>, free: FreeRows, has_guests: &[bool]) -> Vec<RivalStep> {
        let found = self.unneeded_nodes(scene, free, has_guests);
        let machine = |place: &usize| scene.nodes[*place].member.map(|member| member.machine);
        let since = std::mem::take(&mut self.unneeded);
        self.unneeded = found
            .iter()
            .filter_map(machine)
            .map(|machine| (machine, since.get(&machine).copied().unwrap_or(scene.now)))
            .collect();
        if self.is_cooling_down(scene.now) {
            return Vec::new();
        }
        let is_due = |place: &usize| {
            let since = machine(place).and_then(|machine| self.unneeded.get(&machine));
            since.is_some_and(|since| scene.now.0 >= since.0 + UNNEEDED_TIME.0)
        };
        let due: Vec<usize> = found.into_iter().filter(is_due).collect();
        self.remove(scene, &due)
    }

    /// Whether a growth or a failure was so lately that nothing goes.
    fn is_cooling_down(&self, now: Seconds) -> bool {
        let is_recent = |at: Option<Seconds>, delay: Seconds| at.is_some_and(|at| now.0 < at.0 + delay.0);
        is_recent(self.scaled_up_at, AFTER_ADD) || is_recent(self.failed_at, AFTER_FAILURE)
    }

    fn remove(&mut self, scene: &ModelCluster<'_>, due: &[usize]) -> Vec<RivalStep> {
        let mut left: Vec<i64> = scene.groups.iter().map(|known| known.group.desired - known.group.min).collect();
        let mut may_shrink = |place: usize| {
            let Some(member) = scene.nodes[place].member else { return false };
            left[member.group] -= 1;
            left[member.group] >= 0
        };
        let is_empty = |place: usize| scene.nodes[place].pods.is_empty();
        let empty: Vec<usize> =
            due.iter().copied().filter(|place| is_empty(*place) && may_shrink(*place)).take(MOST_EMPTY).collect();
        let full = due.iter().copied().find(|place| self.draining.is_none() && !is_empty(*place) && may_shrink(*place));
        let mut steps = Vec::new();
        for member in empty.into_iter().filter_map(|place| scene.nodes[place].member) {
            steps.push(RivalStep::Terminate { machine: member.machine });
        }
        if let Some((place, member)) = full.and_then(|place| Some((place, scene.nodes[place].member?))) {
            self.draining = Some((member.machine, scene.now));
            steps.push(RivalStep::Cordon { machine: member.machine });
            steps.push(eviction(&scene.nodes[place]));
        }
        steps
    }

    /// Returns the nodes that could go: little of them is used, and all that runs there has a place
    /// elsewhere, on nodes that do not go themselves. Empty ones come first.
    fn unneeded_nodes(&self, scene: &ModelCluster<'_>, mut free: FreeRows, has_guests: &[bool]) -> Vec<usize> {
        let mut allowed = Allowed::new(scene);
        let may_go = |place: &usize| {
            let node = &scene.nodes[*place];
            let is_drained =
                node.member.is_none_or(|member| self.draining.is_some_and(|(machine, _)| machine == member.machine));
            node.is_ready && !is_drained && !has_guests[*place] && is_low(scene, node)
        };
        let mut candidates: Vec<usize> = (0..scene.nodes.len()).filter(may_go).collect();
        candidates.sort_by_key(|place| !scene.nodes[*place].pods.is_empty());
        let mut goes = vec![false; scene.nodes.len()];
        for place in candidates {
            let pods = &scene.nodes[place].pods;
            let is_elsewhere = |other: usize| other != place && !goes[other] && scene.nodes[other].is_ready;
            goes[place] = allowed.all_may_move(scene, pods) && free.place_all(scene, pods, is_elsewhere);
        }
        let mut going: Vec<usize> = (0..goes.len()).filter(|place| goes[*place]).collect();
        going.sort_by_key(|place| !scene.nodes[*place].pods.is_empty());
        going
    }

    /// Returns when something may change by the passing of time alone.
    pub(super) fn next_look(&self, scene: &ModelCluster<'_>) -> Option<Seconds> {
        let now = scene.now;
        let after = |at: Seconds, delay: Seconds| Some(Seconds(at.0 + delay.0)).filter(|end| *end > now);
        let unneeded = self.unneeded.values().filter_map(|since| after(*since, UNNEEDED_TIME));
        let cooling =
            [self.scaled_up_at.and_then(|at| after(at, AFTER_ADD)), self.failed_at.and_then(|at| after(at, AFTER_FAILURE))];
        let next = Seconds(now.0 + SCAN_INTERVAL.0);
        // What is due waits for the end of a delay, or for its turn behind others.
        let has_due = self.unneeded.values().any(|since| now.0 >= since.0 + UNNEEDED_TIME.0);
        let drain = (self.draining.is_some() || has_due).then_some(next);
        unneeded.chain(cooling.into_iter().flatten()).chain(drain).min()
    }
}

impl Allowed {
    fn new(scene: &ModelCluster<'_>) -> Self {
        let budgets = &scene.snapshot.budgets;
        Self { index: BudgetIndex::new(budgets), left: budgets.iter().map(|budget| budget.disruptions_allowed).collect() }
    }

    /// Whether all of these pods may move, the budgets included, which are counted down.
    fn all_may_move(&mut self, scene: &ModelCluster<'_>, pods: &[ModelPod<'_>]) -> bool {
        let before = self.left.clone();
        let mut one = |pod: &ModelPod<'_>| {
            let covering = self.index.covering(pod.pod, |budget| &scene.snapshot.budgets[budget]);
            for budget in &covering {
                self.left[*budget] -= 1;
            }
            may_move(pod, !covering.is_empty()) && covering.iter().all(|budget| self.left[*budget] >= 0)
        };
        let can = pods.iter().all(&mut one);
        if !can {
            self.left = before;
        }
        can
    }
}

fn eviction(node: &ModelNode<'_>) -> RivalStep {
    RivalStep::Evict { pods: node.pods.iter().map(|pod| pod.pod.uid.to_string()).collect() }
}
