//! Values that are read again and again: equal ones share their memory.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::thread::LocalKey;

use rustc_hash::FxHasher;

/// The names of as many nodes have room beside what their pods bring.
const HASHES: u64 = 1 << 15;

/// Values that were made lately. It is the newest value of each of some ten thousand hashes, so
/// that its memory does not grow with what is read.
#[derive(Debug, Clone)]
pub(super) struct Lately<T> {
    /// Empty before the first value.
    newest: Vec<Option<T>>,
}

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self { newest: Vec::new() }
    }
}

impl<T> Lately<T> {
    /// Returns the newest value of the key's hash, which may be that of another key.
    pub(super) fn newest(&mut self, key: &(impl Hash + ?Sized)) -> &mut Option<T> {
        if self.newest.is_empty() {
            self.newest.extend((0..HASHES).map(|_| None));
        }
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % HASHES).expect("there are few");
        &mut self.newest[place]
    }
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
    use super::*;

    #[test]
    fn the_memory_does_not_grow_with_the_keys() {
        let mut lately = Lately::default();
        for number in 0..3 * HASHES {
            *lately.newest(&number) = Some(number);
            assert_eq!(*lately.newest(&number), Some(number));
        }
        assert_eq!(lately.newest.len() as u64, HASHES);
    }
}
