//! `--max-scale-in-fraction`, for terminations and for cordons.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Holds;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

pub(super) fn terminations_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, terminations_left, .. } = *question.holds;
    (terminations_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}

pub(super) fn cordons_used_up(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let Holds { limit, cordons_left, .. } = *question.holds;
    (cordons_left == 0).then_some(HeldBy(Hold::ScaleInLimit { limit }))
}

/// Returns how many nodes may go in one run: a fraction of the managed ones, rounded up, so that
/// even a small fleet can shrink.
pub(in crate::plan::scale_in::holds) fn scale_in_limit(managed: usize, fraction: f64) -> u32 {
    #[expect(clippy::cast_precision_loss, reason = "counts of nodes are far below 2^52")]
    let exact = managed as f64 * fraction;
    // 0.1 is no binary fraction: a product that is whole but for its last bits must not round up.
    let limit = (exact - 1e-9).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a count of nodes")]
    let limit = limit.max(0.0) as u32;
    limit
}

#[cfg(test)]
mod tests {
    use super::scale_in_limit;

    #[test]
    fn the_limit_is_rounded_up_and_may_be_none() {
        for (managed, fraction, limit) in
            [(29, 0.1, 3), (30, 0.1, 3), (31, 0.1, 4), (1, 0.1, 1), (0, 0.1, 0), (50, 0.0, 0), (7, 1.0, 7)]
        {
            assert_eq!(scale_in_limit(managed, fraction), limit, "{managed} × {fraction}");
        }
    }
}
