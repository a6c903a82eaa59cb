//! One request to the Kubernetes API, and the ways it can fail.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::client::{AuthError, Body};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::server::ApiServer;
use crate::server_clock::ServerClock;

/// The longest answer that is read. The API server takes no object above 3 MiB, and lists are read
/// page by page.
pub(super) const LONGEST_ANSWER: usize = 64 << 20;

/// The server of a request, and its clock, which learns the time from the answer.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    client: &'a kube::Client,
    clock: Option<&'a ServerClock>,
}

impl<'a> From<&'a kube::Client> for Endpoint<'a> {
    fn from(client: &'a kube::Client) -> Self {
        Self { client, clock: None }
    }
}

impl<'a> From<ApiServer<'a>> for Endpoint<'a> {
    fn from(server: ApiServer<'a>) -> Self {
        Self { client: server.client, clock: Some(server.clock) }
    }
}

/// Why one request brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The server answered with an error.
    #[error("{0}")]
    Refused(ApiRefusal),
    /// There was no answer.
    #[error("{0}")]
    Connection(String),
    /// The two sides do not trust each other's certificates.
    #[error("{0}")]
    Tls(String),
    /// There are no credentials to send.
    #[error("{0}")]
    Credentials(String),
    /// The answer is larger than anybody should keep in memory.
    #[error("the answer is longer than {} MiB, the most that is read", limit >> 20)]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer has another form than was requested.
    #[error("the answer is not understood: {0}")]
    Malformed(String),
}

/// An error that the server answered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {message}")]
pub(crate) struct ApiRefusal {
    /// The HTTP status.
    pub(crate) code: u16,
    /// The server's words.
    pub(crate) message: String,
    /// How long the server wants no further request.
    pub(crate) retry_after: Option<Duration>,
}

impl CallError {
    /// Returns the HTTP status, if there was an answer.
    pub(crate) fn code(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Connection(_) | Self::Tls(_) | Self::Credentials(_) | Self::TooLong { .. } | Self::Malformed(_) => None,
        }
    }
}

impl From<kube::Error> for CallError {
    fn from(error: kube::Error) -> Self {
        match &error {
            // Only the plugin's messages for people are shown: its output could be a token, its
            // command line holds its environment.
            kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => {
                let said = one_line(&String::from_utf8_lossy(&out.stderr));
                Self::Credentials(format!("the kubeconfig's credential plugin failed ({}): {said}", out.status))
            }
            kube::Error::Auth(cause) => Self::Credentials(chain(cause)),
            other => {
                let cause = other.source().map_or_else(|| other.to_string(), chain);
                let cause = cause.trim_start_matches("client error (Connect): ").to_owned();
                // rustls' own error type is several wrappers deep and not a dependency of ours;
                // these are words of its messages.
                let words = ["certificate", "fatal alert", "peer is incompatible", "corrupt message"];
                let is_tls = words.iter().any(|word| cause.contains(word));
                if is_tls { Self::Tls(cause) } else { Self::Connection(cause) }
            }
        }
    }
}

/// Returns an error and its causes in one line, each once.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = one_line(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = one_line(&error.to_string());
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

/// Returns the text with all white space made single spaces, and no longer than a message should
/// be.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// An answer and how many bytes it took.
#[derive(Debug)]
pub(super) struct Sized<T> {
    pub(super) value: T,
    pub(super) bytes: usize,
}

/// Sends the request once, and reads at most `limit` bytes of the answer.
///
/// kube's own `request` would copy the body twice more, write all of it to the log when it does not
/// parse, and drop the `Retry-After` header.
pub(super) async fn once<T: DeserializeOwned>(
    to: Endpoint<'_>,
    request: http::Request<Vec<u8>>,
    limit: usize,
) -> Result<Sized<T>, CallError> {
    let response = send(to, request).await?;
    let code = response.status();
    let retry_after = retry_after(response.headers());
    let body = Limited::new(response.into_body(), limit).collect().await.map_err(|error| broken_off(error, limit))?.to_bytes();
    if !code.is_success() {
        return Err(CallError::Refused(refusal(code, &body, retry_after)));
    }
    let value = serde_json::from_slice(&body).map_err(|error| CallError::Malformed(error.to_string()))?;
    Ok(Sized { value, bytes: body.len() })
}

/// Sends the request once, and returns the answer's body, which may come over a long time.
pub(super) async fn open(to: Endpoint<'_>, request: http::Request<Vec<u8>>) -> Result<Body, CallError> {
    let response = send(to, request).await?;
    let code = response.status();
    if code.is_success() {
        return Ok(response.into_body());
    }
    let retry_after = retry_after(response.headers());
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    let body = body.map_err(|error| broken_off(error, LONGEST_ANSWER))?.to_bytes();
    Err(CallError::Refused(refusal(code, &body, retry_after)))
}

async fn send(to: Endpoint<'_>, request: http::Request<Vec<u8>>) -> Result<http::Response<Body>, CallError> {
    let sent = Instant::now();
    let response = to.client.send(request.map(Body::from)).await?;
    if let Some(clock) = to.clock {
        clock.note_date(sent, response.headers().get(http::header::DATE));
    }
    Ok(response)
}

/// Returns why an answer was not read to its end.
fn broken_off(error: Box<dyn StdError + Send + Sync>, limit: usize) -> CallError {
    match error.downcast::<kube::Error>() {
        Ok(error) => CallError::from(*error),
        Err(error) if error.is::<LengthLimitError>() => CallError::TooLong { limit },
        Err(error) => CallError::Connection(chain(&*error)),
    }
}

/// Returns the header in seconds; the API server never sends a date.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns the server's words: the message of a Status, or the text a proxy sent instead.
fn refusal(code: http::StatusCode, body: &[u8], retry_after: Option<Duration>) -> ApiRefusal {
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        message: String,
    }
    let status = serde_json::from_slice::<Status>(body).ok().filter(|status| !status.message.is_empty());
    let message = status.map_or_else(|| String::from_utf8_lossy(body).into_owned(), |status| status.message);
    let message = match one_line(&message) {
        empty if empty.is_empty() => code.canonical_reason().unwrap_or("without a reason").to_owned(),
        message => message,
    };
    ApiRefusal { code: code.as_u16(), message, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_said() {
        for (body, message) in [
            (r#"{"kind":"Status","message":"pods is forbidden"}"#, "pods is forbidden"),
            ("<html>\n  <b>Bad Gateway</b>\n</html>", "<html> <b>Bad Gateway</b> </html>"),
            ("", "Bad Gateway"),
        ] {
            assert_eq!(refusal(http::StatusCode::BAD_GATEWAY, body.as_bytes(), None).message, message);
        }
    }

    #[test]
    fn a_chain_says_each_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("{text}")]
        struct Layer {
            text: &'static str,
            source: Option<Box<Layer>>,
        }
        let layer = |text, source| Layer { text, source };
        let inner = layer("connection refused", None);
        let middle = layer("tcp connect error: connection refused", Some(Box::new(inner)));
        assert_eq!(
            chain(&layer("client error", Some(Box::new(middle)))),
            "client error: tcp connect error: connection refused"
        );
    }

    #[test]
    fn the_header_is_read_in_seconds() {
        let headers = |value: &'static str| {
            [(http::header::RETRY_AFTER, http::HeaderValue::from_static(value))].into_iter().collect::<http::HeaderMap>()
        };
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2026 07:28:00 GMT")), None);
    }
}
