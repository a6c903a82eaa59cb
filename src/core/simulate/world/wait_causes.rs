//! Why pods wait: what a run of `apply` decides about a pod is the cause of its wait until the next
//! run decides otherwise. Before the first run it is the interval.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::World;
use super::ids::PodId;
use super::machines::MachineStage;
use super::pods::{PodPlace, Source};
use crate::plan::{GrowthBlock, Outline, PodVerdict, Refusal, Ruling};
use crate::simulate::{HeldBack, WaitCause};
use crate::snapshot::GroupId;

/// What the last run has decided about pods.
pub(super) type Rulings = Vec<(PodId, Arc<Ruling>)>;

impl World<'_> {
    /// Returns what a run has decided about the pods of the trace that wait.
    pub(super) fn rulings_of(&self, outline: &Outline<'_>) -> Rulings {
        let of_trace = |pod: &PodId| self.lives[*pod].source.is_some();
        // A plan names the very pods of the snapshot, whose places are those of their numbers.
        let number = |pod| self.snapshot.pods.element_offset(pod).and_then(|place| self.pod_ids.get(place)).copied();
        let rulings = outline.rulings();
        rulings.filter_map(|(pod, ruling)| Some((number(pod).filter(of_trace)?, Arc::clone(ruling)))).collect()
    }

    /// Notes why the pods wait that still do once the plan is carried out.
    pub(super) fn note_wait_causes(&mut self, rulings: Rulings) {
        let mut held = BTreeSet::new();
        let mut known: BTreeMap<*const Ruling, WaitCause> = BTreeMap::new();
        for (pod, ruling) in rulings {
            if !matches!(self.lives[pod].place, PodPlace::Waits { .. }) {
                continue;
            }
            let cause = *known.entry(Arc::as_ptr(&ruling)).or_insert_with(|| {
                held.extend(self.held_back_by(&ruling.verdict));
                self.cause_of(&ruling.verdict)
            });
            let now = self.now;
            let life = &mut self.lives[pod];
            let Some(Source { story, .. }) = life.source else { continue };
            if life.waits_for.cause != cause {
                life.waits_for.count_until(now, &mut self.record.pods[story]);
                life.waits_for.cause = cause;
            }
            life.waits_for.ruling = Some(ruling);
        }
        self.record.held_back.hold_from_now_on(held, self.now);
    }

    /// Notes why pods wait after the run of a planner that gives no reasons: they wait for a node
    /// where any is on its way, or for launches where those fail.
    pub(super) fn note_unexplained_waits(&mut self) {
        if self.record.waiting == 0 {
            return;
        }
        let cause = if self.record.all_in(MachineStage::Starting).iter().any(|starting| *starting > 0) {
            WaitCause::Boot
        } else if self.groups.iter().any(|group| group.next_try.is_some()) {
            WaitCause::FailedLaunches
        } else {
            WaitCause::Unexplained
        };
        let now = self.now;
        for life in self.lives.iter_mut().filter(|life| matches!(life.place, PodPlace::Waits { .. })) {
            let Some(Source { story, .. }) = life.source else { continue };
            if life.waits_for.cause != cause {
                life.waits_for.count_until(now, &mut self.record.pods[story]);
                life.waits_for.cause = cause;
            }
        }
    }

    /// Returns why a pod with this verdict waits.
    fn cause_of(&self, verdict: &PodVerdict) -> WaitCause {
        match verdict {
            PodVerdict::FitsUpcoming { group, .. } | PodVerdict::FitsNew { group, .. } => self.cause_on_the_way(group),
            PodVerdict::FitsExisting { .. }
            | PodVerdict::FitsUncordoned { .. }
            | PodVerdict::Refused { .. }
            | PodVerdict::Nominated { .. }
            | PodVerdict::NotYetScheduled => WaitCause::Scheduler,
            PodVerdict::WaitsForRegion { .. }
            | PodVerdict::Terminating
            | PodVerdict::Gated { .. }
            | PodVerdict::OtherScheduler { .. }
            | PodVerdict::OtherNamespace
            | PodVerdict::LowPriority { .. }
            | PodVerdict::RoomRequested { .. }
            | PodVerdict::DaemonSet
            | PodVerdict::NotModelled { .. } => WaitCause::LeftAlone,
            PodVerdict::GangIncomplete { .. } | PodVerdict::GangUnknown { .. } => WaitCause::Gang,
            PodVerdict::GangWithoutRoom { refusals, .. } | PodVerdict::CannotHelp { refusals } => {
                let held: BTreeSet<HeldBack> = refusals.iter().filter_map(|one| held_back(&one.refusal)).collect();
                match (held.contains(&HeldBack::FailedLaunches), held.is_empty()) {
                    (true, _) => WaitCause::FailedLaunches,
                    (false, false) => WaitCause::Limit,
                    (false, true) => WaitCause::NoGroup,
                }
            }
        }
    }

    /// Returns why a pod waits whose node was requested: it boots, or the last try to launch it has
    /// failed.
    fn cause_on_the_way(&self, group: &GroupId) -> WaitCause {
        let has_failed = self.group_number(group).is_some_and(|group| self.groups[group].next_try.is_some());
        if has_failed { WaitCause::FailedLaunches } else { WaitCause::Boot }
    }

    fn held_back_by(&self, verdict: &PodVerdict) -> Vec<(usize, HeldBack)> {
        let refusals = verdict.refusals().into_iter().flat_map(|refusals| refusals.iter());
        refusals.filter_map(|one| Some((self.group_number(&one.group)?, held_back(&one.refusal)?))).collect()
    }
}

/// Returns what keeps a group from growing for a pod; `None` where it would not help the pod
/// anyway.
fn held_back(refusal: &Refusal) -> Option<HeldBack> {
    match refusal {
        Refusal::Full { .. } | Refusal::Blocked { block: GrowthBlock::AtMax { .. } | GrowthBlock::AtPolicyMax { .. } } => {
            Some(HeldBack::AtMaximum)
        }
        Refusal::ZonesClosed { .. }
        | Refusal::Blocked {
            block: GrowthBlock::Backoff { .. } | GrowthBlock::Stalled { .. } | GrowthBlock::NodesNotReady { .. },
        } => Some(HeldBack::FailedLaunches),
        Refusal::Blocked { .. }
        | Refusal::MaxScaleUp { .. }
        | Refusal::MaxGrowth { .. }
        | Refusal::ClusterLimit { .. }
        | Refusal::NamedLimit { .. }
        | Refusal::OverPodQuota { .. }
        | Refusal::Quota { .. }
        | Refusal::NotReviewed
        | Refusal::CheckRefuses => Some(HeldBack::Limit),
        Refusal::Misfit { .. }
        | Refusal::ZoneNotCertain { .. }
        | Refusal::RefusedOnSibling { .. }
        | Refusal::HelpedNobody { .. }
        | Refusal::ReservationEnds { .. }
        | Refusal::LabelNotYetKnown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Seconds;
    use crate::simulate::PodStory;
    use crate::simulate::world::test_world::TestWorld;

    fn parts(story: &PodStory) -> Vec<(WaitCause, u64)> {
        story.wait_parts.iter().map(|part| (part.cause, part.time.0)).collect()
    }

    #[test]
    fn a_pod_waits_for_the_next_run_and_then_for_the_boot() {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a"]);
        sample.job(70, "train", 3000, 1, 600);
        let history = sample.lived();
        assert_eq!(parts(&history.pods[0]), [(WaitCause::Interval, 50), (WaitCause::Boot, 180)]);
        assert!(history.held_back.is_empty(), "{:?}", history.held_back);
    }

    /// Nothing can be launched until second 1000, and the group is left alone for an hour.
    #[test]
    fn a_failed_launch_and_the_backoff_after_it_are_one_cause() {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a", "b"]);
        sample.job(0, "train", 4000, 1, 100);
        sample.outage("g", None, 0, 1000);
        let history = sample.lived();
        let [pod] = history.pods.as_slice() else { panic!("one pod: {:?}", history.pods) };
        let of = |cause| pod.wait_parts.iter().find(|part| part.cause == cause);
        let failed = of(WaitCause::FailedLaunches).expect("launches failed");
        assert!(failed.time >= Seconds(1000), "{pod:?}");
        assert_eq!(pod.wait_parts.iter().map(|part| part.time.0).sum::<u64>(), pod.waited.0);
        let held = history.held_back.get(&(0, HeldBack::FailedLaunches));
        assert!(held.is_some_and(|held| *held > Seconds(600)), "{:?}", history.held_back);
    }

    #[test]
    fn a_full_group_holds_a_pod_back_and_one_too_small_is_none_for_it() {
        let mut sample = TestWorld::new();
        sample.group("g", 1, &["a"]);
        sample.job(0, "first", 4000, 1, 3600);
        sample.job(0, "second", 4000, 1, 600);
        sample.job(0, "large", 5000, 1, 600);
        sample.settings.longest = Seconds(7200);
        let history = sample.lived();
        let by_name = |name: &str| history.pods.iter().find(|pod| pod.pod.name.starts_with(name)).expect("it came");
        let second = by_name("second");
        let limit = second.wait_parts.iter().find(|part| part.cause == WaitCause::Limit).expect("the group was full");
        assert!(limit.time >= Seconds(3600), "{second:?}");
        assert!(limit.ruling.as_ref().is_some_and(|ruling| ruling.message.contains("maximum 1")), "{limit:?}");
        assert_eq!(parts(by_name("large")), [(WaitCause::NoGroup, 7200)]);
        assert!(history.held_back[&(0, HeldBack::AtMaximum)] >= Seconds(3600), "{:?}", history.held_back);
    }
}
