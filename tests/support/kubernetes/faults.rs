//! Trouble on demand.

use std::time::Duration;

use axum::body::Bytes;

use super::answer::{Answer, Body, Refusal};
use super::calls::CallPattern;
use super::request::Request;

/// What goes wrong, for which calls, how often.
///
/// Without [`times`](Fault::times) it goes on for good.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    calls: CallPattern,
    pub(super) effect: Effect,
    pub(super) delay: Duration,
    left: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// Only the delay.
    None,
    Status {
        code: u16,
        message: Option<String>,
        retry_after: Option<u64>,
    },
    /// Bytes no API server would send, with their media type.
    Raw {
        code: u16,
        media_type: &'static str,
        body: Bytes,
    },
    /// The connection ends and nothing happened.
    CutBefore,
    /// It happened, and the connection ends before the answer.
    CutAfter,
}

impl Fault {
    /// A fault of calls with this verb on this resource; `*` stands for any.
    pub(crate) fn on(verb: &str, resource: &str) -> Self {
        Self::of(CallPattern::on(verb, resource))
    }

    /// A fault of the calls a pattern picks.
    pub(crate) fn of(calls: CallPattern) -> Self {
        Self { calls, effect: Effect::None, delay: Duration::ZERO, left: None }
    }

    /// Only on the object of this name.
    #[must_use]
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.calls = self.calls.named(name);
        self
    }

    /// From the n-th such call on, counted from one.
    #[must_use]
    pub(crate) fn nth(mut self, n: usize) -> Self {
        self.calls = self.calls.nth(n);
        self
    }

    /// Answers this status and changes nothing.
    #[must_use]
    pub(crate) fn status(mut self, code: u16) -> Self {
        self.effect = Effect::Status { code, message: None, retry_after: None };
        self
    }

    /// The words of the status.
    ///
    /// # Panics
    ///
    /// When no status was chosen before.
    #[must_use]
    pub(crate) fn message(mut self, text: &str) -> Self {
        match &mut self.effect {
            Effect::Status { message, .. } => *message = Some(text.to_owned()),
            other => panic!("a message belongs to a status, not to {other:?}"),
        }
        self
    }

    /// The wait the status asks for, as a header and in its details.
    ///
    /// # Panics
    ///
    /// When no status was chosen before.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        match &mut self.effect {
            Effect::Status { retry_after, .. } => *retry_after = Some(seconds),
            other => panic!("a wait belongs to a status, not to {other:?}"),
        }
        self
    }

    /// Answers like a proxy in between that knows nothing of Kubernetes.
    #[must_use]
    pub(crate) fn raw(mut self, code: u16, media_type: &'static str, body: &str) -> Self {
        self.effect = Effect::Raw { code, media_type, body: Bytes::copy_from_slice(body.as_bytes()) };
        self
    }

    /// Answers late.
    #[must_use]
    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Ends the connection instead of carrying the call out.
    #[must_use]
    pub(crate) fn cut_before(mut self) -> Self {
        self.effect = Effect::CutBefore;
        self
    }

    /// Carries the call out and ends the connection instead of answering.
    #[must_use]
    pub(crate) fn cut_after(mut self) -> Self {
        self.effect = Effect::CutAfter;
        self
    }

    /// Only this often.
    #[must_use]
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Whether this call is to suffer; counts it if so.
    pub(super) fn strikes(&mut self, request: &Request) -> bool {
        if self.left == Some(0) || !self.calls.picks(request) || !self.calls.take_turn() {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }

    /// Whether it still has calls to spoil.
    pub(super) fn is_spent(&self) -> bool {
        self.left == Some(0)
    }

    /// The answer that replaces the real one.
    pub(super) fn answer(&self) -> Option<Answer> {
        match &self.effect {
            Effect::Status { code, message, retry_after } => {
                let (reason, words) = said_with(*code);
                let mut refusal = Refusal::new(*code, reason, message.clone().unwrap_or_else(|| words.to_owned()));
                if let Some(seconds) = retry_after {
                    refusal = refusal.retry_after(*seconds);
                }
                Some(refusal.into_answer())
            }
            Effect::Raw { code, media_type, body } => {
                Some(Answer { code: *code, retry_after: None, body: Body::Raw(media_type, body.clone()) })
            }
            Effect::None | Effect::CutBefore | Effect::CutAfter => None,
        }
    }
}

/// The reason and words an API server has for a status.
fn said_with(code: u16) -> (&'static str, &'static str) {
    match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden"),
        404 => ("NotFound", "the server could not find the requested resource"),
        409 => ("Conflict", "the object has been modified; please apply your changes to the latest version and try again"),
        410 => ("Expired", "The resourceVersion for the provided list is too old."),
        422 => ("Invalid", "the server rejected our request due to an error in our request"),
        429 => ("TooManyRequests", "Too many requests, please try again later."),
        500 => ("InternalError", "Internal error occurred: etcdserver: leader changed"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "Timeout: request did not complete within requested timeout"),
        _ => ("", "unknown"),
    }
}
