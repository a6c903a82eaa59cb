//! What the server serves: versions, groups and their resources.

use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::request::Request;
use super::resources::{self, Resource};
use super::store::Store;

/// The release this server speaks like.
const MINOR: &str = "36";

/// Answers every path that is not a resource's.
pub(super) fn answer(store: &Store, request: &Request) -> Outcome {
    let parts: Vec<_> = request.path.trim_matches('/').split('/').collect();
    if request.method != "GET" {
        return Err(Refusal::no_such_path());
    }
    let document = match parts[..] {
        ["healthz" | "livez" | "readyz"] => return Ok(Answer::bytes(200, "ok".into())),
        ["version"] => version(),
        ["api"] => json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        }),
        ["apis"] => json!({
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": groups(store).map(|of| group(store, of)).collect::<Vec<_>>(),
        }),
        ["apis", name] => {
            let known = groups(store).find(|resource| resource.group == name).ok_or_else(Refusal::no_such_path)?;
            let mut document = group(store, known);
            document["kind"] = json!("APIGroup");
            document["apiVersion"] = json!("v1");
            document
        }
        ["api", version] => resource_list(store, "", version)?,
        ["apis", group, version] => resource_list(store, group, version)?,
        _ => return Err(Refusal::no_such_path()),
    };
    Ok(Answer::json(200, &document))
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": MINOR,
        "gitVersion": format!("v1.{MINOR}.0"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.26",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// One resource of each named group, in the table's order.
fn groups(store: &Store) -> impl Iterator<Item = &'static Resource> {
    let all: Vec<&'static Resource> = resources::all().iter().filter(|resource| resource.is_defined(store)).collect();
    let is_first = |index: &usize| all[..*index].iter().all(|earlier| earlier.group != all[*index].group);
    let firsts: Vec<usize> = (0..all.len()).filter(|index| is_first(index) && !all[*index].group.is_empty()).collect();
    firsts.into_iter().map(move |index| all[index])
}

fn group(store: &Store, of: &Resource) -> Value {
    let mut versions: Vec<Value> = Vec::new();
    let own = |resource: &&Resource| resource.group == of.group && resource.is_defined(store);
    for resource in resources::all().iter().filter(own) {
        let version = json!({"groupVersion": resource.api_version(), "version": resource.version});
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    json!({"name": of.group, "preferredVersion": versions[0], "versions": versions})
}

fn resource_list(store: &Store, group: &str, version: &str) -> Outcome<Value> {
    let is_served = |known: &&Resource| known.group == group && known.version == version && known.is_defined(store);
    let served = resources::all().iter().filter(is_served);
    let entries: Vec<_> = served.flat_map(entries).collect();
    if entries.is_empty() {
        return Err(Refusal::no_such_path());
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": entries}))
}

fn entries(resource: &Resource) -> Vec<Value> {
    let entry = |suffix: &str, kind: &str, verbs: &[&str]| {
        json!({
            "name": format!("{}{suffix}", resource.plural),
            "singularName": if suffix.is_empty() { resource.kind.to_lowercase() } else { String::new() },
            "namespaced": resource.namespaced,
            "kind": kind,
            "verbs": verbs,
        })
    };
    let mut entries = vec![entry("", resource.kind, &["create", "delete", "get", "list", "patch", "update"])];
    if resource.has_status {
        entries.push(entry("/status", resource.kind, &["get", "patch", "update"]));
    }
    if resource.plural == "pods" {
        let mut eviction = entry("/eviction", "Eviction", &["create"]);
        eviction["group"] = json!("policy");
        eviction["version"] = json!("v1");
        entries.extend([entry("/binding", "Binding", &["create"]), eviction]);
    }
    entries
}
