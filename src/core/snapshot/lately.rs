//! Values that are read again and again: equal ones share their memory while a document, or a page
//! of one, is read.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// As many nodes have room beside what their pods bring.
pub(super) const HASHES: u64 = 1 << 14;

/// What a thread has made lately, while it reads. It is the newest value of each of some thousand
/// hashes, so that its memory does not grow with the document.
pub(super) struct Lately<T> {
    newest: RefCell<Option<Vec<Option<T>>>>,
}

impl<T: Clone> Lately<T> {
    pub(super) const fn new() -> Self {
        Self { newest: RefCell::new(None) }
    }

    /// Does work in which equal values share their memory.
    pub(super) fn during<R>(&self, work: impl FnOnce() -> R) -> R {
        let outer = self.newest.replace(Some((0..HASHES).map(|_| None).collect()));
        let done = work();
        self.newest.replace(outer);
        done
    }

    /// Returns the value that is the key's, and makes it if it was not there lately.
    pub(super) fn like(&self, key: &(impl Hash + ?Sized), is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> T {
        let mut newest = self.newest.borrow_mut();
        let Some(newest) = newest.as_mut() else { return make() };
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % HASHES).expect("there are few");
        let newest = &mut newest[place];
        match newest {
            Some(known) if is_it(known) => known.clone(),
            _ => newest.insert(make()).clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_any_more_is_made_anew() {
        let lately = Lately::new();
        let text = |number: u64| lately.like(&number, |known: &String| *known == number.to_string(), || number.to_string());
        let all = |numbers: u64| (0..numbers).all(|number| text(number) == number.to_string());
        assert!(all(10) && lately.during(|| all(3 * HASHES) && all(3 * HASHES)));
    }
}
