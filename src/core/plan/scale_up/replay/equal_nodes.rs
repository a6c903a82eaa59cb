//! The replay for pods of which only requests matter: nodes that are equally full are one entry
//! with a count, so that thousands of nodes cost as much as their different states.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::new_nodes::{NewNodes, Pods};
use super::queue::Queue;
use crate::index_vec::IndexVec;
use crate::plan::amounts::take;
use crate::policy::SchedulerScoring;
use crate::scheduler::binding::{ChoiceIx, SortIx, score};
use crate::scheduler::{CpuMemory, fits};

/// How full a node is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Fullness {
    sort: SortIx,
    free: Vec<i64>,
    used: CpuMemory,
}

/// Places the queue on nodes that are all there from the start; what is left in the queue has to
/// wait.
pub(super) fn place_at_once(
    scoring: SchedulerScoring,
    sorts: &IndexVec<SortIx, NewNodes>,
    nodes: &IndexVec<ChoiceIx, SortIx>,
    pods: &Pods,
    queue: &mut Queue,
) {
    let mut counts: IndexMap<Fullness, u32, FxBuildHasher> = IndexMap::default();
    for &sort in nodes {
        let NewNodes { free, used, .. } = &sorts[sort];
        *counts.entry(Fullness { sort, free: free.clone(), used: *used }).or_default() += 1;
    }
    for run in &mut queue.runs {
        let (requests, counts_as) = (pods.requests(run.class), pods.counts_as(run.class));
        while run.left > 0 {
            let fitting = counts
                .iter()
                .enumerate()
                .filter(|(_, (nodes, _))| pods.accepts(run.class, nodes.sort) && fits(&nodes.free, requests));
            let scores =
                fitting.map(|(place, (nodes, _))| (score(scoring, sorts[nodes.sort].offer, nodes.used, counts_as), place));
            // The scheduler chooses among equals at random; here the first one is taken.
            let Some((_, place)) = scores.max_by_key(|(score, place)| (*score, std::cmp::Reverse(*place))) else { break };
            // Its equals stay the best while pods of the same class are placed on them, one each.
            let (nodes, count) = counts.get_index_mut(place).expect("the place was just found");
            let taken = run.left.min(*count);
            let mut fuller = nodes.clone();
            take(&mut fuller.free, requests, 1);
            fuller.used = fuller.used + counts_as;
            *count -= taken;
            if *count == 0 {
                counts.swap_remove_index(place);
            }
            *counts.entry(fuller).or_default() += taken;
            run.left -= taken;
        }
    }
}
