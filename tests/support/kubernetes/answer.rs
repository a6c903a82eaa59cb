//! What the API server says back: objects, and `Status` when it refuses.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::resources::Resource;
use super::watching::Watch;

/// An answer, before it becomes HTTP.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Json(Bytes),
    /// A list is sent item by item: copying 150,000 pods into one buffer would double the memory.
    List {
        head: Bytes,
        items: Vec<Bytes>,
    },
    /// What happens from now on.
    Watch(Box<Watch>),
    /// Something no API server would say, such as a proxy's error page.
    Raw(&'static str, Bytes),
}

impl Answer {
    pub(super) fn json(code: u16, value: &Value) -> Self {
        Self { code, retry_after: None, body: Body::Json(Bytes::from(value.to_string())) }
    }

    pub(super) fn bytes(code: u16, bytes: Bytes) -> Self {
        Self { code, retry_after: None, body: Body::Json(bytes) }
    }
}

/// A request the server did not carry out, and why.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) code: u16,
    reason: &'static str,
    message: String,
    details: Map<String, Value>,
    metadata: Value,
}

pub(super) type Outcome<T = Answer> = Result<T, Refusal>;

impl Refusal {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Map::new(), metadata: json!({}) }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        self.insert("name", name);
        self.insert("group", resource.group);
        self.insert("kind", resource.plural);
        self
    }

    fn insert(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.details.insert(key.to_owned(), json!(value));
        }
    }

    /// Adds one entry to `details.causes`.
    pub(super) fn cause(mut self, reason: &str, message: &str, field: &str) -> Self {
        let mut cause = json!({"reason": reason, "message": message});
        if !field.is_empty() {
            cause["field"] = json!(field);
        }
        match self.details.entry("causes").or_insert_with(|| json!([])) {
            Value::Array(causes) => causes.push(cause),
            _ => unreachable!("causes is a list"),
        }
        self
    }

    /// The server names its wait twice: in the details and as a header.
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.details.insert("retryAfterSeconds".to_owned(), json!(seconds));
        self
    }

    /// A list that expired comes with a token to go on inconsistently.
    pub(super) fn continue_with(mut self, token: &str) -> Self {
        self.metadata = json!({"continue": token});
        self
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.qualified())).about(resource, name)
    }

    /// A path nobody serves.
    pub(super) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(super) fn already_exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.qualified())).about(resource, name)
    }

    pub(super) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// A condition of a delete that does not hold; these refusals name the kind where others name
    /// the resource.
    pub(super) fn precondition(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified_kind());
        let mut refusal = Self::new(409, "Conflict", message).about(resource, name);
        refusal.insert("kind", resource.kind);
        refusal
    }

    /// A binding that comes too late.
    pub(super) fn not_bound(name: &str, why: &str) -> Self {
        let mut refusal = Self::new(409, "Conflict", format!("Operation cannot be fulfilled on pods/binding {name:?}: {why}"));
        refusal.insert("name", name);
        refusal.insert("kind", "pods/binding");
        refusal
    }

    /// The write was made from an older version of the object.
    pub(super) fn modified(resource: &Resource, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    pub(super) fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let subject = if name.is_empty() { resource.qualified() } else { format!("{} {name:?}", resource.qualified()) };
        Self::new(403, "Forbidden", format!("{subject} is forbidden: {why}")).about(resource, name)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    pub(super) fn too_many_requests(message: &str) -> Self {
        Self::new(429, "TooManyRequests", message)
    }

    /// An object that breaks a rule of its kind; `field` and `why` name the first one.
    pub(super) fn invalid(resource: &Resource, name: &str, reason: &str, field: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is invalid: {field}: {why}", resource.qualified_kind());
        let mut refusal = Self::new(422, "Invalid", message);
        refusal.insert("name", name);
        refusal.insert("group", resource.group);
        refusal.insert("kind", resource.kind);
        refusal.cause(reason, why, field)
    }

    pub(super) fn into_answer(self) -> Answer {
        let retry_after = self.details.get("retryAfterSeconds").and_then(Value::as_u64);
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if !self.details.is_empty() {
            status["details"] = Value::Object(self.details);
        }
        status["code"] = json!(self.code);
        Answer { retry_after, ..Answer::json(self.code, &status) }
    }
}
