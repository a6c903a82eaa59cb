//! What has to be proved of a node before it goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

/// What has to be proved of a node before it goes. Where one is missing, the step is not taken; `apply` proves all of it once more
/// from what it reads right before each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Proof {
    /// Some Ready node of the cluster is an instance that the account knows.
    AccountKnown,
    /// No clock is off by more than five minutes.
    ClocksAgree,
    /// The Node is one instance of a managed group, and no other Node is the same instance.
    OneInstance,
    /// No pod that is bound to it keeps it.
    Empty,
    /// No pod is on its way to it.
    NothingExpected,
    /// Our mark of why it goes is old enough.
    MarkSettled,
}

/// Whether one of the proofs holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProofReport {
    /// Which.
    pub proof: Proof,
    /// Whether it holds.
    pub holds: bool,
    /// What shows it, or what is missing.
    pub message: String,
}
