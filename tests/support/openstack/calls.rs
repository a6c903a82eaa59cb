//! The log of calls that reached Keystone, Magnum, Nova or Heat.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One call, without its secrets.
#[derive(Debug, Deserialize)]
pub(crate) struct OpenStackCall {
    /// `identity`, `container-infra`, `compute` or `orchestration`.
    pub(crate) service: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Null without a body.
    pub(crate) body: Value,
    /// Those that matter, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The HTTP status of the answer; None while it is still awaited or when it was never made.
    pub(crate) status: Option<u16>,
    /// Neither a GET nor a sign-in.
    pub(crate) mutation: bool,
}
