//! Lists: selectors, pages of one consistent state, and tokens that expire.

use std::ops::Bound;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Body, Outcome, Refusal};
use super::base64;
use super::event_forms;
use super::request::{Request, Target};
use super::resources::{EVENTS_GROUP, Resource};
use super::selectors::Selection;
use super::store::{Key, Store, Stored, Table};

const EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. \
    You can start a new list without the continue parameter, or use the continue token in this response to \
    retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - \
    objects that were created, modified, or deleted between the time the first chunk was returned and now may \
    show up in the list.";

/// A token that goes on with whatever is there now.
const INCONSISTENT: i64 = -1;

/// Where a list reads from and starts.
struct Source {
    revision: u64,
    table: Arc<Table>,
    after: Option<Key>,
    /// How many objects the pages before went through.
    passed: usize,
    limit: usize,
}

impl Source {
    /// What is still to be listed, of one namespace or of all.
    fn rest<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let first = match (&self.after, namespace) {
            (Some(after), _) => Bound::Excluded(after.clone()),
            (None, Some(namespace)) => Bound::Included(Key::new(namespace, "")),
            (None, None) => Bound::Unbounded,
        };
        let here = move |key: &Key| namespace.is_none_or(|namespace| *key.namespace == *namespace);
        self.table.range((first, Bound::Unbounded)).take_while(move |(key, _)| here(key))
    }
}

pub(super) fn list(store: &mut Store, request: &Request, target: &Target) -> Outcome {
    let resource = target.resource;
    let selection = Selection::parse(resource, request.param("labelSelector"), request.param("fieldSelector"))?;
    let source = source(store, request, resource)?;
    let namespace = (!target.namespace.is_empty()).then_some(target.namespace.as_str());
    let mut rest = source.rest(namespace).peekable();

    let mut items = Vec::new();
    let mut passed = source.passed;
    let mut last = None;
    while items.len() < source.limit
        && let Some((key, stored)) = rest.next()
    {
        passed += 1;
        if selection.matches(key, stored) {
            items.push(stored.bytes.clone());
            last = Some(key);
        }
    }

    let mut metadata = json!({"resourceVersion": source.revision.to_string()});
    // Nobody looks ahead whether any of the rest is selected: the last page may be empty.
    if let (Some(_), Some(last)) = (rest.peek(), last) {
        metadata["continue"] = json!(token(source.revision.cast_signed(), last, passed));
        if selection.is_everything() {
            // Counting what remains of 150,000 pods on each of 300 pages would be most of the work.
            let everything = source.table.len();
            let remaining = if namespace.is_none() { everything.saturating_sub(passed) } else { rest.count() };
            metadata["remainingItemCount"] = json!(remaining);
        }
        store.remember(resource, source.revision, &source.table);
    }
    if resource.group == EVENTS_GROUP {
        items = items.iter().map(|item| event_forms::item_in_new_form(item)).collect();
    }
    let head = format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{metadata},"items":["#,
        resource.kind,
        resource.api_version()
    );
    Ok(Answer { code: 200, retry_after: None, body: Body::List { head: Bytes::from(head), items } })
}

fn source(store: &Store, request: &Request, resource: &Resource) -> Outcome<Source> {
    let limit = match request.param("limit") {
        "" | "0" => usize::MAX,
        limit => limit.parse().map_err(|error| Refusal::bad_request(format!("invalid limit {limit:?}: {error}")))?,
    };
    let version = request.param("resourceVersion");
    match request.param("continue") {
        "" => {}
        _ if !version.is_empty() && version != "0" => {
            return Err(Refusal::bad_request("specifying resource version is not allowed when using continue"));
        }
        token => return continued(store, token, resource, limit),
    }
    let asked = match version {
        "" => None,
        version => Some(version.parse::<u64>().map_err(|error| {
            let field = format!("invalid resource version: resourceVersion: Invalid value: {version:?}: {error}");
            Refusal::bad_request(field)
        })?),
    };
    let exact = request.param("resourceVersionMatch") == "Exact";
    let (revision, table, limit) = match asked {
        // Any version will do: the answer comes from a cache, which does not page.
        Some(0) => {
            let (revision, table) = store.possibly_stale(resource);
            (revision, table, usize::MAX)
        }
        Some(asked) if asked > store.revision() => return Err(too_large(asked, store.revision())),
        Some(asked) if exact && asked < store.revision() => {
            let table = store.remembered(resource, asked).ok_or_else(|| {
                Refusal::new(410, "Expired", format!("The resourceVersion for the provided list is too old: {asked}"))
            })?;
            (asked, table, limit)
        }
        _ => (store.revision(), store.table(resource), limit),
    };
    Ok(Source { revision, table, after: None, passed: 0, limit })
}

fn too_large(asked: u64, current: u64) -> Refusal {
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    Refusal::new(504, "Timeout", message).cause("ResourceVersionTooLarge", "Too large resource version", "").retry_after(1)
}

fn continued(store: &Store, text: &str, resource: &Resource, limit: usize) -> Outcome<Source> {
    let invalid = || Refusal::bad_request("invalid continue token: continue key is not valid: it is malformed");
    let token: Value = base64::decode(text).and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(invalid)?;
    let revision = token["rv"].as_i64().ok_or_else(invalid)?;
    let (namespace, name) = token["start"].as_str().and_then(|start| start.split_once('/')).ok_or_else(invalid)?;
    let passed = token["passed"].as_u64().and_then(|passed| usize::try_from(passed).ok()).ok_or_else(invalid)?;
    let after = Key::new(namespace, name);
    if revision == INCONSISTENT {
        return Ok(Source { revision: store.revision(), table: store.table(resource), after: Some(after), passed, limit });
    }
    let revision = u64::try_from(revision).map_err(|_| invalid())?;
    if let Some(table) = store.remembered(resource, revision) {
        return Ok(Source { revision, table, after: Some(after), passed, limit });
    }
    let inconsistent = self::token(INCONSISTENT, &after, passed);
    Err(Refusal::new(410, "Expired", EXPIRED).continue_with(&inconsistent))
}

fn token(revision: i64, last: &Key, passed: usize) -> String {
    let start = format!("{}/{}", last.namespace, last.name);
    let token = json!({"v": "meta.k8s.io/v1", "rv": revision, "start": start, "passed": passed});
    base64::encode(token.to_string().as_bytes())
}
