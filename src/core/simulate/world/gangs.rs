//! The gangs of the world: which pods each has, and since when it runs.
//!
//! The work of its pods goes on while as many of them as start together have a node; before that
//! they sit there. When so many lose their node that the others cannot go on, all of them begin
//! anew. What has ended by itself is not missed, and pods that had no place until the others ended
//! are not needed any more.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::{GangId, PodId};
use super::pods::{PodPlace, Source};
use crate::duration::Seconds;
use crate::simulate::GangStory;
use crate::snapshot::{Gang, GangName, Name, Pod, Snapshot};
use crate::trace::Trace;

/// The gangs of the snapshot at the start and of the trace.
#[derive(Debug, Default)]
pub(super) struct WorldGangs {
    all: Vec<GangLife>,
    by_name: BTreeMap<Name, BTreeMap<GangName, GangId>>,
    /// Whether a scheduler binds any of them whole.
    has_whole: bool,
}

/// What is known of a gang besides its object.
#[derive(Debug)]
pub(super) struct GangLife {
    pub(super) gang: Gang,
    /// Whether plans know of it: those that a scheduler or a queue starts together, and wishes that
    /// the flags of the snapshot name.
    is_planned: bool,
    is_of_trace: bool,
    /// Place in the history, once it has come, if it is of the trace.
    story: Option<usize>,
    /// Its pods that are there.
    pub(super) members: BTreeSet<PodId>,
    /// How many of them have a node.
    pub(super) bound: u32,
    /// Since when it runs.
    pub(super) runs_since: Option<Seconds>,
    /// Since when it has pods and does not run.
    waits_since: Option<Seconds>,
    /// Whether the latest run of `apply` had a place for some of it at most.
    pub(super) cannot_start: bool,
}

impl WorldGangs {
    pub(super) fn new(start: &Snapshot, trace: &Trace) -> Self {
        let mut gangs = Self::default();
        for gang in &start.gangs {
            gangs.add(gang.clone(), true, false);
        }
        for gang in &trace.gangs {
            let kind = gang.id.kind;
            gangs.add(gang.clone(), !kind.is_wish() || start.looked_at.gangs.wish_for(kind), true);
        }
        gangs
    }

    /// Adds a gang; the trace comes after the snapshot, which may have the same.
    fn add(&mut self, gang: Gang, is_planned: bool, is_of_trace: bool) {
        let named = self.by_name.entry(gang.namespace.clone()).or_default();
        if let Some(known) = named.get(&gang.id) {
            self.all[*known].is_of_trace |= is_of_trace;
            return;
        }
        named.insert(gang.id.clone(), self.all.len());
        self.has_whole |= gang.id.kind.is_bound_whole();
        self.all.push(GangLife {
            gang,
            is_planned,
            is_of_trace,
            story: None,
            members: BTreeSet::new(),
            bound: 0,
            runs_since: None,
            waits_since: None,
            cannot_start: false,
        });
    }

    /// Returns the gang of a pod, if it is known.
    pub(super) fn of(&self, pod: &Pod) -> Option<GangId> {
        self.by_name.get(&pod.namespace)?.get(pod.gang.as_deref()?).copied()
    }

    pub(super) fn get(&self, gang: GangId) -> &GangLife {
        &self.all[gang]
    }

    pub(super) fn is_planned(&self, gang: GangId) -> bool {
        self.all[gang].is_planned
    }

    pub(super) fn are_any(&self) -> bool {
        !self.all.is_empty()
    }

    /// Whether a scheduler binds any of them whole.
    pub(super) fn are_any_bound_whole(&self) -> bool {
        self.has_whole
    }

    /// Returns those that have pods.
    pub(super) fn with_pods(&mut self) -> impl Iterator<Item = (GangId, &mut GangLife)> {
        self.all.iter_mut().enumerate().filter(|(_, life)| !life.members.is_empty())
    }
}

impl World<'_> {
    /// Makes a pod a member of its gang. The gang comes with its first pod.
    pub(super) fn join(&mut self, pod: PodId, gang: GangId) {
        let at = self.time();
        let life = &mut self.gangs.all[gang];
        let is_first = life.members.is_empty();
        life.members.insert(pod);
        if !is_first {
            return;
        }
        if life.runs_since.is_none() {
            life.waits_since.get_or_insert(self.now);
        }
        if life.is_of_trace {
            life.story.get_or_insert_with(|| {
                self.record.gangs.push(GangStory {
                    namespace: life.gang.namespace.clone(),
                    gang: life.gang.id.clone(),
                    came_at: self.now,
                    first_ran_at: None,
                    waited: Seconds(0),
                });
                self.record.gangs.len() - 1
            });
        }
        let known = &mut self.snapshot.gangs;
        let is_it = |other: &Gang| (&other.namespace, &other.id) == (&life.gang.namespace, &life.gang.id);
        if life.is_planned && !known.iter().any(is_it) {
            known.push(Gang { created_at: at, ..life.gang.clone() });
        }
    }

    /// Makes a pod that is gone no member any more. Plans forget a gang without pods, if it is of
    /// the trace.
    pub(super) fn leave_gang(&mut self, pod: PodId, gang: GangId) {
        let life = &mut self.gangs.all[gang];
        life.members.remove(&pod);
        if !life.members.is_empty() {
            return;
        }
        life.cannot_start = false;
        if life.is_of_trace {
            let is_it = |other: &Gang| (&other.namespace, &other.id) == (&life.gang.namespace, &life.gang.id);
            self.snapshot.gangs.retain(|other| !is_it(other));
        }
        self.wait_no_more_for_pods(gang);
        self.gangs.all[gang].runs_since = None;
    }

    /// Notes that one of its pods has got a node, and begins its work if that was the last one that
    /// it needed.
    pub(super) fn member_has_node(&mut self, pod: PodId, gang: GangId) {
        let life = &mut self.gangs.all[gang];
        life.bound += 1;
        if let Some(since) = life.runs_since {
            self.begin_work(pod, since);
            return;
        }
        self.lives[pod].sits = true;
        if life.bound < life.gang.min {
            return;
        }
        life.runs_since = Some(self.now);
        life.cannot_start = false;
        let story = life.story;
        let bound: Vec<PodId> = self.bound_members(gang).collect();
        self.wait_no_more_for_pods(gang);
        if let Some(story) = story {
            self.record.gangs[story].first_ran_at.get_or_insert(self.now);
        }
        for pod in bound {
            self.begin_work(pod, self.now);
        }
    }

    fn bound_members(&self, gang: GangId) -> impl Iterator<Item = PodId> {
        let members = self.gangs.all[gang].members.iter().copied();
        members.filter(|pod| matches!(self.lives[*pod].place, PodPlace::On { .. }))
    }

    fn wait_no_more_for_pods(&mut self, gang: GangId) {
        let life = &mut self.gangs.all[gang];
        if let (Some(since), Some(story)) = (life.waits_since.take(), life.story) {
            self.record.gangs[story].waited.0 += self.now.0 - since.0;
        }
    }

    /// Counts the waits that the end of the simulation cuts off.
    pub(super) fn end_waits_of_gangs(&mut self) {
        for gang in 0..self.gangs.all.len() {
            self.wait_no_more_for_pods(gang);
        }
    }

    pub(super) fn member_leaves_node(&mut self, gang: GangId) {
        self.gangs.all[gang].bound -= 1;
    }

    /// Lets all pods of a gang begin anew, if too few of them have a node after one lost its own.
    pub(super) fn interrupt_gang(&mut self, gang: GangId) {
        let life = &mut self.gangs.all[gang];
        if life.runs_since.is_none() || life.bound >= life.gang.min {
            return;
        }
        life.runs_since = None;
        life.waits_since = Some(self.now);
        let bound: Vec<PodId> = self.bound_members(gang).collect();
        for pod in bound {
            self.sit_down(pod);
        }
    }

    /// Lets a pod that ran wait on its node; what it has done is lost, unless it is a service.
    fn sit_down(&mut self, pod: PodId) {
        let life = &mut self.lives[pod];
        let PodPlace::On { host, since } = life.place else { return };
        life.sits = true;
        life.place = PodPlace::On { host, since: self.now };
        let Some(Source { work, story }) = life.source else { return };
        life.begun += 1;
        if self.trace.work[work].duration.is_some() {
            self.record.pods[story].lost_work.0 += self.now.0 - since.0;
        }
    }

    /// Ends the run of a gang with the last of its pods that had a node. Those that have waited
    /// all the time are not needed any more.
    pub(super) fn member_has_ended(&mut self, gang: GangId) {
        let life = &mut self.gangs.all[gang];
        if life.bound > 0 || life.runs_since.take().is_none() {
            return;
        }
        life.waits_since = (!life.members.is_empty()).then_some(self.now);
        let has_waited = |pod: &PodId| matches!(self.lives[*pod].place, PodPlace::Waits { since } if since < self.now);
        let left: Vec<PodId> = life.members.iter().copied().filter(has_waited).collect();
        for pod in left {
            self.leave(pod);
            self.remove(pod);
            if let Some(Source { work, .. }) = self.lives[pod].source {
                self.is_over_with(work);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::History;
    use crate::simulate::world::test_world::TestWorld;
    use crate::snapshot::GangKind;

    /// Returns a life in which four pods have room on two nodes of a group, and on two of another
    /// one whose launches fail until 3000 s.
    fn four_of_which_two_come_late(kind: GangKind) -> History {
        let mut sample = TestWorld::new();
        sample.group("g", 2, &["a"]);
        sample.group("late", 2, &["a"]);
        sample.outage("late", None, 0, 3000);
        sample.job(0, "train", 4000, 4, 600);
        sample.gang(kind, 4);
        sample.lived()
    }

    fn distinct<T: Ord>(of: impl Iterator<Item = T>) -> BTreeSet<T> {
        of.collect()
    }

    #[test]
    fn pods_of_a_gang_that_nobody_holds_back_sit_on_their_nodes_until_the_last_comes() {
        let history = four_of_which_two_come_late(GangKind::IndexedJob);
        let [gang] = &history.gangs[..] else { panic!("one gang") };
        let began = gang.first_ran_at.expect("it ran");
        assert!(history.is_whole && began > Seconds(3000), "{began}");
        assert_eq!((gang.came_at, gang.waited), (Seconds(0), began));
        let ends = distinct(history.pods.iter().filter_map(|pod| pod.ended_at));
        assert_eq!(ends, [Seconds(began.0 + 600)].into());
        let sat = history.pods.iter().map(|pod| pod.sat.0).sum::<u64>();
        assert_eq!(sat, 2 * (began.0 - 180), "two of them, from the first two nodes on");
        // From the launch on, until the plan has a place for the others.
        let paid = distinct(history.instances.iter().map(|machine| machine.for_torn_gangs));
        let most = *paid.last().expect("machines");
        assert!(most > Seconds(2000) && most < began, "{paid:?}");
    }

    #[test]
    fn of_a_gang_that_a_scheduler_binds_whole_none_has_a_node_before_all_have() {
        let history = four_of_which_two_come_late(GangKind::PodGroup);
        let began = history.gangs[0].first_ran_at.expect("it ran");
        assert_eq!(distinct(history.pods.iter().map(|pod| pod.first_bound_at)), [Some(began)].into());
        assert!(history.pods.iter().all(|pod| pod.sat == Seconds(0)));
    }

    #[test]
    fn when_one_loses_its_node_the_others_begin_anew() {
        let mut sample = TestWorld::new();
        let group = sample.group("g", 3, &["a"]);
        group.automatic.max_instance_lifetime = Some(Seconds::minutes(24 * 60 + 10));
        group.launches_protected = false;
        sample.node("g", "a", "n1");
        sample.start.groups[0].instances[0].protected = false;
        sample.job(0, "train", 4000, 2, 3000);
        sample.gang(GangKind::PodGroup, 2);
        let history = sample.lived();
        let began = history.gangs[0].first_ran_at.expect("it ran");
        assert!(history.is_whole);
        let lost: Vec<u64> = history.pods.iter().map(|pod| pod.lost_work.0).collect();
        assert_eq!(lost, [600 - began.0; 2], "n1 is replaced at 600 s");
        let sat = history.pods.iter().filter(|pod| pod.sat > Seconds(0)).count();
        let waited: Vec<u64> = history.pods.iter().map(|pod| pod.waited.0 + pod.sat.0).collect();
        assert_eq!((sat, waited[0]), (1, waited[1]), "the other one waits on its node for as long");
        assert_eq!(history.gangs[0].waited.0, waited[0]);
    }

    #[test]
    fn pods_without_a_place_are_not_needed_once_the_others_have_ended() {
        let mut sample = TestWorld::new();
        sample.group("g", 2, &["a"]);
        sample.job(0, "train", 4000, 3, 600);
        sample.gang(GangKind::PodGroup, 2);
        let history = sample.lived();
        let ended = history.pods.iter().filter(|pod| pod.ended_at.is_some()).count();
        assert_eq!((history.is_whole, ended, history.lasted < Seconds(7200)), (true, 2, true));
    }
}
