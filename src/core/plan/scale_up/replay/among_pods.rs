//! The replay where rules between pods, ports or volumes matter: node by node on the working copy.

use super::queue::{Queue, Refused};
use super::ranked::{Host, Ranked};
use super::{Kind, Pods};
use crate::plan::scale_up::board::Board;
use crate::policy::SchedulerScoring;
use crate::scheduler::cluster::NodeId;

/// The working copy as a place for pods.
struct OnBoard<'b, 'a> {
    board: &'b mut Board<'a>,
    ids: Vec<NodeId>,
}

impl Host for OnBoard<'_, '_> {
    fn takes(&mut self, class: usize, node: usize) -> bool {
        self.board.cluster.room(class, self.ids[node]) > 0
    }

    fn place(&mut self, class: usize, node: usize) {
        self.board.cluster.place(class, self.ids[node], 1);
    }

    fn may_take_later(&self, class: usize) -> bool {
        self.board.cluster.demand(class).follows_others()
    }
}

/// Places the queue on nodes that are all there from the beginning. `nodes` are their kinds.
pub(super) fn at_once(
    scoring: SchedulerScoring,
    kinds: &[Kind],
    nodes: &[usize],
    ids: Vec<NodeId>,
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
            run.left -= board.cluster.fill(run.class, node, run.left);
            if run.left > 0 && refused.refuse(run.class) {
                break;
            }
        }
    }
}
