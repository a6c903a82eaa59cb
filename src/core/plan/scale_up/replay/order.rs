//! Orders of pods of one priority that were created in the same second. The scheduler's own is not
//! known: it takes pods in the order in which it has seen them, and the time of creation that is
//! written down has whole seconds.

use crate::plan::pending::Waiting;
use crate::scheduler::binding::Turn;

/// An order of such pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// That of their names.
    Names,
    /// The same backwards.
    NamesBackwards,
    /// One that has nothing to do with their names, another one for each number.
    Mixed(u64),
}

impl Order {
    /// The orders that are tried.
    pub(super) const ALL: [Self; 5] = [Self::Names, Self::NamesBackwards, Self::Mixed(1), Self::Mixed(2), Self::Mixed(3)];

    /// Returns the turn of a pod of a priority.
    pub(super) fn turn(self, priority: i32, waiting: &Waiting) -> Turn {
        Turn::new(priority, waiting.created_at, self.number(waiting.pod))
    }

    /// Returns the place of a number in this order.
    pub(super) fn number(self, number: usize) -> usize {
        match self {
            Self::Names => number,
            Self::NamesBackwards => usize::MAX - number,
            Self::Mixed(seed) => mixed(seed, number),
        }
    }
}

/// Returns a number that no other pod has with this seed, by the last step of `SplitMix64`.
fn mixed(seed: u64, pod: usize) -> usize {
    let word = (pod as u64).wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from(word ^ (word >> 31)).unwrap_or(pod)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn sorted(order: Order, seconds: [i64; 6]) -> Vec<usize> {
        let waiting = |(pod, second): (usize, i64)| {
            let created_at = Timestamp::from_second(second).expect("a timestamp");
            (order.turn(0, &Waiting { created_at, pod }), pod)
        };
        let mut turns: Vec<_> = seconds.into_iter().enumerate().map(waiting).collect();
        turns.sort_unstable();
        turns.into_iter().map(|(_, pod)| pod).collect()
    }

    #[test]
    fn only_pods_of_the_same_second_change_their_places() {
        let ages = [9, 5, 5, 5, 5, 1];
        assert_eq!(sorted(Order::Names, ages), [5, 1, 2, 3, 4, 0]);
        assert_eq!(sorted(Order::NamesBackwards, ages), [5, 4, 3, 2, 1, 0]);
        let mixed = [1, 2, 3].map(|seed| sorted(Order::Mixed(seed), [0; 6]));
        assert!(mixed[0] != mixed[1] && mixed[1] != mixed[2] && mixed[0] != mixed[2], "{mixed:?}");
    }
}
