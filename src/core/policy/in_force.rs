//! Which schedules a policy follows.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::moment;

/// The schedules that a policy's settings are those of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// Their names, in the order of the file; empty when none holds.
    pub schedules: Vec<String>,
    /// When one begins or ends next; absent when that never happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The moment that a person asked for instead of the present (`--at`): such a plan is a
    /// what-if.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_for: Option<Timestamp>,
}

impl InForce {
    /// Describes which schedules hold, and until when; distances count from `now`.
    #[must_use]
    pub fn words(&self, now: Timestamp) -> String {
        let which = match &self.schedules[..] {
            [] => "no schedule is in force".to_owned(),
            [one] => format!("schedule {one} is in force"),
            names => format!("schedules {} are in force", names.join(", ")),
        };
        let then = self.asked_for.map(|asked_for| format!("as of {}: ", moment(asked_for, now))).unwrap_or_default();
        let until = self.until.map(|until| format!(" until {}", moment(until, now))).unwrap_or_default();
        format!("{then}{which}{until}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_the_schedules_and_the_end() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let (now, evening, morning) = (at("2026-11-30T12:00:00Z"), at("2026-11-30T19:00:00Z"), at("2026-12-01T05:00:00Z"));
        let words = |schedules: &[&str], until, asked_for, now| {
            let schedules = schedules.iter().map(|name| (*name).to_owned()).collect();
            InForce { schedules, until, asked_for }.words(now)
        };
        assert_eq!(words(&[], Some(evening), None, now), "no schedule is in force until 19:00 UTC, in 7h");
        assert_eq!(words(&["a", "b"], None, None, now), "schedules a, b are in force");
        assert_eq!(
            words(&["nights"], Some(morning), Some(evening), now),
            "as of 19:00 UTC, in 7h: schedule nights is in force until 2026-12-01 05:00 UTC, in 17h"
        );
    }
}
