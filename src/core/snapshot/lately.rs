//! Values that are read again and again: equal ones share their memory.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::thread::LocalKey;

use rustc_hash::FxHasher;

/// The names of as many nodes have room beside what their pods bring.
const SLOTS: u64 = 1 << 15;

/// Values that were made lately. It is one value of each of some ten thousand slots, so that its
/// memory does not grow with what is read.
#[derive(Debug, Clone)]
pub(super) struct Lately<T> {
    /// Empty before the first value.
    slots: Vec<Slot<T>>,
}

/// One of the values, and who wants its place.
#[derive(Debug, Clone)]
struct Slot<T> {
    value: Option<T>,
    /// The upper half of the hash of the value's key.
    hash: u32,
    /// The same of the key that was looked for here last in vain.
    challenger: u32,
}

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T: Clone> Lately<T> {
    /// Returns a copy of the kept value if it is what would be made of this; else the new one.
    ///
    /// A new value takes the place of another one when it is looked for twice in a row. Half of
    /// what pods bring, such as the names of their jobs, never comes again: it leaves the others in
    /// their place, and their hashes are compared without a look at them.
    pub(super) fn shared<M>(&mut self, hash: u64, made_of: M, is_same: fn(&T, &M) -> bool, new: fn(M) -> T) -> T {
        if self.slots.is_empty() {
            self.slots.extend((0..SLOTS).map(|_| Slot { value: None, hash: 0, challenger: 0 }));
        }
        let slot = &mut self.slots[usize::try_from(hash % SLOTS).expect("there are few")];
        let hash = u32::try_from(hash >> u32::BITS).expect("half of it");
        match &slot.value {
            Some(value) if slot.hash == hash && is_same(value, &made_of) => value.clone(),
            Some(_) if slot.challenger != hash => {
                slot.challenger = hash;
                new(made_of)
            }
            _ => {
                slot.hash = hash;
                slot.value.insert(new(made_of)).clone()
            }
        }
    }
}

/// Returns the hash by which a value is looked for.
pub(super) fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// What a thread has made lately, while it reads a document.
pub(super) type LatelyHere<T> = RefCell<Option<Lately<T>>>;

/// Does work in which equal values of a thread share their memory.
pub(super) fn during<T: 'static, R>(here: &'static LocalKey<LatelyHere<T>>, work: impl FnOnce() -> R) -> R {
    let outer = here.replace(Some(Lately::default()));
    let done = work();
    here.set(outer);
    done
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Returns the value that is kept for a key or made, with the count of those that were made.
    fn value(lately: &mut Lately<u64>, made: &Cell<u64>, key: u64) -> u64 {
        lately.shared(hash_of(&key), made, |_, _| true, |made| made.replace(made.get() + 1))
    }

    #[test]
    fn the_memory_does_not_grow_with_the_keys() {
        let (mut lately, made) = (Lately::default(), Cell::new(0));
        for key in 0..3 * SLOTS {
            value(&mut lately, &made, key);
        }
        assert_eq!((lately.slots.len() as u64, made.get()), (SLOTS, 3 * SLOTS));
    }

    #[test]
    fn what_comes_once_leaves_the_others_in_their_place() {
        let (mut lately, made) = (Lately::default(), Cell::new(0));
        let first = value(&mut lately, &made, 0);
        for key in 1..3 * SLOTS {
            value(&mut lately, &made, key);
        }
        assert_eq!(value(&mut lately, &made, 0), first);
    }

    #[test]
    fn what_comes_twice_in_a_row_has_a_place() {
        let (mut lately, made) = (Lately::default(), Cell::new(0));
        for key in 0..3 * SLOTS {
            value(&mut lately, &made, key);
            let kept = value(&mut lately, &made, key);
            assert_eq!(value(&mut lately, &made, key), kept, "{key}");
        }
    }
}
