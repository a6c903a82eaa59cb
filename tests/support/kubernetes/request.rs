//! One HTTP request, understood: which verb on which resource.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::Value;

use super::answer::{Outcome, Refusal};
use super::resources::{self, Resource};

/// A request as the handlers see it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) raw_query: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) content_type: String,
    pub(super) user_agent: String,
    pub(super) bearer: Option<String>,
    pub(super) body: Bytes,
    pub(super) target: Option<Target>,
}

/// What a resource path points at.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) resource: &'static Resource,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) subresource: String,
    pub(super) verb: &'static str,
}

impl Target {
    /// `pods` or `pods/eviction`, as roles name it.
    pub(super) fn resource_name(&self) -> String {
        match self.subresource.as_str() {
            "" => self.resource.plural.to_owned(),
            subresource => format!("{}/{subresource}", self.resource.plural),
        }
    }

    /// Reads a path such as `/apis/policy/v1/namespaces/default/poddisruptionbudgets/web`.
    pub(super) fn parse(method: &str, path: &str) -> Option<Self> {
        let mut parts = path.trim_start_matches('/').split('/').map(percent_decode).collect::<Vec<_>>().into_iter();
        let group = match parts.next()?.as_str() {
            "api" => String::new(),
            "apis" => parts.next()?,
            _ => return None,
        };
        let version = parts.next()?;
        let mut rest = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let mut namespace = String::new();
        // `namespaces/x/status` is the namespace's own; `namespaces/x/pods` is something inside it.
        if rest.first().is_some_and(|part| part == "namespaces")
            && rest.get(2).is_some_and(|part| part != "status" && part != "finalize")
        {
            namespace = rest.remove(1);
            rest.remove(0);
        }
        let mut rest = rest.into_iter();
        let resource = resources::served(&group, &version, &rest.next()?)?;
        let name = rest.next().unwrap_or_default();
        let subresource = rest.next().unwrap_or_default();
        let verb = verb(method, &name)?;
        Some(Self { resource, namespace, name, subresource, verb })
    }
}

fn verb(method: &str, name: &str) -> Option<&'static str> {
    Some(match (method, name.is_empty()) {
        ("GET", true) => "list",
        ("GET", false) => "get",
        ("POST", _) => "create",
        ("PUT", false) => "update",
        ("PATCH", false) => "patch",
        ("DELETE", false) => "delete",
        ("DELETE", true) => "deletecollection",
        _ => return None,
    })
}

impl Request {
    /// The one object it can be about: of a list, the one that its field selector names.
    pub(super) fn only_name(&self) -> &str {
        let named = self.target.as_ref().map_or("", |target| target.name.as_str());
        match named {
            "" => only_selected(self.param("fieldSelector")),
            named => named,
        }
    }

    /// A query parameter, empty when absent.
    pub(super) fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Whether nothing may be kept, by query.
    pub(super) fn dry_run(&self) -> bool {
        self.param("dryRun") == "All"
    }

    /// Who is writing, for field ownership: named by the client, else the program's name.
    pub(super) fn field_manager(&self) -> String {
        match self.param("fieldManager") {
            "" => self.user_agent.split('/').next().unwrap_or_default().to_owned(),
            manager => manager.to_owned(),
        }
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Outcome<Value> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("the object provided is unrecognized (must be of type {}): {error}", self.expected_kind());
            Refusal::bad_request(message)
        })
    }

    fn expected_kind(&self) -> &str {
        self.target.as_ref().map_or("Status", |target| target.resource.kind)
    }
}

/// The name that a field selector asks for, if it asks for nothing but that: RBAC compares it with
/// `resourceNames`.
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>
pub(super) fn only_selected(field_selector: &str) -> &str {
    let name = field_selector.strip_prefix("metadata.name=").unwrap_or_default();
    if name.contains(',') { "" } else { name.trim_start_matches('=') }
}

/// Splits a query string and undoes its encoding.
pub(super) fn parse_query(query: &str) -> BTreeMap<String, String> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(&key.replace('+', " ")), percent_decode(&value.replace('+', " ")))
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
