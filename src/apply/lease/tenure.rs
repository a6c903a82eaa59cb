//! Since when the Lease has been ours without a break. Pure.

use std::time::Duration;

use super::LAPSES_AFTER;
use crate::apply::NotReachedReason;
use crate::apply::steady::SteadyTime;
use crate::duration::Seconds;

/// The state of our hold on the Lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenure {
    /// It is ours.
    Held {
        /// Since when without a lapse. Between a lapse and the next renewal another run may have
        /// had it.
        unbroken_since: SteadyTime,
        /// When the request of its last renewal was sent.
        renewed_at: SteadyTime,
    },
    /// It belongs to another run.
    Lost {
        /// The other run.
        holder: String,
    },
}

impl Tenure {
    /// Begins with a request that was sent at that moment.
    pub(super) fn begun(at: SteadyTime) -> Self {
        Self::Held { unbroken_since: at, renewed_at: at }
    }

    /// Continues after a renewal that was sent and answered at these moments. It took effect at an
    /// unknown time between them, so the later one decides whether there was a lapse.
    pub(super) fn renewed(&self, sent: SteadyTime, answered: SteadyTime) -> Self {
        match self {
            Self::Held { unbroken_since, renewed_at } if answered.since(*renewed_at) < LAPSES_AFTER => {
                Self::Held { unbroken_since: *unbroken_since, renewed_at: sent }
            }
            Self::Held { .. } => Self::begun(sent),
            Self::Lost { .. } => self.clone(),
        }
    }

    /// Checks that the Lease has been ours beyond doubt from the first look until now, so that
    /// something may be changed.
    ///
    /// # Errors
    /// When it was renewed too long ago, lapsed in between, or belongs to another run.
    pub fn check(&self, first_look: SteadyTime, now: SteadyTime) -> Result<(), NotReachedReason> {
        match self {
            Self::Lost { holder } => Err(NotReachedReason::LeaseLost { holder: holder.clone() }),
            Self::Held { renewed_at, .. } if now.since(*renewed_at) >= LAPSES_AFTER => {
                Err(NotReachedReason::LeaseStale { age: whole_seconds(now.since(*renewed_at)) })
            }
            Self::Held { unbroken_since, .. } if *unbroken_since > first_look => Err(NotReachedReason::LeaseLapsed),
            Self::Held { .. } => Ok(()),
        }
    }
}

fn whole_seconds(time: Duration) -> Seconds {
    Seconds(time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SteadyTime {
        SteadyTime::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn it_is_ours_for_thirty_seconds_after_a_renewal_was_sent() {
        let tenure = Tenure::begun(at(100));
        assert_eq!(tenure.check(at(100), at(129)), Ok(()));
        assert_eq!(tenure.check(at(100), at(130)), Err(NotReachedReason::LeaseStale { age: Seconds(30) }));
        let renewed = tenure.renewed(at(110), at(111));
        assert_eq!(renewed.check(at(100), at(139)), Ok(()));
        assert_eq!(renewed.check(at(100), at(140)), Err(NotReachedReason::LeaseStale { age: Seconds(30) }));
    }

    #[test]
    fn a_lapse_is_remembered_after_the_renewal() {
        let renewed = Tenure::begun(at(100)).renewed(at(131), at(131));
        assert_eq!(renewed.check(at(105), at(132)), Err(NotReachedReason::LeaseLapsed));
        assert_eq!(renewed.check(at(131), at(132)), Ok(()), "a step that began after it knows nothing older");
        // It was sent in time, and took effect at an unknown time.
        let late = Tenure::begun(at(100)).renewed(at(110), at(130));
        assert_eq!(late.check(at(105), at(132)), Err(NotReachedReason::LeaseLapsed));
    }

    #[test]
    fn what_was_lost_is_not_ours() {
        let lost = Tenure::Lost { holder: "run-b".into() };
        assert_eq!(lost.check(at(0), at(1)), Err(NotReachedReason::LeaseLost { holder: "run-b".into() }));
    }
}
