//! The proofs that are needed before a node is removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

/// A proof that is needed before a node is removed. A step for which one is missing is not taken.
/// `apply` proves all of them once more right before each step, from what it reads then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Proof {
    /// Some Ready node of the cluster is an instance of the account.
    AccountKnown,
    /// No clock is off by more than five minutes.
    ClocksAgree,
    /// The Node is one instance of a managed group, and no other Node is the same instance.
    OneInstance,
    /// No pod that is bound to it keeps it.
    Empty,
    /// No pod is on its way to it.
    NothingExpected,
    /// Our mark with the reason for its removal is old enough.
    MarkSettled,
}

/// Whether one of the proofs holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProofReport {
    /// The proof.
    pub proof: Proof,
    /// Whether it holds.
    pub holds: bool,
    /// What shows it, or what is missing.
    pub message: String,
}
