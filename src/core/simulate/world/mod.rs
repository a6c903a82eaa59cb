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
#[cfg(test)]
mod anew;
mod arrivals;
mod beginning;
mod binding;
mod budgets;
mod chance;
mod departures;
mod gang_tries;
mod gangs;
mod groups;
mod held_room;
mod hosts;
mod ids;
mod interruptions;
mod known_pods;
mod launches;
mod lifetimes;
mod machines;
mod named_launches;
mod plain_binding;
mod pods;
mod queue;
mod record;
mod registering;
mod reservations;
mod scheduled_changes;
mod served_whole;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;
mod torn_gangs;
mod wait_causes;
mod waits_for;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::agenda::{Agenda, Event};
use self::arrivals::Arrivals;
use self::budgets::Watched;
use self::gangs::WorldGangs;
use self::groups::GroupFacts;
use self::hosts::Hosts;
use self::ids::PodId;
use self::machines::Machine;
use self::pods::{Life, SharedRequests};
use self::queue::SchedulingQueue;
use self::record::Record;
use self::reservations::OthersInside;
use self::wait_causes::Rulings;
use super::{History, Settings};
use crate::duration::Seconds;
use crate::plan::{Action, Outline, Prices};
use crate::policy::{Policy, TimedPolicy};
use crate::scheduler::Columns;
use crate::snapshot::{Snapshot, SpecId};
use crate::trace::Trace;

/// Simulates a trace from a snapshot on, with a run of `apply` at every interval. `watch` receives
/// each run: the snapshot, and what is decided about that under the policy.
#[must_use]
pub fn simulate(
    start: &Snapshot,
    trace: &Trace,
    policy: &Policy,
    settings: &Settings,
    watch: &mut dyn FnMut(&Snapshot, &Outline<'_>),
) -> History {
    simulate_over_time(start, trace, &policy.clone().into(), settings, watch)
}

/// Simulates the same under a policy that changes with the time. What it says of the scheduler and
/// of the pods that keep a node holds at all times as when no schedule does.
#[must_use]
pub fn simulate_over_time(
    start: &Snapshot,
    trace: &Trace,
    policy: &TimedPolicy,
    settings: &Settings,
    watch: &mut dyn FnMut(&Snapshot, &Outline<'_>),
) -> History {
    let mut world = World::new(start, trace, policy, settings);
    world.go_on(watch);
    world.into_history()
}

/// Simulates the same, and looks at everything anew each time.
#[cfg(test)]
fn simulate_anew(
    start: &Snapshot,
    trace: &Trace,
    policy: &Policy,
    settings: &Settings,
    watch: &mut dyn FnMut(&Snapshot, &Outline<'_>),
) -> History {
    let policy = policy.clone().into();
    let mut world = World::new(start, trace, &policy, settings);
    world.looks_anew = true;
    world.go_on(watch);
    world.into_history()
}

/// The whole state.
struct World<'s> {
    trace: &'s Trace,
    /// The policy when no schedule holds, by which the world itself goes.
    policy: &'s Policy,
    /// The policy of the runs.
    policy_over_time: &'s TimedPolicy,
    /// The policy of the last run.
    policy_now: Option<Policy>,
    settings: &'s Settings,
    prices: Option<Prices<'s>>,
    /// The machines in reservations that are none of the groups'.
    others_inside: OthersInside,
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
    /// Whether everything is looked at anew each time, with which tests compare.
    looks_anew: bool,
    /// The requests of a pod, by its specification.
    requests: BTreeMap<SpecId, SharedRequests>,
    /// Every pod that ever existed.
    lives: Vec<Life>,
    /// The number of each of [`Snapshot::pods`].
    pod_ids: Vec<PodId>,
    by_uid: BTreeMap<String, PodId>,
    queue: SchedulingQueue,
    gangs: WorldGangs,
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

/// What comes of a run.
struct RunOutcome {
    /// The steps of its plan.
    actions: Vec<Action>,
    /// Whether a node reaches another state without them.
    moves_by_itself: bool,
    /// What it has decided about the pods that wait; absent where it gives no reasons.
    rulings: Option<Rulings>,
}

impl World<'_> {
    fn go_on(&mut self, watch: &mut dyn FnMut(&Snapshot, &Outline<'_>)) {
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
                let mut outcome = self.run(watch);
                self.carry_out(&outcome.actions);
                self.settle();
                match outcome.rulings.take() {
                    Some(rulings) => self.note_wait_causes(rulings),
                    None => self.note_unexplained_waits(),
                }
                if self.is_over(&outcome) {
                    self.take_sample(is_run);
                    return;
                }
            }
            self.take_sample(is_run);
        }
    }

    /// Runs `apply` up to its plan.
    fn run(&mut self, watch: &mut dyn FnMut(&Snapshot, &Outline<'_>)) -> RunOutcome {
        self.forget_old_activities();
        self.allow_disruptions();
        self.count_reservations();
        self.snapshot.taken_at = self.time();
        self.record.runs += 1;
        let policy = self.present_policy();
        let outline = Outline::knowing(&self.snapshot, &policy, &self.known_pods(&policy));
        watch(&self.snapshot, &outline);
        let plan = (self.gangs.are_any() || self.has_buffers()).then(|| outline.plan());
        let expected = plan.as_ref().filter(|_| self.gangs.are_any()).map(|plan| self.expected_of(plan));
        let rulings = Some(self.rulings_of(&outline));
        let outcome = RunOutcome { actions: outline.actions(), moves_by_itself: outline.moves_by_itself(), rulings };
        drop(outline);
        self.policy_now = Some(policy);
        if let Some(plan) = plan.filter(|_| self.has_buffers()) {
            self.note_held_room(&plan);
        }
        if let Some(expected) = expected {
            self.note_torn_gangs(&expected);
        }
        outcome
    }

    /// Returns the policy of this moment. It is the one of the last run until a schedule begins or
    /// ends.
    fn present_policy(&mut self) -> Policy {
        let now = self.time();
        let holds =
            |policy: &Policy| policy.in_force.as_ref().is_none_or(|in_force| in_force.until.is_none_or(|until| now < until));
        self.policy_now.take().filter(holds).unwrap_or_else(|| self.policy_over_time.at(now))
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
            Event::ReservationEnds { machine } => self.end_with_reservation(machine),
            Event::TooOld { machine } => self.replace_too_old(machine),
            Event::Registers { machine } => self.register(machine),
            Event::Ready { machine } => self.become_ready(machine),
            Event::SizesChange { rank } => self.sizes_change(rank),
            Event::LaunchAgain { group } => self.launch_again(group),
            Event::WorkComes { work } => self.work_comes(work),
        }
    }

    /// Returns the time of day.
    fn time(&self) -> Timestamp {
        self.now.after(self.began_at)
    }
}
