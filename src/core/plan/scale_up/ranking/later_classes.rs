//! The classes that have their turn after the one that is bought for, and what they leave to do.

use super::wanted::Wanted;
use crate::plan::pending::ClassIx;

/// The later classes that still have pods. Each is looked at once, and only when groups that take
/// few of those before it reach so far.
pub(super) struct LaterClasses<'w> {
    unseen: &'w [ClassIx],
    left_of: &'w dyn Fn(ClassIx) -> u32,
    /// Those seen that have pods, with their number.
    with_pods: Vec<(ClassIx, u32)>,
}

impl<'w> LaterClasses<'w> {
    pub(super) fn of(wanted: Wanted<'w>) -> Self {
        Self { unseen: wanted.later, left_of: wanted.left_of, with_pods: Vec::new() }
    }

    /// Returns the first ones that are wanted, at most so many, with the pods that each still has.
    pub(super) fn first(&mut self, most: usize, is_wanted: impl Fn(ClassIx) -> bool) -> Vec<(ClassIx, u32)> {
        let seen = self.with_pods.iter().copied().filter(|(class, _)| is_wanted(*class));
        let mut first: Vec<(ClassIx, u32)> = seen.take(most).collect();
        while first.len() < most
            && let Some((class, unseen)) = self.unseen.split_first()
        {
            self.unseen = unseen;
            let pods = (self.left_of)(*class);
            if pods > 0 {
                self.with_pods.push((*class, pods));
                first.extend(is_wanted(*class).then_some((*class, pods)));
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::index_vec::Number as _;

    #[test]
    fn a_class_without_pods_is_none_and_each_is_looked_at_once() {
        let later: Vec<ClassIx> = (0..10).map(ClassIx::from_index).collect();
        let looks = Cell::new(0);
        let left_of = |class: ClassIx| {
            looks.set(looks.get() + 1);
            u32::from(!class.index().is_multiple_of(3))
        };
        let mut classes = LaterClasses::of(Wanted { class: later[0], later: &later, pods: 1, left_of: &left_of });
        let mut first = |most: usize, from: usize| {
            let found = classes.first(most, |class| class.index() >= from);
            (found.into_iter().map(|(class, _)| class.index()).collect::<Vec<_>>(), looks.get())
        };
        assert_eq!(first(2, 2), (vec![2, 4], 5), "no further than the last of them");
        assert_eq!(first(2, 1), (vec![1, 2], 5));
        assert_eq!(first(3, 4), (vec![4, 5, 7], 8), "those seen come first");
        assert_eq!(first(9, 0), (vec![1, 2, 4, 5, 7, 8], 10));
    }
}
