//! The replay with nodes that appear one after the other, each being filled before the next one is there.

use super::queue::{Queue, Refused};
use super::{Kind, Pods};

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
            for (free, asked) in free.iter_mut().zip(pods.requests(run.class)) {
                *free -= asked * i64::from(taken);
            }
            run.left -= taken;
            if run.left > 0 && refused.refuse(run.class) {
                break;
            }
        }
    }
}

fn room(free: &[i64], requests: &[i64]) -> u32 {
    let fitting = free.iter().zip(requests).filter(|(_, asked)| **asked > 0).map(|(free, asked)| (free / asked).max(0)).min();
    u32::try_from(fitting.unwrap_or(0)).unwrap_or(u32::MAX)
}
