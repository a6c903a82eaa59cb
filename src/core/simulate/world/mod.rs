//! A world in which time is a number: pods arrive and finish, a scheduler binds them, the
//! cloud launches instances and takes them back, and at every interval a run of `apply` plans and
//! carries out the plan. The state of the world is a [`Snapshot`], so that each run is `plan()` on
//! what it would have seen.
//!
//! The world leaves out: the making of volumes, and instances that fail by themselves. Every change
//! takes effect at once, except for the delays in [`Settings`](super::Settings), the grace period
//! of pods and lifecycle hooks. What else it can do without is in [`WorldPart`](super::WorldPart).

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
mod devices;
mod gang_tries;
mod gangs;
mod groups;
mod held_room;
mod hosts;
mod ids;
mod interruptions;
mod known_pods;
mod launches;
mod leaving;
mod lifecycle_hooks;
mod lifetimes;
#[cfg(test)]
mod lives_of_rivals;
mod machines;
mod named_launches;
mod plain_binding;
mod pods;
mod preemption;
mod queue;
mod rankings;
mod reclaims;
mod record;
mod registering;
mod reservations;
mod rests;
mod rival_runs;
mod scheduled_changes;
mod served_whole;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod tests;
mod torn_gangs;
mod turnover;
mod wait_causes;
mod waits_for;
mod zone_balance;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::Timestamp;

use self::agenda::{Agenda, Event};
use self::arrivals::Arrivals;
use self::budgets::Watched;
use self::devices::ClaimPlaces;
use self::gangs::WorldGangs;
use self::groups::GroupFacts;
use self::hosts::Hosts;
use self::ids::PodId;
use self::machines::Machine;
use self::pods::{Life, SharedRequests};
use self::queue::SchedulingQueue;
use self::rankings::Rankings;
use self::record::Record;
use self::reservations::OthersInside;
use self::rests::RunsAtRest;
use self::turnover::Turnover;
use self::wait_causes::Rulings;
use super::rivals::Rival;
use super::{History, Settings};
use crate::duration::Seconds;
use crate::plan::{Action, Outline, Prices, RequestsBySpec};
use crate::policy::{Policy, TimedPolicy};
use crate::scheduler::Columns;
use crate::snapshot::{Snapshot, SpecId};
use crate::trace::Trace;

/// Simulates a trace from a snapshot on, with a run of `apply` at every interval. `watch` receives
/// each run in which our planner decides: the snapshot, and what is decided about that under the
/// policy.
#[must_use]
pub fn simulate(
    start: &Snapshot,
    trace: &Trace,
    policy: &Policy,
    settings: &Settings,
    watch: &mut dyn FnMut(&Snapshot, &Outline<'_>),
) -> History {
    let mut watch = |snapshot: &Snapshot, outline: Option<&Outline<'_>>| {
        if let Some(outline) = outline {
            watch(snapshot, outline);
        }
    };
    simulate_over_time(start, trace, &policy.clone().into(), settings, &mut watch)
}

/// Receives each run: the snapshot, and what our planner decides about it; absent where there was
/// nothing for it to decide, or a model decides.
pub type RunWatcher<'w> = dyn FnMut(&Snapshot, Option<&Outline<'_>>) + 'w;

/// Simulates the same under a policy that changes with the time. What it says of the scheduler and
/// of the pods that keep a node holds at all times as when no schedule does.
#[must_use]
pub fn simulate_over_time(
    start: &Snapshot,
    trace: &Trace,
    policy: &TimedPolicy,
    settings: &Settings,
    watch: &mut RunWatcher<'_>,
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
    let mut watch = |snapshot: &Snapshot, outline: Option<&Outline<'_>>| {
        if let Some(outline) = outline {
            watch(snapshot, outline);
        }
    };
    let policy = policy.clone().into();
    let mut world = World::new(start, trace, &policy, settings);
    world.looks_anew = true;
    world.go_on(&mut watch);
    world.into_history()
}

/// The whole state.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// Whether pods of several priorities come together.
    has_priorities: bool,
    /// Whether everything is looked at anew each time, with which tests compare.
    looks_anew: bool,
    /// The requests of a pod, by its specification.
    requests: BTreeMap<SpecId, SharedRequests>,
    /// The same, as a plan has them.
    requests_by_spec: Rc<RequestsBySpec>,
    /// Every pod that ever existed.
    lives: Vec<Life>,
    /// The number of each of [`Snapshot::pods`].
    pod_ids: Vec<PodId>,
    by_uid: BTreeMap<String, PodId>,
    queue: SchedulingQueue,
    gangs: WorldGangs,
    hosts: Hosts,
    rankings: Rankings,
    claim_places: ClaimPlaces,
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
    /// The model that decides in place of our planner.
    rival: Option<Rival>,
    /// When the next run is.
    next_run: Seconds,
    /// Whether anything has happened since the last run.
    is_stirred: bool,
    /// Whether more than pods that come and go has.
    is_shaken: bool,
    /// What pods that came and went have left behind.
    turnover: Turnover,
    /// What is known of the runs to come, where nothing happens.
    rest: Option<RunsAtRest>,
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
    fn go_on(&mut self, watch: &mut RunWatcher<'_>) {
        loop {
            let next = self.agenda.next().map_or(self.next_run, |at| at.min(self.next_run));
            if next > self.settings.longest {
                self.now = self.settings.longest;
                return;
            }
            self.now = next;
            let is_run = self.now == self.next_run;
            if is_run {
                self.even_out_zones();
            }
            self.settle();
            if is_run {
                self.next_run = Seconds(self.now.0 + self.settings.interval.0.max(1));
                let is_ours = self.rival.is_none();
                let mut outcome = match self.rival.take() {
                    Some(rival) => self.run_rival(rival, watch),
                    None => self.run_ours(watch),
                };
                self.settle();
                match outcome.rulings.take() {
                    Some(rulings) => self.note_wait_causes(rulings),
                    None if is_ours => {} // A run that is left out has decided what the one before has.
                    None => self.note_unexplained_waits(),
                }
                if self.is_over(&outcome) {
                    self.take_sample(is_run);
                    return;
                }
            }
            self.take_sample(is_run && self.rival.is_none());
        }
    }

    /// Runs `apply`, unless it is known to do nothing.
    fn run_ours(&mut self, watch: &mut RunWatcher<'_>) -> RunOutcome {
        if let Some(rest) = self.present_rest() {
            self.record.runs += 1;
            self.snapshot.taken_at = self.time();
            watch(&self.snapshot, None);
            return RunOutcome { actions: Vec::new(), moves_by_itself: rest.moves_by_itself, rulings: None };
        }
        let outcome = self.run(watch);
        self.begin_anew_after(!outcome.actions.is_empty());
        self.carry_out(&outcome.actions);
        outcome
    }

    /// Runs `apply` up to its plan.
    fn run(&mut self, watch: &mut RunWatcher<'_>) -> RunOutcome {
        self.forget_old_activities();
        self.allow_disruptions();
        self.count_reservations();
        self.snapshot.taken_at = self.time();
        self.record.runs += 1;
        let policy = self.present_policy();
        let outline = Outline::knowing(&self.snapshot, &policy, &self.known_pods(&policy));
        watch(&self.snapshot, Some(&outline));
        let plan = (self.gangs.are_any() || self.has_buffers()).then(|| outline.plan());
        let expected = plan.as_ref().filter(|_| self.gangs.are_any()).map(|plan| self.expected_of(plan));
        let rulings = Some(self.rulings_of(&outline));
        let outcome = RunOutcome { actions: outline.actions(), moves_by_itself: outline.moves_by_itself(), rulings };
        self.rest = match outcome.actions.is_empty() {
            true => self.rest_after(&policy, &outline, outcome.moves_by_itself),
            false => None,
        };
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
                self.note_event(event);
                self.happen(event);
            }
            self.launch_what_is_missing();
            if self.bind_pods() && self.preempt() {
                self.bind_pods();
            }
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
            Event::ReclaimComes { reclaim } => self.reclaim_comes(reclaim),
            Event::WorkLeaves { work } => self.work_leaves(work),
            Event::WorkComes { work } => self.work_comes(work),
        }
    }

    /// Returns the time of day.
    fn time(&self) -> Timestamp {
        self.now.after(self.began_at)
    }
}
