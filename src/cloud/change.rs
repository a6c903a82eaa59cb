//! Changes, and their outcome.

use super::group_now::Share;

/// The outcome of a request to change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeAnswer {
    /// The cloud accepted it.
    Accepted,
    /// The cloud refused it, in its own words.
    Refused(String),
    /// There were too many calls, and the cloud did not look at this one.
    Throttled(String),
    /// The answer was lost or does not show the outcome: the change may have happened.
    Unclear(String),
}

/// The outcome of the attempt to end a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalAnswer {
    /// The request was sent.
    Answered(ChangeAnswer),
    /// The group is at its minimum, in the cloud's words.
    AtMin(String),
    /// The proof had grown old; nothing was sent.
    TooOld,
}

/// One machine that is to end. The call that ends it takes this by value, so that its proof is used
/// up.
pub trait Removal: Send + Sync + 'static {
    /// Returns the machine's id.
    fn instance(&self) -> &str;
    /// Returns what becomes of its share of the desired capacity.
    fn share(&self) -> Share;
    /// Whether the request may still be sent. This is checked last, right before it leaves.
    fn is_fresh(&self) -> bool;
}

/// A call that failed, in the cloud's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CallFailed(pub(crate) String);
