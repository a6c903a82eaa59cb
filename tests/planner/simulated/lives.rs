//! Random lives, each simulated once for all the tests that read them.

use std::sync::OnceLock;

use ec2_autoscale_core::duration::Seconds;
use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Outline, plan};
use ec2_autoscale_core::policy::{Policy, RevertUnfilled};
use ec2_autoscale_core::simulate::{History, Settings, simulate};
use ec2_autoscale_core::snapshot::{Group, Purchase, ScheduledChange, Snapshot};
use ec2_autoscale_core::trace::Trace;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use super::bindings::Bindings;
use super::evictions::Evictions;
use super::work::{priced, random_trace, with_gangs};
use crate::gangs::torn;
use crate::reference::worlds::{Situation, situations};
use crate::support::dice::Dice;

const LIVES: u64 = 32;
/// One of this many plans is made a second time.
const PLANNED_AGAIN: usize = 4;

/// A random cluster with prices and work.
#[derive(Clone)]
pub(super) struct Life {
    pub(super) start: Snapshot,
    pub(super) policy: Policy,
    pub(super) trace: Trace,
    pub(super) settings: Settings,
}

/// The record of a life.
pub(super) struct Lived {
    pub(super) history: History,
    pub(super) trace: Trace,
    /// Faults of the runs.
    pub(super) wrong: Vec<String>,
    /// Actions of all plans.
    pub(super) actions: usize,
    pub(super) bindings: Bindings,
    pub(super) evictions: Evictions,
}

/// Returns the same lives every time: how much happens in them is asserted.
pub(super) fn some_lives() -> &'static [Life] {
    static LIVED: OnceLock<Vec<Life>> = OnceLock::new();
    LIVED.get_or_init(|| {
        let mut runner = TestRunner::deterministic();
        let mut situation = || situations().new_tree(&mut runner).expect("a cluster").current();
        (0..LIVES).map(|seed| Life::of(situation(), seed)).collect()
    })
}

pub(super) fn lived_lives() -> &'static [Lived] {
    static LIVED: OnceLock<Vec<Lived>> = OnceLock::new();
    LIVED.get_or_init(|| some_lives().iter().map(Lived::of).collect())
}

impl Life {
    fn of(situation: Situation, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut start = priced(situation.snapshot);
        for group in &mut start.groups {
            if dice.once_in(2) {
                group.purchase = Purchase::Spot { max_price: None };
                group.instances.iter_mut().for_each(|instance| instance.spot = true);
            }
        }
        change_sizes(&mut start, seed);
        let trace = with_gangs(random_trace(&start, &mut dice), seed);
        let settings = Settings {
            seed,
            interval: Seconds(97),
            boot_time: Seconds(150),
            spot_interruptions: 0.7,
            longest: Seconds(4 * 3600),
            ..Settings::default()
        };
        let consolidate = dice.once_in(2);
        let policy = Policy {
            consolidate,
            drain_grace: Seconds(600),
            revert_unfilled: if dice.once_in(3) { RevertUnfilled::Always } else { RevertUnfilled::default() },
            ..situation.policy
        };
        Self { start, policy, trace, settings }
    }

    pub(super) fn lived(&self, watch: &mut dyn FnMut(&Snapshot, &Outline<'_>)) -> History {
        simulate(&self.start, &self.trace, &self.policy, &self.settings, watch)
    }
}

/// Lets the cloud end instances of some groups, and launch others, at times of its own and for
/// their age.
fn change_sizes(start: &mut Snapshot, seed: u64) {
    let mut dice = Dice::new(!seed);
    let now = start.taken_at;
    for group in &mut start.groups {
        if !dice.once_in(3) {
            continue;
        }
        let sets = |name: &str, minutes, desired| ScheduledChange {
            name: name.into(),
            desired: Some(desired),
            from: Some(Seconds::minutes(minutes).after(now)),
            ..ScheduledChange::default()
        };
        group.launches_protected = false;
        group.instances.iter_mut().for_each(|instance| instance.protected = false);
        group.automatic.max_instance_lifetime = dice.once_in(2).then_some(Seconds::minutes(150));
        group.automatic.scheduled =
            vec![sets("less", 60, group.min), sets("more", 110, group.max), sets("again", 120, group.min)];
    }
}

impl Lived {
    fn of(life: &Life) -> Self {
        let mut wrong = Vec::new();
        let (mut bindings, mut evictions) = (Bindings::default(), Evictions::default());
        let (mut runs, mut actions) = (0, 0);
        let history = life.lived(&mut |snapshot, outline| {
            let made = outline.plan();
            runs += 1;
            actions += made.actions.len();
            if runs % PLANNED_AGAIN == 0 && plan(snapshot, &life.policy) != made {
                wrong.push(format!("another plan at {}", snapshot.taken_at));
            }
            if outline.actions() != made.actions {
                wrong.push(format!("other steps at {}", snapshot.taken_at));
            }
            wrong.extend(torn(&made, snapshot).iter().map(|gang| format!("half of {gang} at {}", snapshot.taken_at)));
            wrong.extend(violations(&made, snapshot).iter().map(|violation| format!("{violation:?}")));
            wrong.extend(outside_limits(&life.start, snapshot));
            bindings.look(snapshot, &life.policy);
            evictions.look(snapshot, &made);
        });
        Self { history, trace: life.trace.clone(), wrong, actions, bindings, evictions }
    }
}

/// Returns the groups that are larger or smaller than they may be, and were not at the start.
fn outside_limits(start: &Snapshot, snapshot: &Snapshot) -> Vec<String> {
    let is_outside = |group: &Group, first: &Group| {
        // With weights AWS may exceed the maximum by less than one instance.
        let heaviest = group.launch_options.iter().map(|option| option.weight.get()).max().unwrap_or(1);
        let most = group.max.max(live_weight(first)) + heaviest - 1;
        let may_be_desired = group.min.min(first.desired)..=group.max.max(first.desired);
        live_weight(group) > most || !may_be_desired.contains(&group.desired)
    };
    let groups = snapshot.groups.iter().zip(&start.groups).filter(|(group, first)| is_outside(group, first));
    groups.map(|(group, _)| format!("{}: {} of {}..{}", group.id, group.desired, group.min, group.max)).collect()
}

fn live_weight(group: &Group) -> i64 {
    let live = group.instances.iter().filter(|instance| instance.lifecycle.is_live());
    live.map(|instance| instance.weight.get()).sum()
}
