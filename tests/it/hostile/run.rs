//! One run of ours: a look, a plan, the check of it, and the steps one by one, while the world goes
//! on.

use std::time::Duration;

use ec2_autoscale::apply::lease::Tenure;
use ec2_autoscale::apply::proof::LeaseNow;
use ec2_autoscale::apply::steady::SteadyTime;
use ec2_autoscale::plan::check::review;
use ec2_autoscale::plan::plan;
use ec2_autoscale::snapshot::{ClusterIdentity, Snapshot};
use jiff::{SignedDuration, Timestamp};

use super::sights::{self, Sight};
use super::truth::Truth;
use super::{rules, steps};

/// A Lease that is not renewed for this long has lapsed.
const LAPSES_AFTER: Duration = Duration::from_secs(30);
/// Another run takes it over after so many seconds: its renewal is a minute old, and it was seen
/// unchanged.
const TAKEN_OVER_AFTER: u64 = 90;

pub(super) struct Run {
    pub(super) sight: Sight,
    /// What it saw.
    pub(super) seen: Snapshot,
    /// By how many seconds its machine's clock is ahead.
    ahead: i64,
    tenure: Tenure,
}

impl Run {
    pub(super) fn new(truth: &mut Truth) -> Self {
        let now = truth.steady();
        let off = i64::try_from(truth.dice.below(641)).expect("minutes") - 320;
        let ahead = if truth.dice.once_in(4) { off } else { 0 };
        let seen = Snapshot::empty(ClusterIdentity::default(), truth.now());
        Self { sight: truth.sight, seen, ahead, tenure: Tenure::Held { unbroken_since: now, renewed_at: now } }
    }

    /// Runs from the look to the last step.
    pub(super) fn live(mut self, truth: &mut Truth) {
        truth.runs += 1;
        self.seen = sights::seen(truth, self.sight, self.ahead);
        let plan = plan(&self.seen, &truth.policy);
        let review = review(&plan, &self.seen);
        rules::assert_right(&plan, &review);
        self.breathe(truth);
        for action in &plan.actions {
            let now = truth.steady();
            if self.tenure.check(now, now).is_err() {
                break;
            }
            steps::take(&mut self, truth, action);
        }
        truth.runs -= 1;
    }

    /// Returns the time by the clock of its machine.
    pub(super) fn clock(&self, truth: &Truth) -> Timestamp {
        truth.now() + SignedDuration::from_secs(self.ahead)
    }

    /// Returns the Lease as a step that began then sees it.
    pub(super) fn lease(&self, truth: &Truth, first_look: SteadyTime) -> LeaseNow {
        LeaseNow { tenure: self.tenure.clone(), first_look, at: truth.steady() }
    }

    /// Lets time pass between two requests: mostly none, sometimes an answer hangs, and sometimes
    /// the process is stopped.
    pub(super) fn breathe(&mut self, truth: &mut Truth) {
        if truth.dice.once_in(100) {
            let seconds = 1 + truth.dice.below(600);
            self.stand_still(truth, u64::try_from(seconds).expect("a short while"));
            return;
        }
        let seconds = if truth.dice.once_in(30) { 3 + truth.dice.below(70) } else { truth.dice.below(2) };
        truth.pass(u64::try_from(seconds).expect("a short while"));
        self.renew(truth.steady());
    }

    /// Stops the process, and continues it later. Another run may take over meanwhile. Whether the
    /// Lease is renewed before or after the step goes on is chance.
    fn stand_still(&mut self, truth: &mut Truth, seconds: u64) {
        truth.tally.count("process stopped");
        let (alone, rest) = (seconds.min(TAKEN_OVER_AFTER), seconds.saturating_sub(TAKEN_OVER_AFTER));
        truth.pass(alone);
        if rest > 0 && truth.runs == 1 {
            truth.tally.count("run overtaken");
            Self::new(truth).live(truth);
            self.tenure = Tenure::Lost { holder: "another run".into() };
        }
        truth.pass(rest);
        if truth.dice.once_in(2) {
            self.renew(truth.steady());
        }
    }

    fn renew(&mut self, now: SteadyTime) {
        if let Tenure::Held { unbroken_since, renewed_at } = &mut self.tenure {
            if now.since(*renewed_at) >= LAPSES_AFTER {
                *unbroken_since = now;
            }
            *renewed_at = now;
        }
    }
}
