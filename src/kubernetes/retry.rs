//! Repeats a request when that may help, a bounded number of times.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::call::{CallError, Endpoint, LONGEST_ANSWER, Sized, once};
use super::traced::SentBefore;

/// The waits before the second and each later attempt. There are four of them, under four seconds
/// in all: an API server that restarts is often back by then, and otherwise the next run tries.
/// They have no jitter, as one run sends from one place.
const WAITS: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A server's `Retry-After` is obeyed up to this long: the whole run has minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sends a reading request until it is answered, or until another attempt can't help.
pub(crate) async fn fetch<'a, T: DeserializeOwned>(
    to: impl Into<Endpoint<'a>>,
    request: &http::Request<Vec<u8>>,
) -> Result<T, CallError> {
    fetch_within(to.into(), request, LONGEST_ANSWER).await.map(|answer| answer.value)
}

/// Does the same as [`fetch`] for an answer that may be at most so many bytes long.
pub(super) async fn fetch_within<T: DeserializeOwned>(
    to: Endpoint<'_>,
    request: &http::Request<Vec<u8>>,
    limit: usize,
) -> Result<Sized<T>, CallError> {
    let mut waits = WAITS.into_iter();
    let mut sent_before = 0;
    loop {
        let mut attempt = request.clone();
        attempt.extensions_mut().insert(SentBefore(sent_before));
        sent_before += 1;
        let error = match once(to, attempt, limit).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(wait) = waits.next().and_then(|wait| wait_after(&error, wait)) else { return Err(error) };
        tracing::debug!(uri = %request.uri(), %error, ?wait, "asking again");
        tokio::time::sleep(wait).await;
    }
}

/// Returns how long to wait before another attempt; `None` when the same answer would come.
fn wait_after(error: &CallError, planned: Duration) -> Option<Duration> {
    match error {
        CallError::Refused(refusal) => match refusal.code {
            429 | 500 | 502 | 503 | 504 => {
                Some(refusal.retry_after.map_or(planned, |wanted| wanted.clamp(planned, LONGEST_WAIT)))
            }
            _ => None,
        },
        CallError::Connection(_) => Some(planned),
        CallError::Tls(_) | CallError::Credentials(_) | CallError::TooLong { .. } | CallError::Malformed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::ApiRefusal;
    use super::*;

    fn refused(code: u16, retry_after: Option<u64>) -> CallError {
        let retry_after = retry_after.map(Duration::from_secs);
        CallError::Refused(ApiRefusal { code, message: String::new(), retry_after })
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let planned = Duration::from_secs(1);
        for code in [429, 500, 502, 503, 504] {
            assert_eq!(wait_after(&refused(code, None), planned), Some(planned), "{code}");
        }
        for code in [400, 401, 403, 404, 409, 410, 422] {
            assert_eq!(wait_after(&refused(code, None), planned), None, "{code}");
        }
        assert_eq!(wait_after(&CallError::Connection("reset".into()), planned), Some(planned));
        assert_eq!(wait_after(&CallError::Tls("unknown issuer".into()), planned), None);
        assert_eq!(wait_after(&CallError::Malformed("not JSON".into()), planned), None);
    }

    #[test]
    fn a_servers_wish_is_obeyed_within_bounds() {
        let planned = Duration::from_secs(1);
        for (wanted, wait) in [(0, 1), (3, 3), (600, 10)] {
            assert_eq!(wait_after(&refused(429, Some(wanted)), planned), Some(Duration::from_secs(wait)), "{wanted}");
        }
    }
}
