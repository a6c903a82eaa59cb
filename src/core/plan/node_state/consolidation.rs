//! Whether `--consolidate` may empty a busy node, however much of it is used, and if not, why.

use super::rules::{launch_hr_grace_period, pod_pending, room_kept};
use super::{NodeStates, cost_of};
use crate::plan::amounts::small;
use crate::plan::drain::{Drainability, EvictionCost, PodInTheWay};
use crate::plan::fleet::{NodeEntry, NodeIx};
use crate::plan::report::{NodeState, NotEmptied};
use crate::snapshot::Pod;

/// At most so many pods that stay are listed for a node, since a busy cluster has thousands of
/// them. The explanation of a node has the verdict on each of its pods.
const PODS_LISTED: usize = 5;

impl NodeStates<'_> {
    /// Returns what it costs to empty a node that `--consolidate` may empty: all its pods are
    /// movable, none is expected, and no room is kept on it.
    pub(crate) fn consolidatable(&self, node: NodeIx) -> Option<EvictionCost> {
        let entry = &self.fleet().nodes[node];
        let is_wanted = self.is_consolidated(entry) && self.may_be_drained(entry);
        let is_free = || [pod_pending, room_kept, launch_hr_grace_period].iter().all(|rule| rule(self, node, entry).is_none());
        let verdicts = (is_wanted && is_free()).then(|| self.verdicts(entry))?;
        (!verdicts.iter().any(|(_, verdict)| verdict.in_the_way())).then(|| cost_of(&verdicts))
    }

    /// Returns why `--consolidate` may not empty a busy node; `None` where it may, and where it is
    /// off.
    pub(crate) fn why_not_emptied(&self, node: NodeIx) -> Option<NotEmptied> {
        let entry = &self.fleet().nodes[node];
        let group = self.group(entry).filter(|_| self.is_consolidated(entry))?;
        let (age, until) = (self.fleet().age(entry.node), group.policy.min_node_age);
        if !entry.node.is_ready() {
            return Some(NotEmptied::NotReady);
        }
        if age < until {
            return Some(NotEmptied::TooYoung { age, until });
        }
        if self.lacks_facts() {
            return Some(NotEmptied::BudgetsUnread);
        }
        if let Some(NodeState::PodPending { pods }) = pod_pending(self, node, entry) {
            return Some(NotEmptied::PodsExpected { pods });
        }
        if let Some(NodeState::RoomKept { pods, room_for }) = room_kept(self, node, entry) {
            return Some(NotEmptied::RoomKept { pods, room_for });
        }
        if let Some(NodeState::LaunchHrGracePeriod { into, threshold }) = launch_hr_grace_period(self, node, entry) {
            return Some(NotEmptied::LaunchHour { into, threshold });
        }
        let staying = self.verdicts(entry).into_iter().filter(|(_, verdict)| verdict.in_the_way()).collect();
        pods_stay(staying)
    }

    fn is_consolidated(&self, entry: &NodeEntry<'_>) -> bool {
        self.group(entry).is_some_and(|group| group.policy.consolidate)
    }
}

fn pods_stay(mut staying: Vec<(&Pod, Drainability)>) -> Option<NotEmptied> {
    staying.sort_unstable_by_key(|(pod, _)| (&pod.namespace, &pod.name));
    let more = small(staying.len().saturating_sub(PODS_LISTED));
    let listed = staying.into_iter().take(PODS_LISTED).map(|(pod, verdict)| PodInTheWay::new(pod.id(), verdict));
    let pods: Vec<PodInTheWay> = listed.collect();
    (!pods.is_empty()).then_some(NotEmptied::PodsStay { pods, more })
}
