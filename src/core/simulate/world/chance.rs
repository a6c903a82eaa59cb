//! Repeatable chance: a number follows from the seed and from its purpose, not from what was drawn
//! before.

use std::time::Duration;

use crate::duration::Seconds;

/// Returns the time until an event with a constant rate per hour: exponentially distributed, at
/// least a second. `None` when it never happens.
pub(super) fn waiting_time(seed: u64, number: u64, per_hour: f64) -> Option<Seconds> {
    const HOUR: f64 = 3600.0;
    if per_hour <= 0.0 {
        return None;
    }
    let seconds = -share(seed, number).ln() * HOUR / per_hour;
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_secs();
    Some(Seconds(whole.max(1)))
}

/// Returns a number for a purpose.
pub(super) fn lot(seed: u64, number: u64) -> u64 {
    mixed(seed ^ mixed(number))
}

/// Returns a number above 0 and up to 1.
fn share(seed: u64, number: u64) -> f64 {
    let high = u32::try_from(lot(seed, number) >> 32).expect("half of the bits");
    (f64::from(high) + 1.0) / (f64::from(u32::MAX) + 1.0)
}

/// Computes a step of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators").
fn mixed(word: u64) -> u64 {
    let mut word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_of_the_rate_and_nothing_happens_without_one() {
        let drawn: Vec<u64> = (0..20_000).map(|number| waiting_time(7, number, 2.0).expect("a rate").0).collect();
        let mean = drawn.iter().sum::<u64>() / drawn.len() as u64;
        assert!((1760..=1840).contains(&mean), "{mean}");
        // Half of them come before ln 2 times the mean.
        let early = drawn.iter().filter(|time| **time < 1248).count();
        assert!((9700..=10_300).contains(&early), "{early}");
        assert_eq!(waiting_time(7, 0, 0.0), None);
        assert_ne!(waiting_time(7, 1, 2.0), waiting_time(8, 1, 2.0));
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // The first outputs for the seed 1234567 of the reference implementation.
        let golden = 0x9e37_79b9_7f4a_7c15_u64;
        assert_eq!(mixed(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(mixed(1_234_567_u64.wrapping_add(golden)), 3_203_168_211_198_807_973);
    }
}
