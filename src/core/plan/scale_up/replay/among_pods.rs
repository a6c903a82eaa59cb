//! The replay where rules between pods, ports or volumes matter: node by node on the working copy.

use super::queue::{Queue, Refused};
use super::ranked::{Host, Ranked};
use super::{Kind, KindIx, NewNodeIx, Pods};
use crate::index_vec::IndexVec;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::existing_capacity::candidates::Candidates;
use crate::policy::SchedulerScoring;
use crate::scheduler::cluster::NodeId;

/// The working copy as a place for pods.
struct OnWorkingCopy<'b, 'a> {
    candidates: &'b mut Candidates<'a>,
    ids: IndexVec<NewNodeIx, NodeId>,
}

impl Host for OnWorkingCopy<'_, '_> {
    fn takes(&mut self, class: ClassIx, node: NewNodeIx) -> bool {
        self.candidates.cluster.room(class.demand(), self.ids[node]) > 0
    }

    fn place(&mut self, class: ClassIx, node: NewNodeIx) {
        self.candidates.cluster.place(class.demand(), self.ids[node], 1);
    }

    fn may_take_later(&self, class: ClassIx) -> bool {
        self.candidates.cluster.demand(class.demand()).follows_others()
    }
}

/// Places the queue on nodes that are all there from the beginning. `nodes` are their kinds.
pub(super) fn at_once(
    scoring: SchedulerScoring,
    kinds: &IndexVec<KindIx, Kind>,
    nodes: &IndexVec<NewNodeIx, KindIx>,
    ids: IndexVec<NewNodeIx, NodeId>,
    pods: &Pods,
    candidates: &mut Candidates<'_>,
    queue: &mut Queue,
) {
    Ranked::new(scoring, kinds, nodes).serve(pods, &mut OnWorkingCopy { candidates, ids }, queue);
}

/// Places the queue on nodes as they appear. Pods that follow others might find a place on earlier nodes, too; they are not
/// tried there again.
pub(super) fn one_by_one<'a>(
    next: &mut dyn FnMut(&mut Candidates<'a>) -> Option<NodeId>,
    classes: usize,
    candidates: &mut Candidates<'a>,
    queue: &mut Queue,
) {
    let mut refused = Refused::new(classes, queue);
    while let Some(node) = next(candidates) {
        refused.begin_node(queue);
        for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
            if refused.is_refused(run.class) {
                continue;
            }
            run.left -= candidates.cluster.fill(run.class.demand(), node, run.left);
            if run.left > 0 && refused.refuse(run.class) {
                break;
            }
        }
    }
}
