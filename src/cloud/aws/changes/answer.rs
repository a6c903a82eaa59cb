//! What the answer of Auto Scaling to a change means.
//!
//! The SDK repeats a request whose answer was lost up to three times; for a change that is too
//! often. Changes are sent without its retries, and an answer that leaves open what happened is a
//! case of its own.

use aws_sdk_autoscaling::config::retry::RetryConfig;
use aws_sdk_autoscaling::config::{Builder, Config};
use aws_sdk_autoscaling::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::cloud::change::ChangeAnswer;

/// Codes with which AWS rejects a request before looking at it.
const THROTTLING: [&str; 4] = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled"];

/// Returns the settings of a request that is sent once.
pub(crate) fn sent_once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

/// Returns what came of a change that needs a permission.
pub(crate) fn answer<T, E>(sent: Result<T, SdkError<E>>, permission: &str) -> ChangeAnswer
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Err(error) = sent else { return ChangeAnswer::Accepted };
    let words = error_words(&error, permission);
    match trouble(&error) {
        CallTrouble::Throttled => ChangeAnswer::Throttled(words),
        CallTrouble::Refused => ChangeAnswer::Refused(words),
        CallTrouble::Unclear => ChangeAnswer::Unclear(words),
    }
}

/// What the failure of a call means for what it was to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallTrouble {
    /// AWS did not look at it.
    Throttled,
    /// AWS refused it.
    Refused,
    /// The change may have happened.
    Unclear,
}

/// Returns what the failure of a call means.
pub(crate) fn trouble<E: ProvideErrorMetadata>(error: &SdkError<E>) -> CallTrouble {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.code().unwrap_or_default();
    match error {
        _ if THROTTLING.contains(&code) || status == 429 => CallTrouble::Throttled,
        SdkError::ConstructionFailure(_) => CallTrouble::Refused,
        SdkError::ServiceError(_) if status < 500 => CallTrouble::Refused,
        _ => CallTrouble::Unclear,
    }
}

/// Whether a code means that the caller lacks a permission.
pub(crate) fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
}

/// Returns AWS's own words and the permission that was missing, or what happened to the connection.
pub(crate) fn error_words<E>(error: &SdkError<E>, permission: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(code) = error.code() else { return DisplayErrorContext(error).to_string() };
    let message = error.message().unwrap_or_default();
    match is_denial(code) {
        true => format!("{code}: {message} (needs {permission})"),
        false => format!("{code}: {message}"),
    }
}
