//! The replay with nodes that appear one after the other, each being filled before the next one is there.

use super::queue::{Queue, Refused};
use super::{Kind, Pods, take};
use crate::plan::scale_up::waste::room;

/// Places the queue on nodes in the order in which they appear, for pods of which only requests matter.
pub(super) fn one_by_one(kinds: &[Kind], nodes: &[usize], pods: &Pods, queue: &mut Queue) {
    let mut refused = Refused::new(pods.classes(), queue);
    for &kind in nodes {
        let mut free = kinds[kind].free.clone();
        refused.begin_node(queue);
        for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
            if refused.is_refused(run.class) {
                continue;
            }
            let taken = if pods.accepts(run.class, kind) { room(&free, pods.requests(run.class)).min(run.left) } else { 0 };
            take(&mut free, pods.requests(run.class), taken);
            run.left -= taken;
            if run.left > 0 && refused.refuse(run.class) {
                break;
            }
        }
    }
}
