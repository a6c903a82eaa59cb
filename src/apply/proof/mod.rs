//! What must be proved before anything goes, one type for each way of going.
//!
//! A machine ends, a pod is evicted and a Node object is deleted only on positive, fresh proof: what is not on a list may be there.
//! So the calls that do it take one of these by value, and each is made in one place, from what was read and when:
//!
//! | proof | of | read in this order |
//! |---|---|---|
//! | [`Termination`] | a node that an earlier run cordoned | group, claims and nominations, Lease, Nodes, pods of the node |
//! | [`UnhealthyTermination`] | a dead node, or an instance that never became one | group, EC2's word, Lease, Nodes, pods |
//! | [`Eviction`] | a pod of a node that we empty | budgets, Lease, Node, pods of the node |
//! | [`NodeDeletion`] | a Node object whose instance is no more | EC2's word, Lease, Node |
//!
//! What changes fastest is read last: a pod is bound in milliseconds, a group changes in minutes. The request follows within
//! [`FRESH_FOR`] of *asking* for that last list, and not of having read it: the answer may have waited in a socket while this
//! process stood still. After that all of it is read again, [`MOST_LOOKS`] times at most.
//!
//! Everything here is pure. Where a proof is missing, [`Missing`] names it.

mod deletion;
mod emptiness;
mod eviction;
mod expected;
mod identity;
mod may_lose;
mod termination;
mod unhealthy;

use std::time::Duration;

pub(super) use deletion::must_be_silent;
pub use deletion::{Deletable, DeletionLooks, LEAST_MARK_AGE, NodeDeletion};
pub use emptiness::{PodRules, PodsNow};
pub(super) use eviction::nobody_may_stay;
pub use eviction::{Evictable, Eviction, EvictionLooks};
pub use expected::{CLAIM_COUNTS_FOR, Expected};
pub use identity::InstanceNames;
pub use termination::{Doomed, Termination, TerminationLooks};
pub use unhealthy::{BoundPod, DeadLooks, StrangerLooks, Unhealthy, UnhealthyTermination};

use super::lease::Tenure;
use super::outcome::{NotReachedReason, SkipReason};
use super::steady::SteadyTime;
use crate::cloud::Share;

/// How long after the last list was asked for the request is sent.
pub const FRESH_FOR: Duration = Duration::from_secs(2);

/// How often everything is read for one request before the step is left to the next run.
pub const MOST_LOOKS: u32 = 3;

/// Which proof is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Something is not as it must be.
    Fact(SkipReason),
    /// The Lease is not surely ours, or was not all the time.
    Lease(NotReachedReason),
}

impl From<SkipReason> for Missing {
    fn from(reason: SkipReason) -> Self {
        Self::Fact(reason)
    }
}

impl From<NotReachedReason> for Missing {
    fn from(reason: NotReachedReason) -> Self {
        Self::Lease(reason)
    }
}

/// The Lease as a step sees it: how long it has been ours, and since when that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseNow {
    /// Since when it has been ours without a lapse.
    pub tenure: Tenure,
    /// The step's first look at anything.
    pub first_look: SteadyTime,
    /// When the Lease itself was looked at.
    pub at: SteadyTime,
}

impl LeaseNow {
    /// Whether it was ours beyond doubt from the first look to this one.
    fn must_be_ours(&self) -> Result<(), NotReachedReason> {
        self.tenure.check(self.first_look, self.at)
    }
}

/// The moment of a proof's last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastLook(SteadyTime);

impl LastLook {
    /// Whether a request may still be sent on it.
    #[must_use]
    pub fn is_fresh(self, now: SteadyTime) -> bool {
        now.since(self.0) <= FRESH_FOR
    }
}

/// The proof on which an instance ends.
#[derive(Debug)]
pub enum InstanceProof {
    /// A node that an earlier run cordoned, and that is empty.
    Emptied(Termination),
    /// What does no work and never will.
    Unhealthy(UnhealthyTermination),
}

impl InstanceProof {
    /// The instance.
    #[must_use]
    pub fn instance(&self) -> &str {
        match self {
            Self::Emptied(proof) => proof.instance(),
            Self::Unhealthy(proof) => proof.instance(),
        }
    }

    /// What becomes of its share of the desired capacity.
    #[must_use]
    pub fn share(&self) -> Share {
        match self {
            Self::Emptied(_) => Share::Goes,
            Self::Unhealthy(proof) => proof.share(),
        }
    }

    /// When its last list was asked for.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        match self {
            Self::Emptied(proof) => proof.last_look(),
            Self::Unhealthy(proof) => proof.last_look(),
        }
    }
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_fresh_for_two_seconds() {
        let at = |milliseconds| SteadyTime::after_start(Duration::from_millis(milliseconds));
        let look = LastLook(at(10_000));
        for (now, fresh) in [(10_000, true), (12_000, true), (12_001, false), (610_000, false)] {
            assert_eq!(look.is_fresh(at(now)), fresh, "{now}");
        }
    }
}
