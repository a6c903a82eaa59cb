//! Work that arrives, a limited number of pods at a time, until it is done.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::PodId;
use super::pods::{PodPlace, Source};
use crate::duration::Seconds;
use crate::simulate::PodStory;
use crate::snapshot::{ObjectName, Pod, SpecId};
use crate::trace::Work;

/// The work of the trace.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// The specifications of the trace, as the snapshot numbers them.
    specs: BTreeMap<SpecId, SpecId>,
    /// How many pods of each work have yet to arrive.
    left: Vec<u32>,
    /// Work that has yet to arrive.
    coming: usize,
    /// Pods that have yet to finish, of work that ends.
    unfinished: u64,
    /// Work that has yet to be deleted.
    leaving: usize,
    /// The pods so far of each work that will be deleted.
    of_leaving: BTreeMap<usize, Vec<PodId>>,
    /// The names that pods have or had.
    names: BTreeSet<ObjectName>,
    /// The next number that is tried for a name.
    numbers: BTreeMap<ObjectName, u32>,
}

impl Arrivals {
    pub(super) fn new(work: &[Work], specs: BTreeMap<SpecId, SpecId>, names: BTreeSet<ObjectName>) -> Self {
        let ending = work.iter().filter(|work| work.duration.is_some());
        Self {
            specs,
            left: work.iter().map(|work| work.completions).collect(),
            coming: work.len(),
            unfinished: ending.map(|work| u64::from(work.completions)).sum(),
            leaving: work.iter().filter(|work| work.until.is_some()).count(),
            of_leaving: BTreeMap::new(),
            names,
            numbers: BTreeMap::new(),
        }
    }

    /// Whether all work has arrived, and all that ends or is deleted has finished or is gone for
    /// good.
    pub(super) fn are_done(&self) -> bool {
        self.coming == 0 && self.unfinished == 0 && self.leaving == 0
    }

    /// Returns a name that no pod has had.
    fn name(&mut self, pattern: &Pod) -> ObjectName {
        let base = pattern.id();
        let number = self.numbers.entry(base.clone()).or_insert(0);
        loop {
            let name = ObjectName::new(base.namespace.clone(), format!("{}-{number}", base.name.trim_end_matches('-')));
            *number += 1;
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }
}

impl World<'_> {
    pub(super) fn work_comes(&mut self, work: usize) {
        self.arrivals.coming -= 1;
        for _ in 0..self.trace.work[work].parallelism {
            self.next_pod_comes(work);
        }
    }

    fn next_pod_comes(&mut self, work: usize) {
        let left = &mut self.arrivals.left[work];
        let Some(fewer) = left.checked_sub(1) else { return };
        *left = fewer;
        let pattern = &self.trace.work[work].pod;
        let name = self.arrivals.name(pattern);
        let story = self.record.pods.len();
        let pod = Pod {
            // Kubernetes draws UIDs at random; all that matters is that no two are alike.
            uid: format!("{}/{}", name.namespace, name.name).into(),
            namespace: name.namespace.clone(),
            name: name.name.clone(),
            spec: self.arrivals.specs[&pattern.spec],
            created_at: self.time(),
            ..pattern.made_again()
        };
        self.record.pods.push(PodStory {
            pod: name,
            came_at: self.now,
            first_bound_at: None,
            waited: Seconds(0),
            wait_parts: Vec::new(),
            ended_at: None,
            evictions: 0,
            losses: 0,
            sat: Seconds(0),
            lost_work: Seconds(0),
            group: None,
        });
        let pod = self.add_pod(pod, Some(Source { work, story }));
        if self.trace.work[work].until.is_some() {
            self.arrivals.of_leaving.entry(work).or_default().push(pod);
        }
    }

    /// Deletes what is left of a work: its pods that are there, and those that have yet to come.
    pub(super) fn work_leaves(&mut self, work: usize) {
        self.arrivals.leaving -= 1;
        let not_come = std::mem::take(&mut self.arrivals.left[work]);
        let ends = self.trace.work[work].duration.is_some();
        if ends {
            self.arrivals.unfinished -= u64::from(not_come);
        }
        for pod in self.arrivals.of_leaving.remove(&work).unwrap_or_default() {
            if self.lives[pod].position.is_some() {
                self.delete(pod);
                self.arrivals.unfinished -= u64::from(ends);
            }
        }
    }

    /// Deletes a pod, which nobody makes again.
    fn delete(&mut self, pod: PodId) {
        let had_node = matches!(self.lives[pod].place, PodPlace::On { .. });
        let leaving = self.leaving(pod, false);
        self.leave(pod);
        self.remove(pod);
        self.add_leaving(leaving);
        if let Some(Source { story, .. }) = self.lives[pod].source.filter(|_| had_node) {
            self.record.pods[story].ended_at = Some(self.now);
        }
        if let Some(gang) = self.lives[pod].gang {
            self.member_has_ended(gang);
        }
    }

    /// Ends a pod that has done its work, or removes one that was being deleted.
    pub(super) fn pod_ends(&mut self, pod: PodId, life: u32) {
        if self.lives[pod].position.is_none() || self.lives[pod].begun != life {
            return;
        }
        self.leave(pod);
        self.remove(pod);
        if let Some(Source { work, story }) = self.lives[pod].source {
            self.record.pods[story].ended_at = Some(self.now);
            self.is_over_with(work);
        }
        if let Some(gang) = self.lives[pod].gang {
            self.member_has_ended(gang);
        }
    }

    /// Notes that a pod of a work has finished, or that no controller makes it again.
    pub(super) fn is_over_with(&mut self, work: usize) {
        if self.trace.work[work].duration.is_some() {
            self.arrivals.unfinished -= 1;
        }
        self.next_pod_comes(work);
    }
}
