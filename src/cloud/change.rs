//! Changes, and what came of them.

use super::group_now::Share;

/// What came of a request to change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The cloud does it.
    Accepted,
    /// The cloud does not, in its own words.
    Refused(String),
    /// There were too many calls, and the cloud did not look at this one.
    Throttled(String),
    /// The answer was lost or says nothing: it may have happened.
    Unclear(String),
}

/// What came of the wish to end a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The request was sent.
    Answered(Answer),
    /// The group is at its minimum, in the cloud's words.
    AtMin(String),
    /// What the request was decided on had grown old; nothing was sent.
    TooOld,
}

/// One machine that is to end. The call that ends it takes this by value, so that what stands
/// behind it is used up.
pub trait Removal: Send + Sync + 'static {
    /// The machine's id.
    fn instance(&self) -> &str;
    /// What becomes of its share of the desired capacity.
    fn share(&self) -> Share;
    /// Whether the request may still be sent. This is asked last, right before it goes over the
    /// wire.
    fn is_fresh(&self) -> bool;
}

/// A call that failed, in the cloud's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CallFailed(pub(crate) String);
