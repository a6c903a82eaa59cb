//! The scheduler's queue: by priority, then by age (`pkg/scheduler/framework/plugins/queuesort`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;

/// When a pod has its turn in the queue: the earlier, the less it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    priority: Reverse<i32>,
    created_at: Timestamp,
    /// The number of the pod, which decides between those of the same age.
    pub pod: usize,
}

impl Turn {
    /// Returns the turn of a pod.
    #[must_use]
    pub fn new(priority: i32, created_at: Timestamp, pod: usize) -> Self {
        Self { priority: Reverse(priority), created_at, pod }
    }
}

/// Goes through several lines at once, each of which is in order and comes with its first turn.
///
/// `serve` handles the first turn of a line, or all of those before the first one of the other
/// lines, which it receives. It returns the next turn of the line, unless the line is done with.
pub fn in_turn<L, T: Copy + Ord>(
    lines: impl IntoIterator<Item = (T, L)>,
    mut serve: impl FnMut(&mut L, Option<T>) -> Option<T>,
) {
    let (first, mut lines): (Vec<T>, Vec<L>) = lines.into_iter().unzip();
    let mut heads: BinaryHeap<Reverse<(T, usize)>> = first.into_iter().zip(0..).map(Reverse).collect();
    while let Some(Reverse((_, line))) = heads.pop() {
        let of_others = heads.peek().map(|Reverse((turn, _))| *turn);
        if let Some(turn) = serve(&mut lines[line], of_others) {
            heads.push(Reverse((turn, line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_important_has_its_turn_first_then_the_older() {
        let turn = |priority, second| Turn::new(priority, Timestamp::from_second(second).expect("a timestamp"), 0);
        assert!(turn(9, 7) < turn(0, 1));
        assert!(turn(0, 1) < turn(0, 7));
    }

    #[test]
    fn lines_are_gone_through_in_the_order_of_all_until_they_are_done_with() {
        let mut order = Vec::new();
        let lines = [vec![1, 4, 6], vec![2, 3, 7], vec![5]];
        in_turn(lines.into_iter().map(|line| (line[0], line)), |line, _| {
            order.push(line.remove(0));
            line.first().copied().filter(|turn| *turn != 6)
        });
        assert_eq!(order, [1, 2, 3, 4, 5, 7]);
    }
}
