//! What a person should change about how a group is set up.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

use crate::duration::Seconds;

/// Something about the set-up of a group that a person should change. The group's cloud finds it
/// and words it; a plan carries it on as a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// What it is about.
    pub code: AdviceCode,
    /// One sentence with names and the way out.
    pub message: String,
    /// After which moment it holds; absent when it holds already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
}

impl Advice {
    /// Returns an advice that holds already.
    #[must_use]
    pub fn new(code: AdviceCode, message: String) -> Self {
        Self { code, message, after: None }
    }

    /// Returns whether it holds at a moment, by whole seconds.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.after.is_none_or(|after| Seconds::between(after, now) > Seconds(0))
    }
}

/// The closed list of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum AdviceCode {
    /// The cloud may end busy nodes while it evens the zones out.
    Unprotected,
    /// The group launches by a kind of description that its cloud does not develop any more.
    LaunchConfiguration,
    /// Somebody told the cloud not to do a part of its work for the group.
    ProcessSuspended,
    /// A spot request that waits by itself holds what was asked for.
    SpotRequestWaits,
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
        ] {
            assert_eq!(serde_json::to_value(code).expect("a text"), code.to_string());
        }
    }
}
