//! How many objects a page of a list holds: as many as fit into a few MiB.

use super::call::LONGEST_ANSWER;

/// At most this many objects are on a page. 500 is what kubectl and the controllers request.
const MOST_OBJECTS: u32 = 500;

/// A page should be at most this long. 500 pods of the usual length are half as long.
const PAGE: usize = 8 << 20;

/// A page that turns out longer is not read to its end but requested again with fewer objects.
const CUT: usize = 2 * PAGE;

/// The size of the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSize {
    objects: u32,
}

impl Default for PageSize {
    fn default() -> Self {
        Self { objects: MOST_OBJECTS }
    }
}

impl PageSize {
    /// Returns how many objects to request.
    pub(super) fn objects(self) -> u32 {
        self.objects
    }

    /// Returns how long the page may be. A single object is read whatever its length, up to the
    /// limit of any answer.
    pub(super) fn most_bytes(self) -> usize {
        if self.objects == 1 { LONGEST_ANSWER } else { CUT }
    }

    /// Reduces the page to a quarter of the objects; returns whether that is fewer.
    pub(super) fn shrink(&mut self) -> bool {
        let is_more_than_one = self.objects > 1;
        self.objects = (self.objects / 4).max(1);
        is_more_than_one
    }

    /// Adapts to the length of a page: fewer objects after one that was too long, a few more after
    /// one that left room.
    pub(super) fn follow(&mut self, bytes: usize) {
        if bytes > PAGE {
            let fitting = u64::from(self.objects) * PAGE as u64 / bytes as u64;
            self.objects = u32::try_from(fitting).unwrap_or(MOST_OBJECTS).max(1);
        } else if bytes < PAGE / 2 {
            self.objects = (self.objects + (self.objects / 4).max(1)).min(MOST_OBJECTS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn a_page_that_was_too_long_is_followed_by_one_that_fits() {
        for (objects, bytes, next) in [
            (500, 3 * MIB, 500),
            (500, 8 * MIB, 500),
            (500, 16 * MIB, 250),
            (2, 12 * MIB, 1),
            (1, 60 * MIB, 1),
            (100, MIB, 125),
            (1, MIB, 2),
            (450, MIB, 500),
            (100, 6 * MIB, 100),
        ] {
            let mut size = PageSize { objects };
            size.follow(bytes);
            assert_eq!(size.objects(), next, "{objects} objects in {bytes} bytes");
        }
    }

    #[test]
    fn one_object_is_the_least_and_may_have_any_length() {
        let mut size = PageSize::default();
        let mut tried = vec![(size.objects(), size.most_bytes() / MIB)];
        while size.shrink() {
            tried.push((size.objects(), size.most_bytes() / MIB));
        }
        assert_eq!(tried, [(500, 16), (125, 16), (31, 16), (7, 16), (1, 64)]);
    }
}
