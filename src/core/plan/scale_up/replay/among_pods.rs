//! The replay where rules between pods, ports or volumes matter: node by node on the working copy.

use super::queue::{Queue, Refused};
use super::ranked::{Host, Ranked};
use super::{Kind, KindIx, NewNodeIx, Pods};
use crate::index_vec::IndexVec;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::board::Board;
use crate::policy::SchedulerScoring;
use crate::scheduler::cluster::NodeId;

/// The working copy as a place for pods.
struct OnBoard<'b, 'a> {
    board: &'b mut Board<'a>,
    ids: IndexVec<NewNodeIx, NodeId>,
}

impl Host for OnBoard<'_, '_> {
    fn takes(&mut self, class: ClassIx, node: NewNodeIx) -> bool {
        self.board.cluster.room(class.demand(), self.ids[node]) > 0
    }

    fn place(&mut self, class: ClassIx, node: NewNodeIx) {
        self.board.cluster.place(class.demand(), self.ids[node], 1);
    }

    fn may_take_later(&self, class: ClassIx) -> bool {
        self.board.cluster.demand(class.demand()).follows_others()
    }
}

/// Places the queue on nodes that are all there from the beginning. `nodes` are their kinds.
pub(super) fn at_once(
    scoring: SchedulerScoring,
    kinds: &IndexVec<KindIx, Kind>,
    nodes: &IndexVec<NewNodeIx, KindIx>,
    ids: IndexVec<NewNodeIx, NodeId>,
    pods: &Pods,
    board: &mut Board<'_>,
    queue: &mut Queue,
) {
    Ranked::new(scoring, kinds, nodes).serve(pods, &mut OnBoard { board, ids }, queue);
}

/// Places the queue on nodes as they appear. Pods that follow others might find a place on earlier nodes, too; they are not
/// tried there again.
pub(super) fn one_by_one<'a>(
    next: &mut dyn FnMut(&mut Board<'a>) -> Option<NodeId>,
    classes: usize,
    board: &mut Board<'a>,
    queue: &mut Queue,
) {
    let mut refused = Refused::new(classes, queue);
    while let Some(node) = next(board) {
        refused.begin_node(queue);
        for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
            if refused.is_refused(run.class) {
                continue;
            }
            run.left -= board.cluster.fill(run.class.demand(), node, run.left);
            if run.left > 0 && refused.refuse(run.class) {
                break;
            }
        }
    }
}
