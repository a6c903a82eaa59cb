//! Which class comes first in the queue among those that fit what is free on a node. The classes
//! are the leaves of a binary tree whose branches know the least that any class below them
//! requests, and the first turn below them, so that most of them are never looked at.

/// The turn of a class that has none.
const NEVER: u32 = u32::MAX;

/// Classes with their turns in the queue.
#[derive(Debug)]
pub(super) struct FirstFitting {
    /// How many leaves there are: a power of two.
    leaves: usize,
    /// How many resources there are.
    width: usize,
    /// The first turn below each branch; the root is the first one, the leaves come last.
    turns: Vec<u32>,
    /// The least requested below each branch, one row a branch.
    least: Vec<i64>,
}

impl FirstFitting {
    /// Returns classes that have no turn yet, given what each requests.
    pub(super) fn new<'r>(requests: impl ExactSizeIterator<Item = &'r [i64]> + Clone) -> Self {
        let width = requests.clone().next().map_or(0, <[i64]>::len);
        let leaves = requests.len().next_power_of_two();
        let mut least = vec![i64::MAX; 2 * leaves * width];
        for (leaf, row) in requests.enumerate() {
            least[(leaves + leaf) * width..][..width].copy_from_slice(row);
        }
        for branch in (1..leaves).rev() {
            for column in 0..width {
                let [left, right] = [2 * branch, 2 * branch + 1].map(|child| least[child * width + column]);
                least[branch * width + column] = left.min(right);
            }
        }
        Self { leaves, width, turns: vec![NEVER; 2 * leaves], least }
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

    /// Returns the class with the first turn before `limit` whose requests fit, and its turn.
    pub(super) fn first(&self, free: &[i64], limit: u32) -> Option<(u32, usize)> {
        self.first_below(1, free, limit).map(|(turn, branch)| (turn, branch - self.leaves))
    }

    fn first_below(&self, branch: usize, free: &[i64], limit: u32) -> Option<(u32, usize)> {
        if self.turns[branch] >= limit || !self.may_fit(branch, free) {
            return None;
        }
        if branch >= self.leaves {
            return Some((self.turns[branch], branch));
        }
        let (left, right) = (2 * branch, 2 * branch + 1);
        let (sooner, later) = if self.turns[left] <= self.turns[right] { (left, right) } else { (right, left) };
        let first = self.first_below(sooner, free, limit);
        let limit = first.map_or(limit, |(turn, _)| turn);
        self.first_below(later, free, limit).or(first)
    }

    /// Whether a pod that requests the least below a branch would fit. A request of 0 never blocks.
    fn may_fit(&self, branch: usize, free: &[i64]) -> bool {
        let least = &self.least[branch * self.width..][..self.width];
        least.iter().zip(free).all(|(least, free)| *least <= 0 || least <= free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_fitting_classes_is_found() {
        let requests: Vec<[i64; 2]> = (0..100).map(|class| [class * 37 % 11, class * 53 % 13]).collect();
        let mut tree = FirstFitting::new(requests.iter().map(<[i64; 2]>::as_slice));
        assert_eq!(tree.first(&[99, 99], NEVER), None, "nobody has a turn");
        let mut turns: Vec<u32> = (0..100).map(|class| class * 71 % 101).collect();
        for (class, turn) in turns.iter().enumerate() {
            tree.set(class, Some(*turn));
        }
        let expected = |turns: &[u32], free: [i64; 2]| {
            let fitting = (0..100).filter(|class| (0..2).all(|column| requests[*class][column] <= free[column]));
            fitting.filter(|class| turns[*class] < NEVER).map(|class| (turns[class], class)).min()
        };
        for step in 0..100 {
            let free = [step % 12, step * 5 % 14];
            let first = tree.first(&free, NEVER);
            assert_eq!(first, expected(&turns, free), "{free:?}");
            let Some((turn, class)) = first else { continue };
            assert_eq!(tree.first(&free, turn), None, "nobody comes before");
            turns[class] = NEVER;
            tree.set(class, None);
        }
    }

    #[test]
    fn who_requests_nothing_fits_where_less_than_nothing_is_free() {
        let mut tree = FirstFitting::new([[0, 1].as_slice(), &[1, 0]].into_iter());
        for class in 0..2 {
            tree.set(class, Some(7));
        }
        assert_eq!(tree.first(&[-1, 1], NEVER), Some((7, 0)));
    }
}
