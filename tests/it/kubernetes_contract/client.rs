//! A plain HTTP client, whose answers are compared as they came.

use http::{HeaderMap, Method, Request};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";

/// One user's view of one API server.
pub(crate) struct Client {
    client: kube::Client,
    runtime: Runtime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    /// Makes a client for `url`; an empty token sends none.
    pub(crate) fn new(url: &str, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime for the client");
        let mut config = kube::Config::new(url.parse().expect("the server's address is a URL"));
        // Refusals are what this suite is about.
        config.default_retry = false;
        // The real server's certificate is its own; reading the machine's would take longer than
        // most facts.
        config.accept_invalid_certs = true;
        config.root_cert = Some(Vec::new());
        if !token.is_empty() {
            config.auth_info.token = Some(token.to_owned().into());
        }
        let client = runtime.block_on(async { kube::Client::try_from(config) }).expect("a client for the server");
        Self { client, runtime }
    }

    /// Sends one request; `None` when no answer came.
    pub(crate) fn try_call(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Option<Answer> {
        let request = Request::builder().method(method).uri(path).header("Content-Type", media_type);
        let request = request.header("Accept", "application/json").header("User-Agent", "contract/1");
        let request = request.body(Body::from(body)).expect("a well-formed request");
        self.runtime.block_on(async {
            let response = self.client.send(request).await.ok()?;
            let (head, body) = response.into_parts();
            let bytes = body.collect_bytes().await.ok()?;
            let body =
                serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
            Some(Answer { code: head.status.as_u16(), headers: head.headers, body })
        })
    }

    fn call(&self, method: Method, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
        let what = format!("{method} {path}");
        self.try_call(method, path, media_type, body).unwrap_or_else(|| panic!("no answer to {what}"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "application/json", Vec::new())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, "application/json", body.to_string().into_bytes())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, "application/json", body.to_string().into_bytes())
    }

    pub(crate) fn patch(&self, media_type: &str, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, media_type, body.to_string().into_bytes())
    }

    /// Deletes with options; `Null` sends none.
    pub(crate) fn delete(&self, path: &str, options: &Value) -> Answer {
        let body = if options.is_null() { Vec::new() } else { options.to_string().into_bytes() };
        self.call(Method::DELETE, path, "application/json", body)
    }
}

impl Answer {
    /// Returns the body of an answer that has this code.
    #[track_caller]
    pub(crate) fn expect(self, code: u16) -> Value {
        assert_eq!(self.code, code, "{}", self.body);
        self.body
    }

    /// Returns the body of a refusal with this code and reason; checks the form of the `Status`.
    #[track_caller]
    pub(crate) fn refused(self, code: u16, reason: &str) -> Value {
        assert_eq!(self.code, code, "{}", self.body);
        assert_eq!(self.body["kind"], "Status", "{}", self.body);
        assert_eq!(self.body["apiVersion"], "v1", "{}", self.body);
        assert_eq!(self.body["status"], "Failure", "{}", self.body);
        assert_eq!(self.body["code"], code, "{}", self.body);
        let said = self.body["reason"].as_str().unwrap_or_default();
        assert_eq!(said, reason, "{}", self.body);
        self.body
    }

    /// Returns the header's value, empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Returns the message of a `Status`.
pub(crate) fn message(status: &Value) -> &str {
    status["message"].as_str().unwrap_or_default()
}

/// Returns the names of a list's items, in their order.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| item["metadata"]["name"].as_str().unwrap_or_default()).collect()
}

/// Returns the options of a delete that is for this uid only.
pub(crate) fn with_uid(uid: &str) -> Value {
    json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}})
}
