//! `random`: a number for each group, the same for the same seed, group and pod, on every machine
//! and in any order.

use crate::fnv::Fnv;
use crate::snapshot::{GroupId, Pod};

/// Returns the number of a group for pods like this one; the smallest goes first.
pub(in crate::plan::scale_up) fn drawn(seed: u64, group: &GroupId, pod: Option<&Pod>) -> u64 {
    let mut hash = Fnv::default();
    hash.take(&seed.to_le_bytes());
    let of_pod = pod.map_or(["", ""], |pod| [&pod.namespace, &pod.name]);
    for name in [group.region.as_str(), &group.name].into_iter().chain(of_pod) {
        hash.take(name.as_bytes());
        // No name holds a zero: "ab" and "c" are not "a" and "bc".
        hash.take(&[0]);
    }
    mixed(hash.value())
}

/// Spreads the bits of a hash by the last step of `SplitMix64`: FNV leaves the high bits of short
/// texts alike, and numbers are compared by them.
fn mixed(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> GroupId {
        GroupId { region: "us-west-2".into(), name: name.into() }
    }

    #[test]
    fn every_seed_draws_anew_and_each_group_wins_about_as_often() {
        let mut wins = [0; 3];
        for seed in 0..3000 {
            let numbers = ["a", "b", "c"].map(|name| drawn(seed, &group(name), None));
            let first = (0..3).min_by_key(|place| numbers[*place]).expect("three groups");
            wins[first] += 1;
        }
        assert!(wins.iter().all(|wins| (900..1100).contains(wins)), "{wins:?}");
    }
}
