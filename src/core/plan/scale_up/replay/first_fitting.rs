//! Which class comes first in the queue among those that fit what is free on a node. The classes
//! are the leaves of a binary tree whose branches know the least that any class below them
//! requests, and the first turn below them, so that most of them are never looked at.

/// The turn of a class that has none.
const NEVER: u32 = u32::MAX;

/// A branch of the tree, or a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BranchIx(usize);

/// What follows a branch.
#[derive(Debug)]
pub(super) enum Below {
    /// A class, by its number.
    Class(usize),
    /// Those of two branches below which any class has a turn, each with the first of these.
    Branches([Option<(u32, BranchIx)>; 2]),
}

/// Classes with their turns in the queue.
#[derive(Debug)]
pub(super) struct FirstFitting {
    /// How many leaves there are: a power of two.
    leaves: usize,
    /// The resources that any class requests, by column.
    columns: Vec<usize>,
    /// The first turn below each branch; the root is the first one, the leaves come last.
    turns: Vec<u32>,
    /// The least requested below each branch, one row a branch.
    least: Vec<i64>,
}

impl FirstFitting {
    /// Returns classes that have no turn yet, given what each requests.
    pub(super) fn new<'r>(requests: impl ExactSizeIterator<Item = &'r [i64]> + Clone) -> Self {
        let all = requests.clone().next().map_or(0, <[i64]>::len);
        let columns: Vec<usize> = (0..all).filter(|column| requests.clone().any(|row| row[*column] > 0)).collect();
        let (leaves, width) = (requests.len().next_power_of_two(), columns.len());
        let mut least = vec![i64::MAX; 2 * leaves * width];
        for (leaf, row) in requests.enumerate() {
            for (least, column) in least[(leaves + leaf) * width..].iter_mut().zip(&columns) {
                *least = row[*column];
            }
        }
        for branch in (1..leaves).rev() {
            for column in 0..width {
                let [left, right] = [2 * branch, 2 * branch + 1].map(|child| least[child * width + column]);
                least[branch * width + column] = left.min(right);
            }
        }
        Self { leaves, columns, turns: vec![NEVER; 2 * leaves], least }
    }

    /// Sets when a class has its turn; `None` when it has none.
    pub(super) fn set(&mut self, class: usize, turn: Option<u32>) {
        let mut branch = self.leaves + class;
        self.turns[branch] = turn.unwrap_or(NEVER);
        while branch > 1 {
            branch /= 2;
            let first = self.turns[2 * branch].min(self.turns[2 * branch + 1]);
            if self.turns[branch] == first {
                break;
            }
            self.turns[branch] = first;
        }
    }

    /// Returns the branch above all classes, and the first turn below it.
    pub(super) fn root(&self) -> Option<(u32, BranchIx)> {
        self.with_turn(1)
    }

    /// Returns what follows a branch: its class, or the branches below it with their first turns.
    pub(super) fn below(&self, branch: BranchIx) -> Below {
        match branch.0.checked_sub(self.leaves) {
            Some(class) => Below::Class(class),
            None => Below::Branches([2 * branch.0, 2 * branch.0 + 1].map(|child| self.with_turn(child))),
        }
    }

    /// Returns the branch of a class with its turn, if it has one.
    pub(super) fn of_class(&self, class: usize) -> Option<(u32, BranchIx)> {
        self.with_turn(self.leaves + class)
    }

    fn with_turn(&self, branch: usize) -> Option<(u32, BranchIx)> {
        let turn = self.turns[branch];
        (turn != NEVER).then_some((turn, BranchIx(branch)))
    }

    /// Whether a pod that requests the least below a branch would fit. A request of 0 never blocks.
    pub(super) fn may_fit(&self, branch: BranchIx, free: &[i64]) -> bool {
        let width = self.columns.len();
        let least = &self.least[branch.0 * width..][..width];
        least.iter().zip(&self.columns).all(|(least, column)| *least <= 0 || *least <= free[*column])
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use super::*;

    /// Returns the fitting classes with their turns, the first turn first.
    fn fitting(tree: &FirstFitting, free: [i64; 2]) -> Vec<(u32, usize)> {
        let mut frontier: BinaryHeap<Reverse<(u32, BranchIx)>> = tree.root().into_iter().map(Reverse).collect();
        let mut found = Vec::new();
        while let Some(Reverse((turn, branch))) = frontier.pop() {
            if !tree.may_fit(branch, &free) {
                continue;
            }
            match tree.below(branch) {
                Below::Class(class) => found.push((turn, class)),
                Below::Branches(branches) => frontier.extend(branches.into_iter().flatten().map(Reverse)),
            }
        }
        found
    }

    #[test]
    fn fitting_classes_are_found_in_the_order_of_their_turns() {
        let requests: Vec<[i64; 2]> = (0..100).map(|class| [class * 37 % 11, class * 53 % 13]).collect();
        let mut tree = FirstFitting::new(requests.iter().map(<[i64; 2]>::as_slice));
        assert_eq!(fitting(&tree, [99, 99]), [], "nobody has a turn");
        let mut turns: Vec<u32> = (0..100).map(|class| class * 71 % 101).collect();
        for (class, turn) in turns.iter().enumerate() {
            tree.set(class, Some(*turn));
        }
        let expected = |turns: &[u32], free: [i64; 2]| {
            let fits = |class: &usize| (0..2).all(|column| requests[*class][column] <= free[column]);
            let with_turn = (0..100).filter(fits).filter(|class| turns[*class] < NEVER);
            let mut found: Vec<(u32, usize)> = with_turn.map(|class| (turns[class], class)).collect();
            found.sort_unstable();
            found
        };
        for step in 0..100 {
            let free = [step % 12, step * 5 % 14];
            let found = fitting(&tree, free);
            assert_eq!(found, expected(&turns, free), "{free:?}");
            let Some((_, class)) = found.first() else { continue };
            turns[*class] = NEVER;
            tree.set(*class, None);
        }
    }

    #[test]
    fn who_requests_nothing_fits_where_less_than_nothing_is_free() {
        let mut tree = FirstFitting::new([[0, 1].as_slice(), &[1, 0]].into_iter());
        for class in 0..2 {
            tree.set(class, Some(7));
        }
        assert_eq!(fitting(&tree, [-1, 1]), [(7, 0)]);
    }
}
