//! How far a request has come, by its conditions and the time.

use jiff::Timestamp;

use super::failure::failure;
use crate::duration::Seconds;
use crate::plan::report::{BookingEnd, RequestFailure};
use crate::snapshot::{ForeignAutoscaler, ProvisioningRequest, RequestClass, RequestConditionKind};

/// Room is held for this long (`defaultReservationTime` of Cluster Autoscaler).
pub(crate) const BOOKING: Seconds = Seconds::minutes(10);

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestStage {
    /// It can never be served.
    Fails(RequestFailure),
    /// It is not known what its pods are like, so that nothing is done about it now.
    Unknown,
    /// Another autoscaler is active that serves it.
    LeftToAnother(ForeignAutoscaler),
    /// Room is looked for.
    Waits,
    /// Room was found, and is held.
    Booked {
        /// Until when.
        until: Timestamp,
    },
    /// Room was found, and is held no longer.
    Ends(BookingEnd),
}

impl RequestStage {
    /// Returns how far a request has come. `has_all` states whether all its pods are bound.
    pub(super) fn of(request: &ProvisioningRequest, class: RequestClass, has_all: bool, now: Timestamp) -> Self {
        if let Some(provisioned) = request.holds(RequestConditionKind::Provisioned) {
            let until = BOOKING.after(provisioned.since);
            return match () {
                () if has_all => Self::Ends(BookingEnd::Used),
                () if until <= now => Self::Ends(BookingEnd::TimeOver),
                () => Self::Booked { until },
            };
        }
        match failure(request, class, now) {
            Some(failure) => Self::Fails(failure),
            None if request.pod_sets.iter().all(|set| set.pod().is_some()) => Self::Waits,
            None => Self::Unknown,
        }
    }

    /// Whether there is to be room for its pods.
    pub(crate) fn serves_pods(&self) -> bool {
        match self {
            Self::Waits | Self::Booked { .. } => true,
            Self::Fails(_) | Self::Unknown | Self::LeftToAnother(_) | Self::Ends(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_request::{minutes_ago, now, request};
    use super::*;
    use crate::snapshot::RequestConditionKind::{Accepted, Provisioned};
    use crate::snapshot::RequestedShape;

    fn stage(request: &ProvisioningRequest, has_all: bool) -> RequestStage {
        RequestStage::of(request, request.served_class().expect("a class"), has_all, now())
    }

    #[test]
    fn a_request_waits_until_it_is_provisioned() {
        let new = request(&[(100, 1)]);
        assert_eq!(stage(&new, false), RequestStage::Waits);
        assert_eq!(stage(&new.with(Accepted, true, 4).with(Provisioned, false, 3), false), RequestStage::Waits);
    }

    #[test]
    fn room_is_held_for_ten_minutes_or_until_all_pods_are_bound() {
        let booked = |minutes| request(&[(100, 1)]).with(Provisioned, true, minutes);
        let until = BOOKING.after(minutes_ago(9));
        assert_eq!(stage(&booked(9), false), RequestStage::Booked { until });
        assert_eq!(stage(&booked(10), false), RequestStage::Ends(BookingEnd::TimeOver));
        assert_eq!(stage(&booked(9), true), RequestStage::Ends(BookingEnd::Used));
    }

    #[test]
    fn a_booking_ends_by_the_clock_alone() {
        let mut booked = request(&[(100, 1)]).with(Provisioned, true, 9);
        booked.pod_sets[0].shape = RequestedShape::TemplateMissing;
        assert!(matches!(stage(&booked, false), RequestStage::Booked { .. }));
    }

    #[test]
    fn nothing_is_done_about_pods_that_are_not_known() {
        let mut unread = request(&[(100, 1)]);
        unread.pod_sets[0].shape = RequestedShape::NotRead;
        assert_eq!(stage(&unread, false), RequestStage::Unknown);
        assert!(!RequestStage::Unknown.serves_pods());
    }
}
