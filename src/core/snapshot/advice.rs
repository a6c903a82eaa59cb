//! What a person should change about how a group is set up.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

use crate::duration::Seconds;

/// A change that a person should make to the set-up of a group. The group's cloud finds and words
/// it; a plan reports it as a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What should be changed.
    pub code: AdviceCode,
    /// One sentence with names, and what can be done about it.
    pub message: String,
    /// The moment from which it holds; absent when it holds already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
}

impl Advice {
    /// Returns a piece of advice that holds already.
    #[must_use]
    pub fn new(code: AdviceCode, message: String) -> Self {
        Self { code, message, after: None }
    }

    /// Whether it holds at a moment, by whole seconds.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.after.is_none_or(|after| Seconds::between(after, now) > Seconds(0))
    }
}

/// What a piece of advice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AdviceCode {
    /// The cloud may end busy nodes when it evens out the zones.
    Unprotected,
    /// The group launches from a kind of description that its cloud does not develop any more.
    LaunchConfiguration,
    /// A person suspended a part of the cloud's work for the group.
    ProcessSuspended,
    /// A spot request that waits by itself holds the requested capacity.
    SpotRequestWaits,
    /// The cloud itself sets the desired capacity as well, and each of the two undoes what the
    /// other does.
    TwoHands,
    /// The cloud ends instances once they are of an age, busy ones as well.
    EndsOldInstances,
    /// The group names a reservation that the machines it launches can never use.
    ReservationUnusable,
    /// The group evens out its zones, and pays in one of them while reservations are unused in
    /// another.
    ReservationsPassedOver,
    /// The group has several zones, and its placement group keeps all machines in one.
    TogetherInOneZone,
    /// The placement group of the group does not take a machine type that the group may launch.
    TypeNotPlaced,
    /// The cloud reports that something is wrong with the nodes of the group, in its own words.
    NodesUnhealthy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_after_its_moment_by_whole_seconds() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a timestamp");
        let advice = Advice {
            after: Some(at("2026-11-22T12:00:00Z")),
            ..Advice::new(AdviceCode::SpotRequestWaits, "cancel it".to_owned())
        };
        for (now, holds) in [
            ("2026-11-22T11:59:00Z", false),
            ("2026-11-22T12:00:00Z", false),
            ("2026-11-22T12:00:00.9Z", false),
            ("2026-11-22T12:00:01Z", true),
        ] {
            assert_eq!(advice.holds(at(now)), holds, "{now}");
        }
    }

    #[test]
    fn a_code_is_shown_as_it_is_written() {
        for code in [
            AdviceCode::Unprotected,
            AdviceCode::LaunchConfiguration,
            AdviceCode::ProcessSuspended,
            AdviceCode::SpotRequestWaits,
            AdviceCode::TwoHands,
            AdviceCode::EndsOldInstances,
            AdviceCode::ReservationUnusable,
            AdviceCode::ReservationsPassedOver,
            AdviceCode::TogetherInOneZone,
            AdviceCode::TypeNotPlaced,
            AdviceCode::NodesUnhealthy,
        ] {
            assert_eq!(serde_json::to_value(code).expect("a text"), code.to_string());
        }
    }
}
