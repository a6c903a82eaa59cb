//! A problem in which pods that are alike, and groups that are alike, count together.

use std::collections::BTreeMap;

use super::problem::{FilledNode, LoadIx, Mix, Problem};
use super::rebuild::add;
use crate::index_vec::IndexVec;
use crate::plan::bill::fillings::{Assortment, Bundle, Filling, NodeKind, NodeKindIx, PodKindIx};
use crate::plan::fleet::GroupIx;

/// The compact form of a problem, and what it stands for.
pub(super) struct Compact {
    pub(super) supply: Assortment,
    /// How many pods of each shape there are.
    pub(super) pods: IndexVec<PodKindIx, u32>,
    shape_of: IndexVec<LoadIx, PodKindIx>,
    groups: IndexVec<NodeKindIx, Vec<GroupIx>>,
}

impl Compact {
    pub(super) fn new(problem: &Problem) -> Self {
        let used = used_columns(problem);
        let project = |row: &[i64]| -> Vec<i64> { used.iter().map(|column| row[*column]).collect() };
        let takes_any = |group: GroupIx| problem.loads.numbers().any(|load| problem.takes(group, load));
        let groups: Vec<GroupIx> = problem.by_price().filter(|group| problem.limits[*group] > 0 && takes_any(*group)).collect();
        let (mut known, mut pods) = (BTreeMap::new(), IndexVec::<PodKindIx, u32>::new());
        let (mut shapes, mut taken) = (IndexVec::<PodKindIx, Vec<i64>>::new(), IndexVec::<PodKindIx, LoadIx>::new());
        let mut shape_of = IndexVec::new();
        for (load, entry) in problem.loads.iter_numbered() {
            let requests = project(&entry.load.requests);
            let takers: Vec<bool> = groups.iter().map(|group| problem.takes(*group, load)).collect();
            let shape = *known.entry((requests.clone(), takers)).or_insert_with(|| {
                taken.push(load);
                pods.push(0);
                shapes.push(requests)
            });
            pods[shape] += entry.load.pods;
            shape_of.push(shape);
        }
        let mut machines = IndexVec::<NodeKindIx, NodeKind>::new();
        let mut members = IndexVec::<NodeKindIx, Vec<GroupIx>>::new();
        let mut alike = BTreeMap::new();
        for group in groups {
            let Some(offer) = &problem.offers[group] else { continue };
            let takes: Vec<bool> = taken.iter().map(|load| problem.takes(group, *load)).collect();
            let free = project(&offer.free);
            let machine = *alike.entry((offer.price, free.clone(), takes.clone())).or_insert_with(|| {
                members.push(Vec::new());
                machines.push(NodeKind { free, price: offer.price.micros(), limit: 0, takes: takes.into() })
            });
            machines[machine].limit = machines[machine].limit.saturating_add(problem.limits[group]);
            members[machine].push(group);
        }
        Self { supply: Assortment { shapes, machines }, pods, shape_of, groups: members }
    }

    /// Returns the least value of the loads of each shape.
    pub(super) fn of_shapes(&self, values: &IndexVec<LoadIx, f64>) -> IndexVec<PodKindIx, f64> {
        let mut least = IndexVec::filled(self.pods.len(), f64::INFINITY);
        for (load, shape) in self.shape_of.iter_numbered() {
            least[*shape] = values[load].min(least[*shape]);
        }
        least
    }

    /// Returns nodes as those of the compact form.
    pub(super) fn bundles(&self, mix: &[FilledNode]) -> Vec<Bundle> {
        let of_group = |group: GroupIx| self.groups.position(|groups| groups.contains(&group));
        let bundle = |node: &FilledNode| {
            let mut pods = Filling::new();
            for (load, count) in &node.pods {
                add(&mut pods, &[(self.shape_of[*load], *count)]);
            }
            Some(std::iter::repeat_n(Bundle { machine: of_group(node.group)?, pods }, node.copies as usize))
        };
        mix.iter().filter_map(bundle).flatten().collect()
    }

    /// Returns nodes with the pods of the loads, those of the first loads first.
    pub(super) fn mix(&self, problem: &Problem, bundles: &[Bundle]) -> Mix {
        let mut waiting: IndexVec<PodKindIx, Vec<(LoadIx, u32)>> = IndexVec::filled(self.pods.len(), Vec::new());
        for (load, shape) in self.shape_of.iter_numbered() {
            waiting[*shape].push((load, problem.loads[load].load.pods));
        }
        waiting.iter_mut().for_each(|loads| loads.reverse());
        let mut limits = problem.limits.clone();
        let mut sorted: Vec<&Bundle> = bundles.iter().collect();
        sorted.sort();
        let mut mix: Mix = Vec::new();
        for bundle in sorted {
            let open = self.groups[bundle.machine].iter().copied().find(|group| limits[*group] > 0);
            let Some(group) = open else { continue };
            limits[group] -= 1;
            let mut pods = Vec::new();
            for (shape, count) in &bundle.pods {
                let mut count = *count;
                while count > 0
                    && let Some((load, left)) = waiting[*shape].last_mut()
                {
                    let taken = count.min(*left);
                    pods.push((*load, taken));
                    count -= taken;
                    *left -= taken;
                    if *left == 0 {
                        waiting[*shape].pop();
                    }
                }
            }
            pods.sort_unstable();
            match mix.last_mut().filter(|last| last.group == group && last.pods == pods) {
                Some(last) => last.copies += 1,
                None => mix.push(FilledNode { group, pods, copies: 1 }),
            }
        }
        mix
    }
}

/// Returns the columns of which pods request anything.
fn used_columns(problem: &Problem) -> Vec<usize> {
    let width = problem.loads.iter().next().map_or(0, |load| load.load.requests.len());
    (0..width).filter(|column| problem.loads.iter().any(|load| load.load.requests[*column] > 0)).collect()
}
