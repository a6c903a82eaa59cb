//! The log of calls that reached the emulator.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One call with its parameters as they were sent, e.g. `AutoScalingGroupNames.member.1`.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) region: String,
    pub(crate) params: BTreeMap<String, String>,
    /// The HTTP status of the answer; None while it is still awaited or when it was never made.
    pub(crate) status: Option<u16>,
    /// The error code of the answer.
    pub(crate) code: Option<String>,
    /// Not a Describe, Get, List or AssumeRole.
    pub(crate) mutation: bool,
}

impl Call {
    /// A parameter; empty when it was not sent.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
}
