//! Requests to servers that are neither Kubernetes nor AWS. No error names the address: it may be a
//! secret.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tracing::Instrument as _;

use crate::kubernetes::call::chain;
use crate::telemetry::CallSpan;

/// At most this many characters of an answer are quoted.
const QUOTED: usize = 120;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// The configured text is no address.
    #[error("{flag} is not a URL that begins with http:// or https://")]
    NotAUrl {
        /// The flag.
        flag: &'static str,
    },
    /// There was no answer.
    #[error("{0}")]
    Connection(String),
    /// The server refused.
    #[error("it answered {code}{}", quoted(.words))]
    Refused {
        /// The status.
        code: StatusCode,
        /// The server's words.
        words: String,
        /// How long the server wants no further request.
        retry_after: Option<Duration>,
    },
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        Self::Connection(chain(&error.without_url()))
    }
}

fn quoted(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(QUOTED).collect();
    if short.is_empty() { String::new() } else { format!(": {short}") }
}

/// Makes a client. It follows no redirect, which would carry secrets elsewhere; the caller bounds
/// the time.
///
/// # Errors
/// When the machine has no certificates to trust.
pub(super) fn client() -> Result<Client, HttpError> {
    let agent = concat!("ec2-autoscale/", env!("CARGO_PKG_VERSION"));
    Ok(Client::builder().user_agent(agent).redirect(Policy::none()).build()?)
}

/// Parses an address. A carelessly written Secret has white space around it.
///
/// # Errors
/// When it is none.
pub(super) fn url(text: &str, flag: &'static str) -> Result<Url, HttpError> {
    let url = Url::parse(text.trim()).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or(HttpError::NotAUrl { flag })
}

/// Sends a request, and returns the body of a success.
///
/// # Errors
/// When there is no answer, or it is no success.
pub(super) async fn send(request: reqwest::RequestBuilder) -> Result<String, HttpError> {
    let (client, request) = request.build_split();
    let request = request?;
    let path = request.url().path().to_owned();
    let call = CallSpan::notified(request.method().as_str());
    let response = client.execute(request).instrument(call.span().clone()).await.inspect_err(|_| call.unanswered())?;
    let code = response.status();
    call.answered(code.as_u16());
    let header = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    let words = response.text().await?;
    if code.is_success() {
        return Ok(words);
    }
    // Proxies quote the path that they refuse, and that of a webhook is a secret.
    let words = if path.len() > 1 { words.replace(&path, "…") } else { words };
    Err(HttpError::Refused { code, words, retry_after })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_its_scheme_and_host() {
        assert_eq!(
            url(" https://hooks.example.com/services/T/B/x\n", "--slack-hook").ok().map(|url| url.path().to_owned()).as_deref(),
            Some("/services/T/B/x")
        );
        for text in ["", "hooks.example.com/secret", "file:///secret", "https://", "secret"] {
            let error = url(text, "--slack-hook").expect_err(text).to_string();
            assert_eq!(error, "--slack-hook is not a URL that begins with http:// or https://");
        }
    }

    #[tokio::test]
    async fn a_refusal_that_quotes_the_address_does_not_tell_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 31\r\n\r\nCannot POST /services/T/hunter2\n";
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut caller, _) = listener.accept().await.expect("a caller");
            let mut asked = [0; 1024];
            let _ = caller.read(&mut asked).await;
            caller.write_all(answer).await.expect("it listens");
        });
        let url = format!("http://{address}/services/T/hunter2");
        let error = send(client().expect("a client").post(url)).await.expect_err("not found").to_string();
        assert_eq!(error, "it answered 404 Not Found: Cannot POST …");
    }

    #[tokio::test]
    async fn errors_do_not_say_where_they_went() {
        // No process listens on port 1 of this machine.
        let error = send(client().expect("a client").post("http://127.0.0.1:1/services/hunter2")).await.expect_err("nobody");
        assert!(!error.to_string().contains("hunter2") && !error.to_string().is_empty(), "{error}");
    }
}
