//! Gangs that are torn by what is given up of a plan: a step that remains would buy nodes for half
//! of one. Their pods leave the plan as well, and so do the nodes that nobody else was to get.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Decisions;
use crate::index_vec::IndexVec;
use crate::plan::amounts::small;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx};
use crate::plan::gangs::GangIx;
use crate::plan::reason::{GroupRefusal, Refusal};
use crate::plan::refusals::Refusals;
use crate::plan::report::PodVerdict;
use crate::plan::scale_up::PodRuling;
use crate::snapshot::GroupId;

impl Decisions {
    /// Takes the pods of torn gangs out of the plan, with the nodes that were for them alone.
    pub(super) fn leave_torn_gangs(&mut self, fleet: &Fleet<'_>, refusal: &Refusal) {
        let torn = self.torn_gangs(fleet);
        if torn.is_empty() {
            return;
        }
        let each = |group: &GroupEntry<'_>| GroupRefusal { group: group.id().clone(), refusal: refusal.clone() };
        let refusals: Refusals = fleet.groups.iter().map(each).collect();
        let before = self.nodes_with_pods(fleet);
        for (pod, ruling) in fleet.unbound.iter().zip(self.scale_up.rulings_on_all_mut()) {
            let Some((gang, places)) = fleet.gangs.of(pod).and_then(|gang| torn.get_key_value(&gang)) else { continue };
            if !ruling.ruling.verdict.is_helped() {
                continue;
            }
            let entry = fleet.gangs.entry(*gang);
            let verdict = PodVerdict::GangWithoutRoom {
                gang: entry.gang.id.clone(),
                min: entry.needed(),
                places: *places,
                refusals: refusals.clone(),
            };
            (ruling.placed, ruling.ruling) = (None, Arc::new(verdict.into()));
        }
        let after = self.nodes_with_pods(fleet);
        for (group, before) in before.iter_numbered() {
            self.drop_nodes(fleet, group, &before.difference(&after[group]).copied().collect());
        }
    }

    /// Returns the gangs of which pods are to get a place, and fewer have one than start together,
    /// each with its places.
    fn torn_gangs(&self, fleet: &Fleet<'_>) -> BTreeMap<GangIx, u32> {
        let mut places: BTreeMap<GangIx, u32> = BTreeMap::new();
        for (pod, ruling) in fleet.unbound.iter().zip(self.scale_up.rulings_on_all()) {
            if let Some(gang) = fleet.gangs.of(pod).filter(|_| ruling.ruling.verdict.is_helped()) {
                *places.entry(gang).or_insert_with(|| fleet.gangs.entry(gang).bound) += 1;
            }
        }
        places.retain(|gang, places| *places < fleet.gangs.entry(*gang).needed());
        places
    }

    /// Returns the numbers of the new nodes of each group on which pods are expected.
    fn nodes_with_pods(&self, fleet: &Fleet<'_>) -> IndexVec<GroupIx, BTreeSet<u32>> {
        let numbers: BTreeMap<&GroupId, GroupIx> =
            fleet.groups.iter_numbered().map(|(number, group)| (group.id(), number)).collect();
        let mut nodes = IndexVec::filled(fleet.groups.len(), BTreeSet::new());
        for ruling in self.scale_up.rulings_on_all() {
            if let PodVerdict::FitsNew { group, new_node } = &ruling.ruling.verdict
                && let Some(group) = numbers.get(&**group)
            {
                nodes[*group].insert(*new_node);
            }
        }
        nodes
    }

    /// Takes some new nodes of a group out of the plan, by their numbers from 1, and numbers the
    /// others anew.
    fn drop_nodes(&mut self, fleet: &Fleet<'_>, group: GroupIx, dropped: &BTreeSet<u32>) {
        if dropped.is_empty() {
            return;
        }
        let id = fleet.groups[group].id();
        let purchase = &mut self.scale_up.purchases[group];
        let mut number = 0;
        purchase.nodes.retain(|_| {
            number += 1;
            !dropped.contains(&number)
        });
        // They were computed for all of the nodes.
        self.scale_up.replay = None;
        let earlier = |number: u32| small(dropped.range(..number).count());
        for ruling in self.scale_up.rulings_on_all_mut() {
            if let PodVerdict::FitsNew { group, new_node } = &ruling.ruling.verdict
                && **group == *id
                && earlier(*new_node) > 0
            {
                let verdict = PodVerdict::FitsNew { group: Arc::clone(group), new_node: new_node - earlier(*new_node) };
                ruling.ruling = Arc::new(verdict.into());
            }
        }
        let of_group = |verdict: &PodVerdict| matches!(verdict, PodVerdict::FitsNew { group, .. } if **group == *id);
        let on_nodes = |rulings: &[PodRuling]| small(rulings.iter().filter(|it| of_group(&it.ruling.verdict)).count());
        let (pods, absent_pods) = (on_nodes(&self.scale_up.rulings), on_nodes(&self.scale_up.absent));
        let purchase = &mut self.scale_up.purchases[group];
        (purchase.pods, purchase.absent_pods) = (pods, absent_pods);
    }
}
