//! Repeats a request when that may help, a bounded number of times.

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;

use super::http::{RawAnswer, SendError, send_again};
use crate::server_clock::ServerClock;

/// The waits before the second and each later attempt. They have no jitter, as one run sends from
/// one place.
const WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A server's `Retry-After` is obeyed up to this long: the whole run has minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// No attempt begins later than this, well within the five minutes of `--timeout`.
const LATEST_ATTEMPT: Duration = Duration::from_secs(40);

/// Sends a request that changes nothing, until it is answered or another attempt can't help.
///
/// # Errors
/// The last attempt's.
pub(super) async fn send_until_answered(request: &RequestBuilder, clock: &ServerClock) -> Result<RawAnswer, SendError> {
    let started = Instant::now();
    let mut waits = WAITS.into_iter();
    let mut sent_before = 0;
    loop {
        // A body that is no stream can always be sent again.
        let Some(attempt) = request.try_clone() else { return Err(SendError::NotSent("it can be sent once".to_owned())) };
        let outcome = send_again(attempt, clock, sent_before).await;
        sent_before += 1;
        let wait = waits.next().and_then(|planned| wait_after(&outcome, planned));
        match wait.filter(|wait| started.elapsed() + *wait < LATEST_ATTEMPT) {
            Some(wait) => {
                tracing::debug!(?wait, "the request is sent again");
                tokio::time::sleep(wait).await;
            }
            None => return outcome,
        }
    }
}

/// Returns how long to wait before another attempt; `None` when the same would come of it.
fn wait_after(outcome: &Result<RawAnswer, SendError>, planned: Duration) -> Option<Duration> {
    match outcome {
        Ok(answer) => match answer.status.as_u16() {
            429 | 500 | 502 | 503 | 504 => {
                Some(retry_after(&answer.headers).map_or(planned, |wanted| wanted.clamp(planned, LONGEST_WAIT)))
            }
            _ => None,
        },
        Err(SendError::NotSent(_) | SendError::Lost(_)) => Some(planned),
        Err(SendError::Untrusted(_)) => None,
    }
}

/// Returns the header in seconds, the form that OpenStack's own limiters send.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn answer(status: u16, retry_after: Option<&'static str>) -> RawAnswer {
        let header = |value| (http::header::RETRY_AFTER, http::HeaderValue::from_static(value));
        let headers = retry_after.into_iter().map(header).collect();
        RawAnswer { status: StatusCode::from_u16(status).expect("a status"), headers, body: Vec::new() }
    }

    #[test]
    fn only_what_may_pass_is_sent_again() {
        let planned = Duration::from_secs(1);
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(wait_after(&Ok(answer(status, None)), planned), Some(planned), "{status}");
        }
        for status in [200, 202, 300, 400, 401, 403, 404, 406, 409] {
            assert_eq!(wait_after(&Ok(answer(status, None)), planned), None, "{status}");
        }
        let reason = || "reset".to_owned();
        assert_eq!(wait_after(&Err(SendError::Lost(reason())), planned), Some(planned));
        assert_eq!(wait_after(&Err(SendError::NotSent(reason())), planned), Some(planned));
        assert_eq!(wait_after(&Err(SendError::Untrusted(reason())), planned), None);
    }

    #[test]
    fn a_server_s_wish_is_obeyed_within_bounds() {
        let planned = Duration::from_secs(1);
        for (wanted, seconds) in [("0", 1), ("3", 3), ("600", 10), ("Wed, 21 Oct 2026 07:28:00 GMT", 1)] {
            assert_eq!(wait_after(&Ok(answer(429, Some(wanted))), planned), Some(Duration::from_secs(seconds)), "{wanted}");
        }
    }
}
