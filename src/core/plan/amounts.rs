//! Sums over rows of amounts, one for each resource, and numbers for the document.

/// The most pods that one object can stand for which are not in the API: a typing error must not
/// fill a cluster's quota, or the memory.
pub(super) const MOST_ABSENT_PODS: u32 = 10_000;

/// Takes the requests of a number of pods off the free amounts.
pub(crate) fn take(free: &mut [i64], requests: &[i64], pods: u32) {
    for (free, requested) in free.iter_mut().zip(requests) {
        *free = free.saturating_sub(requested.saturating_mul(i64::from(pods)));
    }
}

/// Adds to the free amounts.
pub(crate) fn give(free: &mut [i64], offered: &[i64]) {
    for (free, offered) in free.iter_mut().zip(offered) {
        *free = free.saturating_add(*offered);
    }
}

/// Returns the greatest number of which both are multiples.
pub(crate) fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// Converts a number of things to that of the document.
pub(crate) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a number is left out of a document, since it is the usual one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::fits;

    #[test]
    fn amounts_beyond_all_measure_leave_nothing_free() {
        let mut free = [4000, i64::MIN];
        take(&mut free, &[i64::MAX, i64::MAX], 3);
        assert_eq!(free, [4000 - i64::MAX, i64::MIN]);
        assert!(!fits(&free, &[1, 0]));
    }
}
