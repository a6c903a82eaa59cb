//! The proofs that removals need, one type for each kind of removal.
//!
//! A machine ends, a pod is evicted and a Node object is deleted only on positive, fresh proof:
//! what is missing from a list may exist. So the calls that remove take a proof by value, and each
//! proof is made in one place, from what was read and when:
//!
//! | proof | of | read in this order |
//! |---|---|---|
//! | [`Termination`] | a node cordoned before | group, nominations, claims, Lease, Nodes, pods |
//! | [`UnhealthyTermination`] | a dead node, or no node | group, health, Lease, Nodes, pods |
//! | [`EvictionProof`] | a pod of a node that we drain | budgets, Lease, Node, pods of the node |
//! | [`NodeDeletion`] | a Node object whose instance is gone | health, Lease, Node |
//!
//! Health is what EC2 reports. What changes fastest is read last: a pod is bound in milliseconds, a
//! group changes in minutes. The request follows within [`FRESH_FOR`] of *requesting* that last
//! list, and not of having read it: the answer may have waited in a socket while this process stood
//! still. After that everything is read again, at most [`MOST_LOOKS`] times.
//!
//! Everything here is pure. Where a proof is missing, [`MissingProof`] names it.

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
pub use eviction::{Evictable, EvictionLooks, EvictionProof};
pub use expected::{CLAIM_COUNTS_FOR, Expected};
pub use identity::InstanceNames;
pub use termination::{Terminable, Termination, TerminationLooks};
pub use unhealthy::{BoundPod, DeadLooks, Unhealthy, UnhealthyTermination, UnregisteredLooks};

use super::lease::Tenure;
use super::outcome::{NotReachedReason, SkipReason};
use super::steady::SteadyTime;
use crate::cloud::Share;

/// The request is sent at most this long after the last list was requested.
pub const FRESH_FOR: Duration = Duration::from_secs(2);

/// Everything is read at most this often for one request before the step is left to the next run.
pub const MOST_LOOKS: u32 = 3;

/// Which proof is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingProof {
    /// A fact is not as it must be.
    Fact(SkipReason),
    /// The Lease is not surely ours, or was not all the time.
    Lease(NotReachedReason),
}

impl From<SkipReason> for MissingProof {
    fn from(reason: SkipReason) -> Self {
        Self::Fact(reason)
    }
}

impl From<NotReachedReason> for MissingProof {
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
    /// When the Lease itself was read.
    pub at: SteadyTime,
}

impl LeaseNow {
    /// Requires that it was ours beyond doubt from the first look to this one.
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
    /// An empty node that an earlier run cordoned.
    Emptied(Termination),
    /// An instance that does no work and never will.
    Unhealthy(UnhealthyTermination),
}

impl InstanceProof {
    /// Returns the instance.
    #[must_use]
    pub fn instance(&self) -> &str {
        match self {
            Self::Emptied(proof) => proof.instance(),
            Self::Unhealthy(proof) => proof.instance(),
        }
    }

    /// Returns what becomes of its share of the desired capacity.
    #[must_use]
    pub fn share(&self) -> Share {
        match self {
            Self::Emptied(_) => Share::Goes,
            Self::Unhealthy(proof) => proof.share(),
        }
    }

    /// Returns when its last list was requested.
    #[must_use]
    pub fn last_look(&self) -> LastLook {
        match self {
            Self::Emptied(proof) => proof.last_look(),
            Self::Unhealthy(proof) => proof.last_look(),
        }
    }
}

#[cfg(test)]
mod test_looks;

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
