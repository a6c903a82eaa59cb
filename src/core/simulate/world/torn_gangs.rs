//! Instances that are there for gangs that cannot start.
//!
//! A gang cannot start at a run of `apply` when it does not run, and fewer of its pods have a node
//! or a place in the plan than start together. From that run on an instance that was launched in
//! the simulation counts, as long as no pod works on it, if pods of such a gang sit there, or if it
//! is Ready and empty, was launched for such a gang, and the plan expects nobody on it. It counts
//! from its launch if no pod has worked on it yet. It counts no more once a pod works there, a run
//! has a place for the gang, or the instance ends.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::{GangId, MachineId, PodId};
use super::machines::{MachineStage, Purpose};
use crate::duration::Seconds;
use crate::plan::{Plan, PodVerdict};

/// The places that a plan has for pods.
#[derive(Debug, Default)]
pub(super) struct PlannedPlaces {
    /// How many pods of each gang have one.
    of_gangs: BTreeMap<GangId, u32>,
    /// The nodes on which pods are expected, by name.
    nodes: BTreeSet<String>,
    /// For each group the gangs of which pods are expected on each of its new nodes.
    new_nodes: BTreeMap<usize, Vec<BTreeSet<GangId>>>,
}

impl World<'_> {
    /// Returns the places that a plan has for the pods.
    pub(super) fn expected_of(&self, plan: &Plan) -> PlannedPlaces {
        let by_name: BTreeMap<_, PodId> =
            self.snapshot.pods.iter().zip(&self.pod_ids).map(|(pod, id)| ((&pod.namespace, &pod.name), *id)).collect();
        let mut expected = PlannedPlaces::default();
        for report in &plan.pods {
            let gang = by_name.get(&(&report.pod.namespace, &report.pod.name)).and_then(|pod| self.lives[*pod].gang);
            if let Some(gang) = gang.filter(|_| report.verdict.is_helped()) {
                *expected.of_gangs.entry(gang).or_default() += 1;
            }
            match &report.verdict {
                PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } => {
                    expected.nodes.insert(node.clone());
                }
                PodVerdict::FitsNew { group, new_node } => {
                    let Some(group) = self.group_number(group) else { continue };
                    let nodes = expected.new_nodes.entry(group).or_default();
                    let place = usize::try_from(*new_node).unwrap_or(usize::MAX);
                    nodes.resize(nodes.len().max(place), BTreeSet::new());
                    nodes[place - 1].extend(gang);
                }
                _ => {}
            }
        }
        expected
    }

    /// Notes which gangs cannot start by what a run has planned, and which instances are there for
    /// them.
    pub(super) fn note_torn_gangs(&mut self, expected: &PlannedPlaces) {
        for (gang, life) in self.gangs.with_pods() {
            let places = life.bound + expected.of_gangs.get(&gang).copied().unwrap_or_default();
            life.cannot_start = life.runs_since.is_none() && places < life.gang.min;
        }
        for group in 0..self.groups.len() {
            self.note_purposes(group, expected);
            let machines: Vec<MachineId> = self.groups[group].machines.values().copied().collect();
            for machine in machines {
                match self.is_torn(machine, &expected.nodes) {
                    true => self.is_torn_from_now_on(machine),
                    false => self.is_torn_no_more(machine),
                }
            }
        }
    }

    /// Notes for whom the coming launches of a group are. Those of earlier plans that have not come
    /// yet are first.
    fn note_purposes(&mut self, group: usize, expected: &PlannedPlaces) {
        let known = &self.snapshot.groups[group];
        let missing = usize::try_from(known.desired - known.live_weight()).unwrap_or_default();
        let wanted = &mut self.groups[group].wanted_for;
        wanted.truncate(missing);
        for gangs in expected.new_nodes.get(&group).into_iter().flatten() {
            wanted.push_back(gangs.iter().copied().collect());
        }
    }

    fn is_torn(&self, machine: MachineId, promised: &BTreeSet<String>) -> bool {
        let known = &self.machines[machine];
        let Purpose::Bought { gangs } = &known.purpose else { return false };
        let Some(host) = known.host else { return false };
        let pods = self.hosts.get(host).pods.iter().map(|pod| &self.lives[*pod]).filter(|life| !life.comes_with_its_node);
        let (mut is_empty, mut is_sat_on) = (true, false);
        for life in pods {
            if !life.sits {
                return false;
            }
            is_empty = false;
            is_sat_on |= life.gang.is_some_and(|gang| self.gangs.get(gang).cannot_start);
        }
        let is_meant = || gangs.iter().any(|gang| self.gangs.get(*gang).cannot_start);
        let is_idle = is_empty && known.stage == MachineStage::Ready && !known.has_worked;
        is_sat_on || is_idle && is_meant() && !promised.contains(&self.node(host).name)
    }

    fn is_torn_from_now_on(&mut self, machine: MachineId) {
        let known = &mut self.machines[machine];
        let since = if known.has_worked { self.now } else { known.useless_since };
        known.torn_since.get_or_insert(since);
    }

    /// Counts the time for which an instance was there for gangs that could not start.
    pub(super) fn is_torn_no_more(&mut self, machine: MachineId) {
        let known = &mut self.machines[machine];
        if let Some(since) = known.torn_since.take() {
            let counted = &mut known.story.for_torn_gangs;
            *counted = Seconds(counted.0 + self.now.0 - since.0);
            known.useless_since = self.now;
        }
    }

    /// Notes that a pod works on an instance.
    pub(super) fn is_of_use(&mut self, machine: MachineId) {
        self.is_torn_no_more(machine);
        self.machines[machine].has_worked = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, FellShort, FindingCode};
    use crate::simulate::world::test_world::TestWorld;
    use crate::simulate::{Departure, History};
    use crate::snapshot::GangKind;

    /// Lives through an hour and a half, in which the fourth node for a gang of four fails to
    /// launch. Returns the history, the times of the runs that buy, and what becomes of the gang by
    /// the findings.
    fn short_by_one() -> (History, Vec<u64>, BTreeSet<FellShort>) {
        let mut sample = TestWorld::new();
        sample.group("three", 3, &["a"]);
        sample.group("none", 1, &["b"]);
        sample.outage("none", None, 0, 100_000);
        sample.job(0, "train", 4000, 4, 600);
        sample.gang(GangKind::PodGroup, 4);
        sample.settings.longest = Seconds(5400);
        let (mut bought, mut next) = (Vec::new(), BTreeSet::new());
        let history = sample.watched(&mut |snapshot, outline| {
            let plan = outline.plan();
            let at = Seconds::between(sample.start.taken_at, snapshot.taken_at).0;
            let buys = |action: &Action| matches!(action, Action::SetDesired { .. } | Action::Launch { .. });
            bought.extend(plan.actions.iter().any(buys).then_some(at));
            next.extend(plan.findings.iter().filter_map(|finding| match &finding.code {
                FindingCode::GangFellShort { next, .. } => Some(*next),
                _ => None,
            }));
        });
        (history, bought, next)
    }

    #[test]
    fn what_came_for_a_gang_without_the_rest_goes_back_and_is_not_bought_again_in_the_backoff() {
        let (history, bought, next) = short_by_one();
        assert!(bought.iter().all(|at| *at < 60 || *at >= 3600), "{bought:?}");
        assert_eq!(next, [FellShort::NoRoom].into());
        let first: Vec<_> = history.instances.iter().filter(|machine| machine.launched_at < Seconds(60)).collect();
        assert_eq!(first.len(), 3);
        let mut earliest = history.lasted;
        for machine in first {
            let (at, why) = machine.ended.expect("it is given back");
            assert!(at < Seconds(900) && why == Departure::ScaledIn, "{at} {why:?}");
            earliest = earliest.min(at);
            // It counts from its launch on.
            assert_eq!(machine.for_torn_gangs, Seconds(at.0 - machine.launched_at.0));
        }
        assert!(earliest < Seconds(600), "before the idle threshold, which ends at 780 s: {earliest}");
    }
}
