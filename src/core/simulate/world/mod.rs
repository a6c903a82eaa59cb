//! A world in which time is a number: pods arrive and finish, a scheduler binds them, the
//! cloud launches instances and takes them back, and at every interval a run of `apply` plans and
//! carries out the plan. The state of the world is a [`Snapshot`], so that each run is `plan()` on
//! what it would have seen.
//!
//! The world leaves out: preemption, the making of volumes, the grace period of pods, lifecycle
//! hooks, a cloud that evens out zones, and instances that fail by themselves. Every change takes
//! effect at once, except for the delays in [`Settings`](super::Settings).

mod actions;
mod activities;
mod agenda;
mod arrivals;
mod beginning;
mod binding;
mod budgets;
mod chance;
mod departures;
mod groups;
mod hosts;
mod ids;
mod interruptions;
mod launches;
mod machines;
mod pods;
mod queue;
mod record;
mod registering;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::agenda::{Agenda, Event};
use self::arrivals::Arrivals;
use self::budgets::Watched;
use self::groups::GroupFacts;
use self::hosts::Hosts;
use self::ids::PodId;
use self::machines::Machine;
use self::pods::{Life, SharedRequests};
use self::queue::SchedulingQueue;
use self::record::Record;
use super::{History, Settings};
use crate::duration::Seconds;
use crate::plan::{Plan, Prices, plan};
use crate::policy::Policy;
use crate::scheduler::Columns;
use crate::snapshot::{Snapshot, SpecId};
use crate::trace::Trace;

/// Simulates a trace from a snapshot on, with a run of `apply` at every interval. `watch` receives
/// each run: the snapshot, and the plan, which is `plan()` of that and of the policy.
#[must_use]
pub fn simulate(
    start: &Snapshot,
    trace: &Trace,
    policy: &Policy,
    settings: &Settings,
    watch: &mut dyn FnMut(&Snapshot, &Plan),
) -> History {
    let mut world = World::new(start, trace, policy, settings);
    world.go_on(watch);
    world.into_history()
}

/// The whole state.
struct World<'s> {
    trace: &'s Trace,
    policy: &'s Policy,
    settings: &'s Settings,
    prices: Option<Prices<'s>>,
    began_at: Timestamp,
    /// The time since the start.
    now: Seconds,
    /// The snapshot that a run would see; [`Snapshot::taken_at`] is set before each.
    snapshot: Snapshot,
    agenda: Agenda,
    /// Every resource that anything has or requests.
    columns: Columns,
    /// Whether no pod, now or later, requires anything but requests, labels and taints.
    is_plain: bool,
    /// The requests of a pod, by its specification.
    requests: BTreeMap<SpecId, SharedRequests>,
    /// Every pod that ever existed.
    lives: Vec<Life>,
    /// The number of each of [`Snapshot::pods`].
    pod_ids: Vec<PodId>,
    by_uid: BTreeMap<String, PodId>,
    queue: SchedulingQueue,
    hosts: Hosts,
    machines: Vec<Machine>,
    /// The groups of the snapshot, in its order.
    groups: Vec<GroupFacts>,
    /// The same by region and name: events do not depend on the order of the snapshot.
    by_id: Vec<usize>,
    /// Groups for which the cloud may launch before time goes on.
    hungry: BTreeSet<usize>,
    arrivals: Arrivals,
    budgets: Watched,
    record: Record,
}

impl World<'_> {
    fn go_on(&mut self, watch: &mut dyn FnMut(&Snapshot, &Plan)) {
        let mut next_run = Seconds(0);
        loop {
            let next = self.agenda.next().map_or(next_run, |at| at.min(next_run));
            if next > self.settings.longest {
                self.now = self.settings.longest;
                return;
            }
            self.now = next;
            self.settle();
            let is_run = self.now == next_run;
            if is_run {
                next_run = Seconds(self.now.0 + self.settings.interval.0.max(1));
                let plan = self.run();
                watch(&self.snapshot, &plan);
                self.carry_out(&plan);
                self.settle();
                if self.is_over(&plan) {
                    self.take_sample(is_run);
                    return;
                }
            }
            self.take_sample(is_run);
        }
    }

    /// Runs `apply`, and returns its plan.
    fn run(&mut self) -> Plan {
        self.forget_old_activities();
        self.allow_disruptions();
        self.snapshot.taken_at = self.time();
        self.record.runs += 1;
        plan(&self.snapshot, self.policy)
    }

    /// Handles everything that happens in this second.
    fn settle(&mut self) {
        loop {
            while let Some(event) = self.agenda.due(self.now) {
                self.happen(event);
            }
            self.launch_what_is_missing();
            self.bind_pods();
            if self.agenda.next().is_none_or(|at| at > self.now) {
                return;
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::PodEnds { pod, life } => self.pod_ends(pod, life),
            Event::MachineGone { machine } => self.machine_gone(machine),
            Event::Interrupted { machine } => self.interrupt(machine),
            Event::Registers { machine } => self.register(machine),
            Event::Ready { machine } => self.become_ready(machine),
            Event::LaunchAgain { group } => self.launch_again(group),
            Event::WorkComes { work } => self.work_comes(work),
        }
    }

    /// Returns the time of day.
    fn time(&self) -> Timestamp {
        self.now.after(self.began_at)
    }
}
