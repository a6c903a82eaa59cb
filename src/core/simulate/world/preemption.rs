//! Preemption: pods that found no node take the places of less important ones, as kube-scheduler's
//! `DefaultPreemption` has it (`pkg/scheduler/framework/preemption`): of the nodes where that helps
//! it takes the one whose most important victim is the least important, then the one with the least
//! sum of priorities, then the one with the fewest victims.
//!
//! Budgets, which kube-scheduler respects where it can, count for nothing here. A pod of which
//! rules between pods, volumes or a gang decide preempts nobody. No snapshot holds
//! `preemptionPolicy`, so that every pod may preempt.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::binding::is_plain;
use super::ids::{HostId, PodId};
use super::plain_binding::takes;
use super::pods::Source;
use crate::scheduler::{Gates, fits};
use crate::simulate::WorldPart;
use crate::snapshot::{PodSpec, SpecId};

/// A node on which there is room for a pod once others have left, and what speaks against it.
struct PreemptedNode {
    /// The highest priority of a victim, and the sum of all.
    priorities: (i64, i64),
    victims: Vec<PodId>,
    host: HostId,
}

/// Whether pods of several priorities come together, so that there is something to preempt.
pub(super) fn are_unequal<'a>(specs: impl Iterator<Item = &'a PodSpec>) -> bool {
    specs.map(|spec| spec.priority).collect::<BTreeSet<_>>().len() > 1
}

impl World<'_> {
    /// Makes room for the pods that wait, the most important first. Returns whether there is room
    /// at once, since nobody leaves in time.
    pub(super) fn preempt(&mut self) -> bool {
        if !self.has_priorities || self.settings.without.contains(&WorldPart::Preemption) {
            return false;
        }
        let mut waiting: Vec<(SpecId, PodId)> = Vec::new();
        self.queue.go_through(|spec, pod| {
            waiting.push((spec, pod));
            true
        });
        let mut expected = self.nominated(&waiting);
        let mut helpless = BTreeSet::new();
        let mut has_preempted = false;
        for (spec, pod) in waiting {
            if helpless.contains(&spec) || !self.may_preempt(pod) {
                continue;
            }
            let Some(node) = self.best_by_preemption(pod, &expected) else {
                helpless.insert(spec);
                continue;
            };
            expected.entry(node.host).or_default().push(pod);
            has_preempted = true;
            self.nominate(pod, node);
        }
        has_preempted && self.settings.without.contains(&WorldPart::Grace)
    }

    /// Returns the pods for which room is being made, by node. Where nobody is leaving any more,
    /// the pod has been refused there, and is one like others again.
    fn nominated(&mut self, waiting: &[(SpecId, PodId)]) -> BTreeMap<HostId, Vec<PodId>> {
        let mut nominated: BTreeMap<HostId, Vec<PodId>> = BTreeMap::new();
        for &(_, pod) in waiting {
            let Some(node) = self.pod(pod).nominated_node.clone() else { continue };
            let is_leaving = |host: &HostId| self.hosts.get(*host).pods.iter().any(|pod| self.record.leaving.contains(pod));
            if let Some(host) = self.hosts.named(&node).filter(is_leaving) {
                nominated.entry(host).or_default().push(pod);
            } else {
                self.shake();
                self.pod_mut(pod).nominated_node = None;
            }
        }
        nominated
    }

    fn may_preempt(&self, pod: PodId) -> bool {
        let object = self.pod(pod);
        object.nominated_node.is_none() && self.lives[pod].gang.is_none() && is_plain(object, self.snapshot.spec(object))
    }

    fn best_by_preemption(&self, pod: PodId, expected: &BTreeMap<HostId, Vec<PodId>>) -> Option<PreemptedNode> {
        let spec = self.snapshot.spec(self.pod(pod));
        let gates = Gates { numeric_tolerations: self.policy.numeric_tolerations };
        let able = self.hosts.ids().filter(|host| takes(self.node(*host), spec, gates));
        let nodes = able.filter_map(|host| self.by_preemption_on(host, pod, expected.get(&host).map_or(&[], Vec::as_slice)));
        nodes.min_by_key(|node| (node.priorities, node.victims.len(), node.host))
    }

    /// Returns the pods that have to leave a node for another one; `None` when it has no room even
    /// without all that are less important.
    fn by_preemption_on(&self, host: HostId, pod: PodId, expected: &[PodId]) -> Option<PreemptedNode> {
        let facts = self.hosts.get(host);
        let row = |pod: PodId| &self.lives[pod].held.row[..];
        let wanted = row(pod);
        let mut free = facts.free.clone();
        for &leaving in facts.pods.iter().filter(|pod| self.record.leaving.contains(pod)) {
            give_back(&mut free, row(leaving));
        }
        for &coming in expected {
            take(&mut free, row(coming));
        }
        let mut lesser = self.less_important(host, self.priority(pod));
        for &other in &lesser {
            give_back(&mut free, row(other));
        }
        if !fits(&free, wanted) {
            return None;
        }
        // The most important ones, and of equals the oldest, stay if they can.
        lesser.sort_by_key(|pod| (std::cmp::Reverse(self.priority(*pod)), self.pod(*pod).created_at, *pod));
        let mut victims = Vec::new();
        for other in lesser {
            take(&mut free, row(other));
            if !fits(&free, wanted) {
                give_back(&mut free, row(other));
                victims.push(other);
            }
        }
        let priorities = || victims.iter().map(|pod| i64::from(self.priority(*pod)));
        Some(PreemptedNode { priorities: (priorities().max().unwrap_or(i64::MIN), priorities().sum()), victims, host })
    }

    /// Returns the pods on a node of a lower priority that could leave it.
    fn less_important(&self, host: HostId, priority: i32) -> Vec<PodId> {
        let may_leave = |pod: &PodId| {
            let is_leaving = self.record.leaving.contains(pod);
            !is_leaving && !self.lives[*pod].comes_with_its_node && self.pod(*pod).deletion_deadline.is_none()
        };
        let pods = self.hosts.get(host).pods.iter().copied();
        pods.filter(may_leave).filter(|pod| self.priority(*pod) < priority).collect()
    }

    fn priority(&self, pod: PodId) -> i32 {
        self.snapshot.spec(self.pod(pod)).priority
    }

    fn nominate(&mut self, pod: PodId, node: PreemptedNode) {
        self.shake();
        let name = self.hosts.get(node.host).name.clone();
        self.pod_mut(pod).nominated_node = Some(name);
        for victim in node.victims {
            if let Some(Source { story, .. }) = self.lives[victim].source {
                self.record.pods[story].losses += 1;
            }
            self.leave_in_time(victim, true);
        }
    }
}

fn give_back(free: &mut [i64], held: &[i64]) {
    free.iter_mut().zip(held).for_each(|(free, held)| *free += held);
}

fn take(free: &mut [i64], held: &[i64]) {
    free.iter_mut().zip(held).for_each(|(free, held)| *free -= held);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Seconds;
    use crate::simulate::world::test_world::TestWorld;

    /// Returns when each pod was first bound, ended, and how often it lost its node. The group has
    /// room for two machines: one is full of two small jobs, one of a larger one.
    fn lived(without: &[WorldPart], urgent: i32) -> Vec<(Option<u64>, Option<u64>, u32)> {
        let mut sample = TestWorld::new();
        sample.settings.without = without.iter().copied().collect();
        sample.group("g", 2, &["a"]);
        for (at, name, cpu, pods, priority) in
            [(0, "small", 2000, 2, 0), (0, "large", 4000, 1, 5), (1000, "urgent", 2000, 1, urgent)]
        {
            let spec = sample.job(at, name, cpu, pods, 3000).pod.spec;
            sample.trace.pod_specs.get_mut(&spec).expect("it was just added").priority = priority;
        }
        let seconds = |time: Option<Seconds>| time.map(|time| time.0);
        let history = sample.lived();
        assert!(history.is_whole);
        history.pods.iter().map(|pod| (seconds(pod.first_bound_at), seconds(pod.ended_at), pod.losses)).collect()
    }

    #[test]
    fn an_urgent_pod_takes_the_place_of_the_least_important_one() {
        let pods = lived(&[], 10);
        assert_eq!(pods[3], (Some(1030), Some(4030), 0), "after the grace period of the other");
        let losses: Vec<u32> = pods.iter().map(|pod| pod.2).collect();
        assert_eq!(losses.iter().sum::<u32>(), 1, "{losses:?}");
        assert_eq!(losses[2], 0, "the large one is more important than the small ones");
        assert_eq!(lived(&[WorldPart::Grace], 10)[3], (Some(1000), Some(4000), 0));
    }

    #[test]
    fn without_preemption_or_importance_it_waits() {
        for (without, urgent) in [(&[WorldPart::Preemption][..], 10), (&[], 0)] {
            let pods = lived(without, urgent);
            assert_eq!(pods[3].0, Some(3180), "{pods:?}");
            assert!(pods.iter().all(|pod| pod.2 == 0), "{pods:?}");
        }
    }
}
