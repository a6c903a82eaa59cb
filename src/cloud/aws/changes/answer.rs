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
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.code().unwrap_or_default();
    match &error {
        _ if THROTTLING.contains(&code) || status == 429 => ChangeAnswer::Throttled(words),
        SdkError::ConstructionFailure(_) => ChangeAnswer::Refused(words),
        SdkError::ServiceError(_) if status < 500 => ChangeAnswer::Refused(words),
        _ => ChangeAnswer::Unclear(words),
    }
}

/// Returns AWS's own words and the permission that was missing, or what happened to the connection.
pub(crate) fn error_words<E>(error: &SdkError<E>, permission: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(code) = error.code() else { return DisplayErrorContext(error).to_string() };
    let message = error.message().unwrap_or_default();
    match code.starts_with("AccessDenied") || code == "UnauthorizedOperation" {
        true => format!("{code}: {message} (needs {permission})"),
        false => format!("{code}: {message}"),
    }
}
