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
            "groups": groups().filter(|resource| is_installed(store, resource)).map(group).collect::<Vec<_>>(),
        }),
        ["apis", name] => {
            let known = groups().find(|resource| resource.group == name).ok_or_else(Refusal::no_such_path)?;
            let mut document = group(known);
            document["kind"] = json!("APIGroup");
            document["apiVersion"] = json!("v1");
            document
        }
        ["api", version] => resource_list("", version)?,
        ["apis", group, version] => resource_list(group, version)?,
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

/// Whether a group is served: those of autoscalers are once an object of them was made, as if their
/// definitions had been installed before.
fn is_installed(store: &Store, of: &Resource) -> bool {
    let own = resources::all().iter().filter(|resource| resource.group == of.group);
    of.group != "autoscaling.x-k8s.io" || own.into_iter().any(|resource| store.all(resource).next().is_some())
}

/// One resource of each named group, in the table's order.
fn groups() -> impl Iterator<Item = &'static Resource> {
    let all = resources::all();
    let first = |index: usize| all[..index].iter().all(|earlier| earlier.group != all[index].group);
    (0..all.len()).filter(move |index| first(*index) && !all[*index].group.is_empty()).map(|index| &all[index])
}

fn group(of: &Resource) -> Value {
    let mut versions: Vec<Value> = Vec::new();
    for resource in resources::all().iter().filter(|resource| resource.group == of.group) {
        let version = json!({"groupVersion": resource.api_version(), "version": resource.version});
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    json!({"name": of.group, "preferredVersion": versions[0], "versions": versions})
}

fn resource_list(group: &str, version: &str) -> Outcome<Value> {
    let served = resources::all().iter().filter(|known| known.group == group && known.version == version);
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
