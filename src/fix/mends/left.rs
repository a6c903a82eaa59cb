//! Why findings about a set-up are left to a person: each has more than one mend, or one that only
//! a person can make.

use crate::snapshot::AdviceCode;

/// A tag that is not understood.
pub(super) const BAD_TAG: &str =
    "what the tag was meant to say is for whoever wrote it, and a tag with a wrong key has to go as well";
/// The desired capacity is above the maximum.
pub(super) const DESIRED_ABOVE_MAX: &str =
    "either the maximum is too low or too many nodes were asked for, and the second may end busy ones";
/// Capacity rebalancing.
pub(super) const REPLACES_AT_RISK: &str =
    "services are better off with capacity rebalancing and jobs without it; which of them the group is for is not known here";
/// A maximum instance lifetime that jobs outlast.
pub(super) const SHORT_LIFETIME: &str =
    "somebody wants old instances replaced; whether the limit rises, or jobs get shorter, is theirs";
/// Scheduled actions.
pub(super) const SCHEDULED: &str =
    "somebody wants what the scheduled action sets; whether it goes, moves or is written otherwise is theirs";
/// What one group cannot be.
pub(super) const NEEDS_GROUPS: &str = "it takes a group for each zone or size, with launch templates of their own";
/// Groups that should be alike.
pub(super) const NOT_BALANCED: &str = "which of the two groups is as it should be is not known here";

/// Returns why a piece of advice is left to a person.
pub(super) fn advice(code: AdviceCode) -> &'static str {
    match code {
        AdviceCode::Unprotected => "the group is not in view any more",
        AdviceCode::LaunchConfiguration => "somebody has to write the launch template and try it",
        AdviceCode::ProcessSuspended => {
            "somebody suspended the process for a reason, or AWS did after a day of failed launches: what is behind it comes first"
        }
        AdviceCode::SpotRequestWaits => "the request may be fulfilled at any moment, and then cancelling it ends nothing",
        AdviceCode::TwoHands => "which of the two is to set the desired capacity is not known here",
        AdviceCode::EndsOldInstances => {
            "somebody wants old instances replaced; protecting them would undo that, and taking the limit away as well"
        }
        AdviceCode::ReservationUnusable => "either the reservation or what the group launches is not what was meant",
        AdviceCode::ReservationsPassedOver => {
            "whether reservations or even zones come first is for whoever pays for the one and relies on the other"
        }
        AdviceCode::TogetherInOneZone => {
            "which of its zones the group is to keep is for whoever needs its nodes close together"
        }
        AdviceCode::TypeNotPlaced => "either the type or the placement group goes, and with it what it was chosen for",
        AdviceCode::NodesUnhealthy => "it is the cloud's own report on nodes, and no setting mends them",
    }
}
