//! Lists whose places have a type of their own, so that a number of one list is never used in
//! another.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut, Range};

/// A place in a list.
pub trait Number: Copy + Ord {
    /// Returns the place of that index.
    fn from_index(index: usize) -> Self;
    /// Returns the index of the place.
    fn index(self) -> usize;
}

/// Defines types for the places of lists.
macro_rules! numbers {
    ($($(#[$doc:meta])* $visible:vis struct $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visible struct $name(usize);

        impl $crate::index_vec::Number for $name {
            fn from_index(index: usize) -> Self {
                Self(index)
            }

            fn index(self) -> usize {
                self.0
            }
        }
    )+};
}
pub(crate) use numbers;

/// The places of a list, the first one first.
pub type Numbers<N> = std::iter::Map<Range<usize>, fn(usize) -> N>;

/// A list with places of type `N`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexVec<N, T> {
    items: Vec<T>,
    places: PhantomData<N>,
}

impl<N: Number, T> IndexVec<N, T> {
    /// Returns an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { items: Vec::new(), places: PhantomData }
    }

    /// Returns a list of a length, with the same item at every place.
    #[must_use]
    pub fn filled(length: usize, item: T) -> Self
    where
        T: Clone,
    {
        vec![item; length].into()
    }

    /// Returns how many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns every place.
    pub fn numbers(&self) -> Numbers<N> {
        (0..self.items.len()).map(N::from_index)
    }

    /// Returns the place of the next item.
    #[must_use]
    pub fn next_number(&self) -> N {
        N::from_index(self.items.len())
    }

    /// Adds an item and returns its place.
    pub fn push(&mut self, item: T) -> N {
        let number = self.next_number();
        self.items.push(item);
        number
    }

    /// Removes the last item.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Returns every item.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// Returns every item, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// Returns the place of the first item that is wanted.
    pub fn position(&self, is_wanted: impl FnMut(&T) -> bool) -> Option<N> {
        self.items.iter().position(is_wanted).map(N::from_index)
    }

    /// Returns every item with its place.
    #[must_use]
    pub fn iter_numbered(&self) -> impl DoubleEndedIterator<Item = (N, &T)> + ExactSizeIterator + Clone {
        self.items.iter().enumerate().map(|(index, item)| (N::from_index(index), item))
    }

    /// Returns every item with its place, to be changed.
    pub fn iter_numbered_mut(&mut self) -> impl Iterator<Item = (N, &mut T)> {
        self.items.iter_mut().enumerate().map(|(index, item)| (N::from_index(index), item))
    }
}

impl<N: Number, T> Default for IndexVec<N, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N, T> From<Vec<T>> for IndexVec<N, T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, places: PhantomData }
    }
}

impl<N, T> FromIterator<T> for IndexVec<N, T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<N: Number, T> Index<N> for IndexVec<N, T> {
    type Output = T;

    fn index(&self, number: N) -> &T {
        &self.items[number.index()]
    }
}

impl<N: Number, T> IndexMut<N> for IndexVec<N, T> {
    fn index_mut(&mut self, number: N) -> &mut T {
        &mut self.items[number.index()]
    }
}

impl<N, T> IntoIterator for IndexVec<N, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'v, N, T> IntoIterator for &'v IndexVec<N, T> {
    type Item = &'v T;
    type IntoIter = std::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<'v, N, T> IntoIterator for &'v mut IndexVec<N, T> {
    type Item = &'v mut T;
    type IntoIter = std::slice::IterMut<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    numbers! {
        /// A seat at a table.
        struct Seat;
    }

    #[test]
    fn a_place_is_that_of_the_item_that_was_put_there() {
        let mut guests = IndexVec::<Seat, &str>::new();
        let (first, second) = (guests.push("Ann"), guests.push("Bob"));
        guests[first] = "Cid";
        assert_eq!((guests[first], guests[second]), ("Cid", "Bob"));
        assert_eq!(guests.numbers().collect::<Vec<_>>(), [first, second]);
        assert_eq!(guests.iter_numbered().next_back(), Some((second, &"Bob")));
        assert_eq!(guests.next_number().index(), guests.len());
    }
}
