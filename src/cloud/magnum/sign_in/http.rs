//! One HTTP request and its answer.

use std::fs;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Request, RequestBuilder, StatusCode};
use tracing::Instrument as _;

use super::settings::Certificates;
use crate::cloud::error_words::{innermost, one_line};
use crate::cloud::magnum::error::MagnumError;
use crate::server_clock::ServerClock;
use crate::telemetry::CallSpan;

/// A cloud that does not accept a connection within this time counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A single answer may take at most this long: a page of a thousand servers needs a few seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer that is read: a thousand servers, a page, take about 3 MB.
const LONGEST_ANSWER: usize = 64 << 20;
/// At most this many characters of an answer that is no success are quoted.
const QUOTED: usize = 300;

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendError {
    /// No connection came about.
    NotSent(String),
    /// The two sides do not trust each other's certificates, so that nothing was sent.
    Untrusted(String),
    /// The request may have arrived.
    Lost(String),
}

impl SendError {
    /// Returns the causes in one line.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::NotSent(reason) | Self::Untrusted(reason) | Self::Lost(reason) => reason,
        }
    }
}

impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        let (is_builder, is_connect, is_timeout) = (error.is_builder(), error.is_connect(), error.is_timeout());
        let reason = match is_timeout {
            true => format!("no answer within {} s", if is_connect { CONNECT_TIMEOUT } else { ATTEMPT_TIMEOUT }.as_secs()),
            false => short(&innermost(&error.without_url()).to_string()),
        };
        // rustls' own error type is several wrappers deep and not a dependency of ours; these are
        // words of its messages.
        let is_tls = ["certificate", "fatal alert", "peer is incompatible", "corrupt message"];
        match is_connect || is_builder {
            true if is_tls.iter().any(|word| reason.contains(word)) => Self::Untrusted(reason),
            true => Self::NotSent(reason),
            false => Self::Lost(reason),
        }
    }
}

/// Makes the client. It follows no redirect, which would carry the token elsewhere; proxies are
/// those of the environment.
///
/// # Errors
/// When a file of certificates cannot be used, or when the machine has none to trust.
pub(super) fn client(certificates: &Certificates) -> Result<Client, MagnumError> {
    let agent = concat!("ec2-autoscale/", env!("CARGO_PKG_VERSION"));
    let client = Client::builder().user_agent(agent).redirect(Policy::none());
    let client = client.connect_timeout(CONNECT_TIMEOUT).timeout(ATTEMPT_TIMEOUT);
    let client = match certificates {
        Certificates::System => client,
        Certificates::Unchecked => client.tls_danger_accept_invalid_certs(true),
        Certificates::File { setting, path } => {
            let file = path.display().to_string();
            let pem = fs::read(path).map_err(|error| MagnumError::UnreadableFile {
                setting: setting.clone(),
                file: file.clone(),
                reason: error.to_string(),
            })?;
            let bundle = Certificate::from_pem_bundle(&pem).ok().filter(|bundle| !bundle.is_empty());
            let problem = || "has no certificates: it has to be a file of PEM blocks, BEGIN CERTIFICATE".to_owned();
            client.tls_certs_only(bundle.ok_or_else(|| MagnumError::BadFile { file, problem: problem() })?)
        }
    };
    client.build().map_err(|error| MagnumError::NoClient { reason: short(&innermost(&error).to_string()) })
}

/// Sends a request once, and reads its answer.
pub(super) async fn send(request: RequestBuilder, clock: &ServerClock) -> Result<RawAnswer, SendError> {
    send_again(request, clock, 0).await
}

/// Does the same as [`send`] with a request that was sent so often before.
pub(super) async fn send_again(request: RequestBuilder, clock: &ServerClock, sent_before: u32) -> Result<RawAnswer, SendError> {
    let (client, request) = request.build_split();
    let request = request?;
    let call =
        CallSpan::openstack(request.method().as_str(), request.url().host_str().unwrap_or_default(), request.url().path());
    call.sent_again(sent_before);
    let answer = answer(&client, request, clock).instrument(call.span().clone()).await;
    match &answer {
        Ok(answer) => call.answered(answer.status.as_u16()),
        Err(_) => call.unanswered(),
    }
    answer
}

async fn answer(client: &Client, request: Request, clock: &ServerClock) -> Result<RawAnswer, SendError> {
    let sent = Instant::now();
    let mut answer = client.execute(request).await?;
    clock.note_date(sent, answer.headers().get(http::header::DATE));
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len().saturating_add(part.len()) > LONGEST_ANSWER {
            return Err(SendError::Lost(format!("the answer is longer than {} MiB", LONGEST_ANSWER >> 20)));
        }
        body.extend_from_slice(&part);
    }
    let headers = std::mem::take(answer.headers_mut());
    Ok(RawAnswer { status: answer.status(), headers, body })
}

impl RawAnswer {
    /// Returns the id under which the cloud's log has the request.
    pub(super) fn request_id(&self) -> Option<String> {
        let names = ["x-openstack-request-id", "x-compute-request-id"];
        let id = names.into_iter().find_map(|name| self.headers.get(name))?;
        Some(short(id.to_str().ok()?)).filter(|id| !id.is_empty())
    }

    /// Returns the cloud's words. Each service has a form of its own: Magnum lists errors, Keystone
    /// and Heat have one, Nova puts it under a name that depends on it. A proxy sends any text.
    pub(super) fn words(&self) -> String {
        let document = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        let listed = document.get("errors").and_then(|errors| errors.get(0));
        let of_nova = || document.as_object()?.values().find(|value| value.get("message").is_some());
        let error = listed.or_else(|| document.get("error")).or_else(of_nova);
        let text = |name: &str| error?.get(name)?.as_str().map(short).filter(|text| !text.is_empty());
        let quoted = ["detail", "message", "title"].into_iter().find_map(text);
        let quoted = quoted
            .unwrap_or_else(|| if document.is_null() { short(&String::from_utf8_lossy(&self.body)) } else { String::new() });
        match quoted.is_empty() {
            true => self.status.canonical_reason().unwrap_or("no message").to_owned(),
            // The sentence goes on behind it.
            false => quoted.trim_end_matches('.').to_owned(),
        }
    }
}

/// Returns a text in one line, and shortens a long one.
fn short(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        RawAnswer { status, headers: http::HeaderMap::new(), body: body.as_bytes().to_vec() }.words()
    }

    /// The bodies are those of Magnum 23.0.0, Keystone 30.0.0, Nova 34.0.0 and Heat 27.0.1.
    #[test]
    fn each_service_has_a_form_of_its_own() {
        for (status, body, quoted) in [
            (
                400,
                r#"{"errors": [{"status": 400, "code": "client", "title": "Bad", "detail": "Resizing\n outside", "links": []}]}"#,
                "Resizing outside",
            ),
            (406, r#"{"errors": [{"status": 406, "title": "Not Acceptable", "detail": ""}]}"#, "Not Acceptable"),
            (
                401,
                r#"{"error": {"code": 401, "message": "The request requires auth.", "title": "Unauthorized"}}"#,
                "The request requires auth",
            ),
            (
                404,
                r#"{"itemNotFound": {"code": 404, "message": "Instance x could not be found."}}"#,
                "Instance x could not be found",
            ),
            (
                404,
                r#"{"explanation": "The resource", "error": {"message": "The Stack (x) could not be found."}}"#,
                "The Stack (x) could not be found",
            ),
            (502, "<html>\n<b>Bad Gateway</b></html>", "<html> <b>Bad Gateway</b></html>"),
            (503, "", "Service Unavailable"),
            (500, "{}", "Internal Server Error"),
        ] {
            assert_eq!(words(status, body), quoted);
        }
    }

    #[test]
    fn a_long_answer_is_cut() {
        assert_eq!(words(500, &"x".repeat(1000)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn a_file_of_certificates_is_needed_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        let certificates = Certificates::File { setting: "OS_CACERT in the environment".to_owned(), path: path.clone() };
        let error = client(&certificates).expect_err("no file").to_string();
        assert!(error.starts_with("OS_CACERT in the environment names ") && error.contains("cannot be read"), "{error}");
        fs::write(&path, "no certificate\n").expect("a file");
        let error = client(&certificates).expect_err("no certificate").to_string();
        assert!(error.contains("ca.pem has no certificates"), "{error}");
    }
}
