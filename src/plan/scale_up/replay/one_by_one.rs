//! The replay with nodes that appear one after the other, each being filled before the next one is there.

use super::queue::Queue;
use super::{Kind, Pods};

/// After so many nodes the runs that are served are dropped: most of the time would go into passing over them.
const TIDY_EVERY: usize = 16;

/// Places the queue on nodes in the order in which they appear, for pods of which only requests matter.
pub(super) fn one_by_one(kinds: &[Kind], nodes: &[usize], pods: &Pods, queue: &mut Queue) {
    // For each class the newest node that has refused it.
    let mut refused = vec![usize::MAX; pods.classes()];
    for (number, &kind) in nodes.iter().enumerate() {
        let mut free = kinds[kind].free.clone();
        for run in queue.runs.iter_mut().filter(|run| run.left > 0) {
            if refused[run.class] == number {
                continue;
            }
            let taken = if pods.accepts(run.class, kind) { room(&free, pods.requests(run.class)).min(run.left) } else { 0 };
            for (free, asked) in free.iter_mut().zip(pods.requests(run.class)) {
                *free -= asked * i64::from(taken);
            }
            run.left -= taken;
            if run.left > 0 {
                refused[run.class] = number;
            }
        }
        if number % TIDY_EVERY == 0 {
            queue.runs.retain(|run| run.left > 0);
        }
    }
}

fn room(free: &[i64], requests: &[i64]) -> u32 {
    let fitting = free.iter().zip(requests).filter(|(_, asked)| **asked > 0).map(|(free, asked)| (free / asked).max(0)).min();
    u32::try_from(fitting.unwrap_or(0)).unwrap_or(u32::MAX)
}
