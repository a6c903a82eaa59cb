//! Why pods wait and groups do not grow at present, and for how long they did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::duration::Seconds;
use crate::plan::Ruling;
use crate::simulate::{HeldBack, PodStory, WaitCause, WaitPart};

/// Why a pod waits at present.
#[derive(Debug, Clone)]
pub(super) struct WaitsFor {
    pub(super) cause: WaitCause,
    pub(super) ruling: Option<Arc<Ruling>>,
    since: Seconds,
}

impl WaitsFor {
    /// Returns the cause of the wait of a pod that no run has seen.
    pub(super) fn the_next_run(since: Seconds) -> Self {
        Self { cause: WaitCause::Interval, ruling: None, since }
    }

    /// Adds the time until a moment to the story of the pod.
    pub(super) fn count_until(&mut self, now: Seconds, story: &mut PodStory) {
        let time = Seconds(now.0 - self.since.0);
        self.since = now;
        if time == Seconds(0) {
            return;
        }
        let ruling = self.ruling.clone();
        match story.wait_parts.iter_mut().find(|part| part.cause == self.cause) {
            Some(part) => *part = WaitPart { time: Seconds(part.time.0 + time.0), ruling, ..part.clone() },
            None => story.wait_parts.push(WaitPart { cause: self.cause, time, ruling }),
        }
    }
}

/// What keeps groups from growing since the last run, and for how long it did in all.
#[derive(Debug, Default)]
pub(super) struct GroupsHeldBack {
    since: Seconds,
    now: BTreeSet<(usize, HeldBack)>,
    counted: BTreeMap<(usize, HeldBack), Seconds>,
}

impl GroupsHeldBack {
    /// Counts what has held groups back since the last run, and notes what does from now on.
    pub(super) fn hold_from_now_on(&mut self, held: BTreeSet<(usize, HeldBack)>, now: Seconds) {
        for key in std::mem::replace(&mut self.now, held) {
            self.counted.entry(key).or_default().0 += now.0 - self.since.0;
        }
        self.since = now;
    }

    /// Returns how long each group was held back by what, up to a moment.
    pub(super) fn until(mut self, now: Seconds) -> BTreeMap<(usize, HeldBack), Seconds> {
        self.hold_from_now_on(BTreeSet::new(), now);
        self.counted.retain(|_, time| *time > Seconds(0));
        self.counted
    }
}
