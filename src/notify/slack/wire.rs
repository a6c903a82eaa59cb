//! The two interfaces of Slack: an incoming webhook, and the method `chat.postMessage` of the Web
//! API.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use super::Slack;
use super::receiver::{Receiver, channel};
use crate::notify::http::{HttpError, send, url};

/// The address of the Web API.
const API: &str = "https://slack.com/api";

/// The wait where Slack answers "too many" without a time.
const USUAL_WAIT: Duration = Duration::from_secs(1);

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SlackError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The Web API answers 200 with a refusal in the body.
    #[error("Slack answered {0}")]
    No(String),
    /// Slack wants a longer wait than there is time for.
    #[error("Slack wants no request for {0} s, and --notify-timeout does not leave as much")]
    TooMany(u64),
    /// There was no answer in time.
    #[error("no answer in time (--notify-timeout)")]
    TimedOut,
}

/// Posts a message, and waits where Slack requires it and time allows.
pub(super) async fn post(
    slack: &Slack,
    client: &Client,
    receiver: &Receiver,
    text: &str,
    until: Instant,
) -> Result<(), SlackError> {
    loop {
        let attempt = once(slack, client, receiver, text);
        let error = match timeout_at(until, attempt).await {
            Err(_) => return Err(SlackError::TimedOut),
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
        };
        let SlackError::Http(HttpError::Refused { code: StatusCode::TOO_MANY_REQUESTS, retry_after, .. }) = &error else {
            return Err(error);
        };
        let wait = retry_after.unwrap_or(USUAL_WAIT).max(Duration::from_millis(100));
        if until.saturating_duration_since(Instant::now()) <= wait {
            return Err(SlackError::TooMany(wait.as_secs().max(1)));
        }
        sleep(wait).await;
    }
}

async fn once(slack: &Slack, client: &Client, receiver: &Receiver, text: &str) -> Result<(), SlackError> {
    match receiver {
        Receiver::Channel => {
            let hook = url(slack.hook.as_deref().unwrap_or_default(), "--slack-hook")?;
            send(client.post(hook).json(&json!({ "text": text, "unfurl_links": false, "unfurl_media": false }))).await?;
            Ok(())
        }
        Receiver::Person { owner } => {
            let answer = send(to_person(slack, client, owner, text)?).await?;
            accepted(&answer)
        }
    }
}

fn to_person(slack: &Slack, client: &Client, owner: &str, text: &str) -> Result<RequestBuilder, SlackError> {
    let base = url(slack.api.as_deref().unwrap_or(API), "the address of Slack's API")?;
    let method = format!("{}/chat.postMessage", base.as_str().trim_end_matches('/'));
    let token = slack.bot_token.as_deref().unwrap_or_default().trim();
    Ok(client.post(method).bearer_auth(token).json(&json!({
        "channel": channel(owner), "text": text, "unfurl_links": false, "unfurl_media": false
    })))
}

fn accepted(answer: &str) -> Result<(), SlackError> {
    #[derive(Deserialize)]
    struct SlackAnswer {
        ok: bool,
        #[serde(default)]
        error: String,
    }
    match serde_json::from_str::<SlackAnswer>(answer) {
        Ok(SlackAnswer { ok: true, error: _ }) => Ok(()),
        Ok(SlackAnswer { ok: false, error }) => Err(SlackError::No(error)),
        Err(_) => Err(SlackError::No("something that is not JSON".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_is_in_the_body() {
        assert!(accepted(r#"{"ok":true,"channel":"D1","ts":"1.2"}"#).is_ok());
        let error = accepted(r#"{"ok":false,"error":"channel_not_found"}"#).expect_err("no").to_string();
        assert_eq!(error, "Slack answered channel_not_found");
        assert!(accepted("<html>").is_err());
    }
}
