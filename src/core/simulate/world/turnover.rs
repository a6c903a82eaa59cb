//! Pods that come and go on nodes that stay busy. A run that wanted nothing done wants nothing done
//! after that either: nobody new waits, and each node is as busy or as idle as it was.

use std::collections::BTreeSet;

use super::World;
use super::agenda::Event;
use super::ids::{HostId, PodId};

/// What pods that came and went since the last plan have left behind.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    /// Nodes that were busy and are not, or the other way round.
    turned: BTreeSet<HostId>,
    /// Pods that wait and that no run has seen.
    newcomers: BTreeSet<PodId>,
}

impl Turnover {
    /// Notes that a node has become busy, or idle.
    pub(super) fn turn(&mut self, host: HostId) {
        if !self.turned.remove(&host) {
            self.turned.insert(host);
        }
    }

    /// Notes that a pod waits.
    pub(super) fn come(&mut self, pod: PodId) {
        self.newcomers.insert(pod);
    }

    /// Notes that a pod waits no more.
    pub(super) fn go(&mut self, pod: PodId) {
        self.newcomers.remove(&pod);
    }

    /// Whether nobody new waits, and each node is as busy as it was.
    fn is_even(&self) -> bool {
        self.turned.is_empty() && self.newcomers.is_empty()
    }
}

impl Event {
    /// Whether it only lets pods come, or go after their work.
    fn is_turnover(self) -> bool {
        match self {
            Self::PodEnds { .. } | Self::WorkComes { .. } => true,
            Self::MachineGone { .. }
            | Self::Interrupted { .. }
            | Self::ReclaimComes { .. }
            | Self::ReservationEnds { .. }
            | Self::TooOld { .. }
            | Self::Registers { .. }
            | Self::Ready { .. }
            | Self::SizesChange { .. }
            | Self::LaunchAgain { .. }
            | Self::WorkLeaves { .. } => false,
        }
    }
}

impl World<'_> {
    /// Notes that something happens that a run may have to look at.
    pub(super) fn note_event(&mut self, event: Event) {
        self.is_stirred = true;
        self.is_shaken |= !event.is_turnover();
    }

    /// Notes that something other than pods has changed, or that pods are about to leave.
    pub(super) fn shake(&mut self) {
        self.is_stirred = true;
        self.is_shaken = true;
    }

    /// Notes what the steps of a plan have changed, after which nothing else has.
    pub(super) fn begin_anew_after(&mut self, is_changed: bool) {
        self.is_stirred = is_changed;
        self.is_shaken = is_changed;
        self.turnover = Turnover::default();
    }

    /// Whether a run might decide otherwise than the one before, were no time to pass.
    ///
    /// Where rules between pods, gangs or quotas count, or Jobs stand for pods that are still to
    /// come, what one pod gets may follow from any other.
    pub(super) fn has_news(&self) -> bool {
        let are_pods_apart =
            self.is_plain && !self.gangs.are_any() && self.snapshot.jobs.is_empty() && self.policy.quotas.is_empty();
        if are_pods_apart { self.is_shaken || !self.turnover.is_even() } else { self.is_stirred }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::world::test_world::TestWorld;

    /// A service keeps the only node busy, on which a job comes and goes every five minutes.
    #[test]
    fn runs_are_left_out_while_jobs_come_and_go_on_a_busy_node() {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a"]);
        sample.node("g", "a", "n1");
        sample.start.pod_specs.insert(crate::snapshot::SpecId(0), TestWorld::service_spec(500));
        sample.start.pods.push(TestWorld::running("web", "n1"));
        for number in 0..5 {
            sample.job(90 + 300 * number, &format!("job-{number}"), 500, 1, 100);
        }
        let mut planned = 0;
        let history = sample.watched(&mut |_, _| planned += 1);
        assert!(history.is_whole && history.pods.iter().all(|pod| pod.waited.0 == 0), "{:?}", history.pods);
        assert_eq!(planned, 1, "of {} runs", history.runs);
    }

    #[test]
    fn a_node_that_turns_twice_and_a_pod_that_got_a_node_leave_nothing_behind() {
        let mut turnover = Turnover::default();
        for (turn, is_even) in [(1, false), (2, false), (1, false), (2, true)] {
            turnover.turn(turn);
            assert_eq!(turnover.is_even(), is_even, "{turnover:?}");
        }
        turnover.come(7);
        assert!(!turnover.is_even());
        turnover.go(7);
        assert!(turnover.is_even());
    }
}
