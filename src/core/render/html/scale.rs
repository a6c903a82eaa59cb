//! The positions and labels of the ticks of an axis.

use crate::duration::Seconds;

/// An axis of amounts has at most this many steps.
const STEPS: f64 = 5.0;
/// An axis of time has at most this many ticks, so that their labels have room.
const TIMES: u64 = 8;

/// Steps of time in which people count.
const TIME_STEPS: [Seconds; 16] = [
    Seconds(10),
    Seconds::minutes(1),
    Seconds::minutes(2),
    Seconds::minutes(5),
    Seconds::minutes(10),
    Seconds::minutes(15),
    Seconds::minutes(30),
    Seconds::minutes(60),
    Seconds::minutes(2 * 60),
    Seconds::minutes(3 * 60),
    Seconds::minutes(6 * 60),
    Seconds::minutes(12 * 60),
    Seconds::minutes(24 * 60),
    Seconds::minutes(2 * 24 * 60),
    Seconds::minutes(7 * 24 * 60),
    Seconds::minutes(28 * 24 * 60),
];

/// Converts a number to a position in a picture, which is exact enough.
#[expect(clippy::cast_precision_loss, reason = "the 53rd binary digit of a position is invisible")]
pub(super) fn number(number: u64) -> f64 {
    number as f64
}

/// An axis of amounts, from 0 to a round number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) top: f64,
    step: f64,
}

impl Scale {
    /// Returns an axis that reaches at least to `most`; `whole` where there is nothing between two
    /// whole numbers.
    pub(super) fn up_to(most: f64, whole: bool) -> Self {
        let least = if whole { 1.0 } else { 0.01 };
        let rough = (most / STEPS).max(least);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough * 0.999_999);
        let step = step.unwrap_or(rough).max(least);
        Self { top: (most / step * 0.999_999).ceil().max(1.0) * step, step }
    }

    /// Returns each tick with its label.
    pub(super) fn ticks(self) -> Vec<(f64, String)> {
        let decimals = if self.step >= 1.0 { 0 } else { 2 };
        let mut ticks = Vec::new();
        let mut at = 0.0;
        while at <= self.top * 1.000_001 {
            ticks.push((at, format!("{at:.decimals$}")));
            at += self.step;
        }
        ticks
    }
}

/// Returns the ticks of an axis of time.
pub(super) fn times(lasted: Seconds) -> Vec<Seconds> {
    let longest = TIME_STEPS[TIME_STEPS.len() - 1];
    let step = TIME_STEPS.into_iter().find(|step| lasted.0 <= step.0 * TIMES).unwrap_or(longest);
    let step = step.0 * (lasted.0 / (step.0 * TIMES * 4)).max(1);
    (0..=lasted.0 / step).map(|tick| Seconds(tick * step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (most, whole, top, ticks) in [
            (0.0, true, 1.0, 2),
            (1.0, true, 1.0, 2),
            (7.0, true, 8.0, 5),
            (10.0, true, 10.0, 6),
            (41.0, true, 50.0, 6),
            (0.37, false, 0.4, 5),
            (0.0, false, 0.01, 2),
            (412.3, false, 500.0, 6),
            (123_456.0, true, 150_000.0, 4),
        ] {
            let scale = Scale::up_to(most, whole);
            assert!((scale.top - top).abs() < 1e-6 * top, "{most}: {scale:?}");
            assert_eq!(scale.ticks().len(), ticks, "{most}: {:?}", scale.ticks());
        }
    }

    #[test]
    fn times_are_few_and_round() {
        for (lasted, ticks) in [(0, 1), (70, 8), (3600, 7), (7200, 9), (86_400, 9), (7 * 86_400, 8), (400 * 86_400, 15)] {
            assert!(times(Seconds(lasted)).len() <= ticks, "{lasted}: {:?}", times(Seconds(lasted)));
        }
        assert_eq!(times(Seconds(86_400))[1], Seconds(3 * 3600));
    }
}
