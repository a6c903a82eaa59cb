//! The replay for pods of which only requests matter: nodes that are equally full are one entry with a count, so that thousands
//! of nodes cost as much as their different states.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::queue::Queue;
use super::scoring::{Scored, score};
use super::{Kind, KindIx, NewNodeIx, Pods};
use crate::index_vec::IndexVec;
use crate::plan::amounts::{fits, take};
use crate::policy::SchedulerScoring;

/// How full a node is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    kind: KindIx,
    free: Vec<i64>,
    used: Scored,
}

/// Places the queue on nodes that are all there from the beginning; what is left in the queue has to wait.
pub(super) fn at_once(
    scoring: SchedulerScoring,
    kinds: &IndexVec<KindIx, Kind>,
    nodes: &IndexVec<NewNodeIx, KindIx>,
    pods: &Pods,
    queue: &mut Queue,
) {
    let mut crowd: IndexMap<State, u32, FxBuildHasher> = IndexMap::default();
    for &kind in nodes {
        let Kind { free, used, .. } = &kinds[kind];
        *crowd.entry(State { kind, free: free.clone(), used: *used }).or_default() += 1;
    }
    for run in &mut queue.runs {
        let (requests, scored) = (pods.requests(run.class), pods.scored(run.class));
        while run.left > 0 {
            let fitting = crowd
                .iter()
                .enumerate()
                .filter(|(_, (state, _))| pods.accepts(run.class, state.kind) && fits(&state.free, requests));
            let scores =
                fitting.map(|(place, (state, _))| (score(scoring, kinds[state.kind].offer, state.used, scored), place));
            // The scheduler chooses among equals at random; here the first one is taken.
            let Some((_, place)) = scores.max_by_key(|(score, place)| (*score, std::cmp::Reverse(*place))) else { break };
            // Its equals stay the best while pods of the same kind are placed on them, one each.
            let (state, count) = crowd.get_index_mut(place).expect("the place was just found");
            let taken = run.left.min(*count);
            let mut fuller = state.clone();
            take(&mut fuller.free, requests, 1);
            fuller.used = [fuller.used[0] + scored[0], fuller.used[1] + scored[1]];
            *count -= taken;
            if *count == 0 {
                crowd.swap_remove_index(place);
            }
            *crowd.entry(fuller).or_default() += taken;
            run.left -= taken;
        }
    }
}
