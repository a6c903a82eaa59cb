//! Pods that are being deleted: the pod that takes the place of one comes at once, and the old one
//! keeps its room on the node until its grace period is over. It keeps it to the end; a snapshot
//! does not hold how long its containers take.

use super::World;
use super::agenda::Event;
use super::ids::PodId;
use super::pods::PodPlace;
use crate::duration::Seconds;
use crate::simulate::WorldPart;
use crate::snapshot::Pod;

/// The default of `terminationGracePeriodSeconds`, which no snapshot holds.
const GRACE: Seconds = Seconds(30);

impl World<'_> {
    /// Makes a pod leave its node in time. Its controller makes another, if it has one.
    pub(super) fn leave_in_time(&mut self, pod: PodId, is_preempted: bool) {
        let leaving = self.leaving(pod, is_preempted);
        self.begin_anew(pod);
        self.add_leaving(leaving);
    }

    /// Returns the pod as it is until its grace period is over, if it has a node.
    pub(super) fn leaving(&self, pod: PodId, is_preempted: bool) -> Option<Pod> {
        let has_node = matches!(self.lives[pod].place, PodPlace::On { .. });
        let leaves_slowly = has_node && !self.settings.without.contains(&WorldPart::Grace);
        leaves_slowly.then(|| {
            let object = self.pod(pod);
            Pod {
                // The one that takes its place keeps its name, for simplicity.
                name: format!("{}-leaving-{}", object.name, self.lives.len()).into(),
                deletion_deadline: Some(GRACE.after(self.time())),
                preempted: is_preempted,
                gang: None,
                ..object.clone()
            }
        })
    }

    /// Adds the pod that is left of one that is being deleted.
    pub(super) fn add_leaving(&mut self, leaving: Option<Pod>) {
        let Some(leaving) = leaving else { return };
        self.shake();
        let pod = self.add_pod(leaving, None);
        self.record.leaving.insert(pod);
        self.agenda.add(Seconds(self.now.0 + GRACE.0), Event::PodEnds { pod, life: 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::world::test_world::TestWorld;

    /// A service of one pod is deleted at 1000: with grace its node is busy for half a minute more.
    #[test]
    fn a_deleted_pod_keeps_its_room_for_its_grace_period() {
        for (without, busy) in [(None, 1000 - 180 + 30), (Some(WorldPart::Grace), 1000 - 180)] {
            let mut sample = TestWorld::new();
            sample.settings.without = without.into_iter().collect();
            sample.group("g", 5, &["a"]);
            let service = sample.job(0, "web", 1000, 1, 0);
            (service.duration, service.until) = (None, Some(Seconds(1000)));
            let mut leaving = 0;
            let history = sample.watched(&mut |snapshot, _| {
                leaving += snapshot.pods.iter().filter(|pod| pod.deletion_deadline.is_some()).count();
            });
            assert_eq!((history.instances[0].busy, leaving), (Seconds(busy), usize::from(without.is_none())), "{without:?}");
        }
    }

    /// A drain moves a service's pod: it has a place on the other node at once, and goes from the
    /// old one half a minute later.
    #[test]
    fn an_evicted_pod_is_on_both_nodes_for_its_grace_period() {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a"]);
        sample.policy.consolidate = true;
        sample.policy.max_scale_in_fraction = 1.0;
        sample.start.pod_specs.insert(crate::snapshot::SpecId(0), TestWorld::service_spec(500));
        for (pod, node) in [("web-1", "n1"), ("web-2", "n2")] {
            sample.node("g", "a", node);
            sample.start.pods.push(TestWorld::running(pod, node));
        }
        let mut bound = Vec::new();
        let mut all = |snapshot: &crate::snapshot::Snapshot| {
            bound.push(snapshot.pods.iter().filter(|pod| pod.node.is_some()).count());
        };
        sample.settings.interval = Seconds(20);
        let history = sample.watched(&mut |snapshot, _| all(snapshot));
        bound.dedup();
        assert_eq!(bound, [2, 3, 2]);
        assert_eq!(history.instances.iter().filter(|machine| machine.ended.is_some()).count(), 1);
    }
}
