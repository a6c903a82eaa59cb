//! The day of one seed, minute by minute: the events, the scheduler's bindings, a plan, and the
//! plan carried out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ec2_autoscale_core::plan::{Action, Plan, plan};
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::snapshot::Pod;

use super::cloud::Cloud;
use super::flapping::Flapping;
use super::people::People;
use super::settings::{EVENING, MINUTES};
use super::tally::Tally;
use super::trail::Trail;
use super::work::{Work, stays};
use super::{rest, rules, scheduler};
use crate::support::dice::Dice;
use crate::support::scenario::{World, run_on, situation};

pub(super) struct Day {
    seed: u64,
    minute: u32,
    world: World,
    policy: Policy,
    dice: Dice,
    work: Work,
    cloud: Cloud,
    people: People,
    flapping: Flapping,
    trail: Trail,
    tally: Tally,
}

impl Day {
    pub(super) fn dawning(seed: u64, script: &str) -> Self {
        let (mut world, policy) = situation(script);
        let mut dice = Dice::new(seed);
        let work = Work::from_patterns(&mut world.snapshot, &mut dice);
        Self {
            seed,
            minute: 0,
            world,
            policy,
            dice,
            work,
            cloud: Cloud::default(),
            people: People::default(),
            flapping: Flapping::default(),
            trail: Trail::default(),
            tally: Tally::default(),
        }
    }

    /// Simulates the whole day. A broken rule is reported with the seed, the minute and what the
    /// last plans did.
    pub(super) fn live(mut self) -> Result<Tally, String> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.pass()));
        outcome.map_err(|cause| {
            let words = cause.downcast_ref::<String>().cloned();
            let words = words.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default();
            let (seed, minute, trail) = (self.seed, self.minute, self.trail.told());
            format!("seed {seed}, minute {minute}: {words}\nthe last plans with actions:\n{trail}\n")
        })?;
        Ok(self.tally)
    }

    fn pass(&mut self) {
        while self.minute < MINUTES {
            self.happen();
            self.run();
            self.world.wait(60);
            self.minute += 1;
        }
        let kept = rest::assert_at_rest(&mut self.world, &self.policy);
        self.tally.spares += u32::from(kept);
        self.tally.excused = self.flapping.excused;
    }

    /// Makes the outside events, before the scheduler and the planner run.
    fn happen(&mut self) {
        let Self { world, dice, work, minute, .. } = self;
        let mut surprises = Vec::new();
        if *minute < EVENING {
            surprises.extend(self.cloud.go_on(world, work, dice, *minute));
            surprises.extend(self.people.go_on(world, dice, *minute));
            surprises.extend(work.go_on(&mut world.snapshot, dice, *minute));
        } else {
            surprises.extend(self.cloud.wind_down(world, work, dice, *minute));
            self.people.wind_down(world, *minute);
            surprises.extend(work.wind_down(&mut world.snapshot));
        }
        self.flapping.hear_of(surprises, *minute);
        scheduler::bind(&mut world.snapshot, dice);
    }

    /// Makes a plan and carries it out.
    fn run(&mut self) {
        let plan = plan(&self.world.snapshot, &self.policy);
        self.trail.note(self.minute, &plan);
        self.tally.count(&plan);
        rules::assert_kept_by(&plan, &self.world.snapshot, &self.people);
        self.flapping.judge(&plan, &self.world.snapshot, self.minute);
        let untouchable = rules::untouchable(&self.world.snapshot);
        self.bury(&plan);
        self.world.carry_out(&plan);
        rules::assert_untouched(&untouchable, &self.world.snapshot);
        rules::assert_in_bounds(&self.world.snapshot);
        self.bind_late(&plan);
    }

    /// Ends pods that were being deleted on a dead node together with its instance.
    fn bury(&mut self, plan: &Plan) {
        for action in &plan.actions {
            if let Action::TerminateUnhealthy { node: Some(node), .. } = action {
                let is_left = |pod: &Pod| !stays(pod) && pod.node.as_deref() == Some(node.name.as_str());
                self.world.snapshot.pods.retain(|pod| !is_left(pod));
            }
        }
    }

    /// Binds a pod late: binding ignores a cordon, so that a pod that the scheduler placed a moment
    /// earlier sometimes still lands.
    fn bind_late(&mut self, plan: &Plan) {
        let cordoned = plan.actions.iter().filter_map(|action| match action {
            Action::Cordon { node, .. } | Action::StartDrain { node, .. } => Some(node.name.clone()),
            _ => None,
        });
        for name in cordoned.collect::<Vec<_>>() {
            if !self.dice.once_in(5) {
                continue;
            }
            let now = self.world.now();
            let snapshot = &mut self.world.snapshot;
            let node = snapshot.nodes.iter().find(|node| node.name == name).expect("it was just cordoned");
            let fits =
                |pod: &&Pod| pod.node.is_none() && scheduler::fits_in_spite_of_cordon(snapshot, node, snapshot.spec(pod));
            let landing = snapshot.pods.iter().find(fits).map(|pod| pod.uid.clone());
            if let Some(pod) = snapshot.pods.iter_mut().find(|pod| Some(&pod.uid) == landing.as_ref()) {
                run_on(pod, &name, now);
            }
        }
    }
}
