//! The disagreement between the clocks of a run.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// By how many seconds other clocks are ahead of the API server's; negative when they are behind. A
/// snapshot's `taken_at` is by the API server's clock wherever that could be measured, since that
/// clock wrote the times of pods and nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// The clock of the machine on which the run is; absent when the API server sent no `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<i64>,
    /// The cloud's clock, in the region where it is off by most; absent when one of the two sent no
    /// `Date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<i64>,
}

impl Clocks {
    /// Returns the API server's time when this machine's clock shows `local`, or `local` itself
    /// where nothing was measured.
    #[must_use]
    pub fn by_the_server(&self, local: Timestamp) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.machine.unwrap_or_default());
        local.checked_sub(ahead).unwrap_or(local)
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_is_what_this_machine_shows_less_what_it_is_ahead() {
        let local: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
        for (machine, server) in [(None, "12:00:00"), (Some(0), "12:00:00"), (Some(300), "11:55:00"), (Some(-90), "12:01:30")] {
            let clocks = Clocks { machine, cloud: Some(7) };
            assert_eq!(clocks.by_the_server(local).strftime("%T").to_string(), server, "{machine:?}");
        }
    }
}
