//! Instances that were launched for nothing, or removed too early.

use schemars::JsonSchema;
use serde::Serialize;

use crate::duration::Seconds;
use crate::simulate::{Departure, InstanceStory};

/// An instance launched this soon after another of its group was scaled in might as well have been
/// that one. Cluster Autoscaler waits as long with a scale-in after it added a node (its
/// `--scale-down-delay-after-add`, 10 minutes by default). The window does not follow
/// `--idle-threshold`, so that two policies are measured by one rule.
pub const FLAP_WINDOW: Seconds = Seconds::minutes(10);

/// What another policy might have spared. An instance counts at most once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Flaps {
    /// Instances that were launched and scaled in again without ever having been busy.
    pub never_used: u32,
    /// Other instances that were scaled in, with one of the same group launched at most 10 minutes
    /// later in their place.
    pub bought_again: u32,
}

impl Flaps {
    /// Returns the flaps among the instances of one group.
    pub(super) fn among<'a>(instances: impl Iterator<Item = &'a InstanceStory>) -> Self {
        let (mut never_used, mut removals, mut launches) = (0, Vec::new(), Vec::new());
        for instance in instances {
            let was_launched = instance.launched_at > Seconds(0);
            launches.extend(was_launched.then_some(instance.launched_at));
            match instance.ended {
                // An instance that was idle when the simulation began was bought by an unknown
                // buyer.
                Some((_, Departure::ScaledIn)) if was_launched && instance.busy == Seconds(0) => never_used += 1,
                Some((at, Departure::ScaledIn)) => removals.push(at),
                Some((
                    _,
                    Departure::Interrupted
                    | Departure::Failed
                    | Departure::ReservationEnded
                    | Departure::Surplus
                    | Departure::TooOld,
                ))
                | None => {}
            }
        }
        Self { never_used, bought_again: in_place_of(removals, launches) }
    }

    /// Returns their sum.
    #[must_use]
    pub fn sum(self) -> u32 {
        self.never_used + self.bought_again
    }

    pub(super) fn add(&mut self, other: Self) {
        self.never_used += other.never_used;
        self.bought_again += other.bought_again;
    }
}

/// Counts the launches that take the place of a removal, each of one: the oldest that is recent
/// enough, so that most launches find one.
fn in_place_of(mut removals: Vec<Seconds>, mut launches: Vec<Seconds>) -> u32 {
    removals.sort_unstable();
    launches.sort_unstable();
    let mut removals = removals.into_iter().peekable();
    let mut found = 0;
    for launch in launches {
        while removals.next_if(|removal| removal.0 + FLAP_WINDOW.0 < launch.0).is_some() {}
        found += u32::from(removals.next_if(|removal| *removal <= launch).is_some());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(removals: &[u64], launches: &[u64]) -> u32 {
        let seconds = |times: &[u64]| times.iter().copied().map(Seconds).collect();
        in_place_of(seconds(removals), seconds(launches))
    }

    #[test]
    fn a_launch_takes_the_place_of_one_removal_not_long_before() {
        assert_eq!(found(&[1000], &[1600]), 1);
        assert_eq!(found(&[1000], &[1601]), 0);
        assert_eq!(found(&[1000], &[999]), 0);
        assert_eq!(found(&[1000, 1000, 1000], &[1100]), 1);
        assert_eq!(found(&[1000], &[1100, 1200]), 1);
        assert_eq!(found(&[2000, 1000], &[2100, 1500]), 2);
        assert_eq!(found(&[], &[5]), 0);
    }
}
