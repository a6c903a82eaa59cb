//! The records of which the history is made.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::held_room::HeldRoom;
use super::ids::PodId;
use super::machines::MachineStage;
use super::pods::PodPlace;
use super::waits_for::GroupsHeldBack;
use super::{RunOutcome, World};
use crate::duration::Seconds;
use crate::simulate::{GangStory, GroupCost, History, LaunchFailures, PodStory, WorldSample};
use crate::snapshot::UsdPerHour;

/// The simulation ends at the latest this long after the last work, and after the time in which
/// idle nodes are removed.
const LONGEST_REST: Seconds = Seconds::minutes(60);

/// The history in the making.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) pods: Vec<PodStory>,
    pub(super) gangs: Vec<GangStory>,
    pub(super) samples: Vec<WorldSample>,
    pub(super) failed_launches: Vec<u32>,
    pub(super) failures: Vec<LaunchFailures>,
    pub(super) held_back: GroupsHeldBack,
    pub(super) runs: u32,
    /// Pods of the trace that wait, and that run.
    pub(super) waiting: u32,
    pub(super) running: u32,
    /// Pods that are being deleted in the simulation, and only hold their room.
    pub(super) leaving: BTreeSet<PodId>,
    /// What all instances cost.
    pub(super) rate: UsdPerHour,
    /// The same by group. Samples share it while nothing changes.
    costs: Arc<[GroupCost]>,
    /// The time of nodes that only buffers keep.
    pub(super) held_room: HeldRoom,
    /// Scaling activities so far, for their ids.
    pub(super) activities: u32,
    /// Instances by group and stage.
    stages: Vec<[u32; 4]>,
    /// Since when all work that ends has been done.
    done_at: Option<Seconds>,
}

impl Record {
    pub(super) fn new(groups: usize) -> Self {
        Self {
            pods: Vec::new(),
            gangs: Vec::new(),
            samples: Vec::new(),
            failed_launches: vec![0; groups],
            failures: Vec::new(),
            held_back: GroupsHeldBack::default(),
            runs: 0,
            waiting: 0,
            running: 0,
            leaving: BTreeSet::new(),
            rate: UsdPerHour::ZERO,
            costs: vec![GroupCost::default(); groups].into(),
            held_room: HeldRoom::none(),
            activities: 0,
            stages: vec![[0; 4]; groups],
            done_at: None,
        }
    }

    /// Returns what the instances of a group cost.
    pub(super) fn cost_of(&mut self, group: usize) -> &mut GroupCost {
        &mut Arc::make_mut(&mut self.costs)[group]
    }

    /// Returns how many instances of a group are in a stage.
    pub(super) fn counted(&mut self, group: usize, stage: MachineStage) -> &mut u32 {
        &mut self.stages[group][place(stage)]
    }

    /// Returns how many instances of each group are in a stage.
    pub(super) fn all_in(&self, stage: MachineStage) -> Vec<u32> {
        self.stages.iter().map(|counts| counts[place(stage)]).collect()
    }
}

fn place(stage: MachineStage) -> usize {
    match stage {
        MachineStage::Starting => 0,
        MachineStage::Ready => 1,
        MachineStage::Silent => 2,
        MachineStage::Gone => 3,
    }
}

impl World<'_> {
    /// Records the state of the world, if it has changed or a run has looked.
    pub(super) fn take_sample(&mut self, has_run: bool) {
        let last = self.record.samples.last();
        let mut sample = WorldSample {
            at: last.map_or(self.now, |last| last.at),
            nodes: self.record.all_in(MachineStage::Ready),
            starting: self.record.all_in(MachineStage::Starting),
            waiting: self.record.waiting,
            running: self.record.running,
            rate: self.record.rate,
            costs: Arc::clone(&self.record.costs),
        };
        if has_run || last != Some(&sample) {
            sample.at = self.now;
            self.record.samples.push(sample);
        }
    }

    /// Whether the work is done and nothing more will change, or so late that it does not matter
    /// any more.
    pub(super) fn is_over(&mut self, outcome: &RunOutcome) -> bool {
        if !self.arrivals.are_done() {
            return false;
        }
        let done_at = *self.record.done_at.get_or_insert(self.now);
        let is_still = self.record.all_in(MachineStage::Starting).iter().all(|starting| *starting == 0)
            && self.groups.iter().all(|group| group.next_try.is_none())
            && self.record.leaving.is_empty()
            && !self.are_any_held_at_their_end()
            && !outcome.moves_by_itself;
        let rested = Seconds(self.now.0 - done_at.0);
        let most = Seconds(self.groups_rest().0.saturating_add(LONGEST_REST.0)).max(self.grace_of_drains());
        outcome.actions.is_empty() && is_still && rested >= self.grace_of_drains() || rested >= most
    }

    /// Returns how long pods that were bound last keep their nodes from being drained, where drains
    /// are on.
    fn grace_of_drains(&self) -> Seconds {
        let own = self.snapshot.groups.iter().map(|group| self.policy.for_group(group).0);
        let drained = own.filter(|group| group.consolidate || group.drain_utilization > 0.0);
        drained.map(|group| group.drain_grace).max().unwrap_or_default()
    }

    /// Returns the time in which idle nodes are removed.
    fn groups_rest(&self) -> Seconds {
        let own = self.snapshot.groups.iter().map(|group| self.policy.for_group(group).0);
        let times = own.map(|group| group.idle_threshold.max(group.min_node_age));
        times.max().unwrap_or_default()
    }

    pub(super) fn into_history(mut self) -> History {
        for machine in 0..self.machines.len() {
            if self.machines[machine].stage != MachineStage::Gone {
                self.sum_up(machine);
                self.is_torn_no_more(machine);
            }
        }
        self.end_waits_of_gangs();
        for life in &mut self.lives {
            let (Some(source), Some(_)) = (life.source, life.position) else { continue };
            let story = &mut self.record.pods[source.story];
            match life.place {
                PodPlace::Waits { since } => {
                    story.waited.0 += self.now.0 - since.0;
                    life.waits_for.count_until(self.now, story);
                }
                PodPlace::On { since, .. } if life.sits => story.sat.0 += self.now.0 - since.0,
                PodPlace::On { .. } | PodPlace::Nowhere => {}
            }
        }
        let has_buffers = self.has_buffers();
        History {
            held_for_buffers: has_buffers.then(|| self.record.held_room.until(self.now)),
            started_at: self.began_at,
            lasted: self.now,
            is_whole: self.arrivals.are_done(),
            groups: self.snapshot.groups.into_iter().map(|group| group.id).collect(),
            pods: self.record.pods,
            gangs: self.record.gangs,
            instances: self.machines.into_iter().map(|machine| machine.story).collect(),
            samples: self.record.samples,
            failed_launches: self.record.failed_launches,
            failures: self.record.failures,
            held_back: self.record.held_back.until(self.now),
            outages: self.trace.outages.clone(),
            runs: self.record.runs,
        }
    }
}
