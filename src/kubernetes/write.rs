//! Repeats a change where that may help: bounded attempts, and what an error means for the next.

use std::time::Duration;

use super::call::CallError;

/// A write is tried this often: once, and three times more.
pub(crate) const ATTEMPTS: u32 = 4;
/// The second attempt waits this long; each later one waits twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Waits before an attempt, counted from 0; the first does not wait.
pub(crate) async fn pause(attempt: u32) {
    if attempt > 0 {
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
    }
}

/// What a failed write means for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteTrouble {
    /// The object is not as it was read (409, 422, or gone): read it again.
    Conflict,
    /// The trouble may pass (429, 5xx, a broken connection); the change may have happened.
    Passing,
    /// The trouble will not pass.
    Lasting,
}

/// Returns what an error means for another attempt.
pub(crate) fn trouble(error: &kube::Error) -> WriteTrouble {
    match error {
        kube::Error::Api(status) => match status.code {
            404 | 409 | 422 => WriteTrouble::Conflict,
            429 | 500..=599 => WriteTrouble::Passing,
            _ => WriteTrouble::Lasting,
        },
        kube::Error::HyperError(_) | kube::Error::Service(_) => WriteTrouble::Passing,
        _ => WriteTrouble::Lasting,
    }
}

/// Returns one line for an error: the API's own words, or the cause of a connection that failed.
pub(crate) fn words(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message,
        kube::Error::Api(status) => format!("{} {}", status.code, status.reason),
        other => CallError::from(other).to_string(),
    }
}
