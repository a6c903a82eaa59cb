//! Large clusters: seeded fast, listed in pages, paced like a busy server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::client::{Client, names};
use super::started;
use crate::support::kubernetes::objects::{Object, pod};

/// Reads all pages; returns how many there were and the distinct names.
fn pages(client: &Client, path: &str) -> (usize, BTreeSet<String>) {
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    for number in 1.. {
        let page = client.get(&format!("{path}{token}")).expect(200);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = format!("&continue={next}"),
            None => return (number, seen),
        }
    }
    unreachable!("a list ends")
}

#[test]
fn many_pods_are_listed_page_by_page_while_others_write() {
    let (server, client) = started();
    let job = pod("batch", "NAME").label("app", "batch").label("node", "NODE").requests(&[("cpu", "1")]).node("NODE");
    server.seed_copies(job, 3_000, |number| [("NAME", format!("job-{number:05}")), ("NODE", format!("n{}", number % 50))]);
    let first = client.get("/api/v1/pods?limit=500").expect(200);
    assert_eq!(first["metadata"]["remainingItemCount"], 2_500);
    for number in 0..10 {
        server.remove("pods", "batch", &format!("job-{number:05}"));
    }
    let token = first["metadata"]["continue"].as_str().expect("more pages");
    let second = client.get(&format!("/api/v1/pods?limit=5000&continue={token}")).expect(200);
    assert_eq!(second["items"].as_array().map(Vec::len), Some(2_500));
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    let (count, seen) = pages(&client, "/api/v1/pods?limit=500");
    assert_eq!((count, seen.len()), (6, 2_990));
    let (_, on_node) = pages(&client, "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Dn7");
    assert_eq!(on_node.len(), 59);
    let unpaged = client.get("/api/v1/pods").expect(200);
    assert_eq!(unpaged["items"].as_array().map(Vec::len), Some(2_990));
    assert_eq!(unpaged["metadata"]["continue"], Value::Null);
}

#[test]
fn copies_are_objects_like_others() {
    let (server, client) = started();
    let job = pod("batch", "NAME").label("app", "web-NAME").node("NODE");
    server.seed_copies(job, 2, |number| [("NAME", format!("job-{number}")), ("NODE", format!("n{number}"))]);
    let [zero, one] = [0, 1].map(|number| server.get("pods", "batch", &format!("job-{number}")));
    assert_ne!(zero["metadata"]["uid"], one["metadata"]["uid"]);
    assert_ne!(zero["metadata"]["resourceVersion"], one["metadata"]["resourceVersion"]);
    assert_eq!((&zero["spec"]["nodeName"], &one["spec"]["nodeName"]), (&"n0".into(), &"n1".into()));
    for query in ["fieldSelector=spec.nodeName%3Dn1", "labelSelector=app%3Dweb-job-1"] {
        assert_eq!(names(&client.get(&format!("/api/v1/pods?{query}")).expect(200)), ["job-1"], "{query}");
    }
    // Written back, it is the same.
    assert_eq!(server.edit("pods", "batch", "job-1", |_| {})["spec"], one["spec"]);
}

#[test]
#[should_panic(expected = "copies need names of their own")]
fn copies_need_names() {
    let (server, _) = started();
    server.seed_copies(pod("batch", "job"), 2, |number| [("NODE", format!("n{number}"))]);
}

#[test]
fn pages_can_be_paced() {
    let (server, client) = started();
    server.seed((0..4).map(|number| pod("batch", &format!("job-{number}"))));
    let latency = Duration::from_millis(25);
    server.pace(latency);
    let start = Instant::now();
    assert_eq!(pages(&client, "/api/v1/pods?limit=2").0, 2);
    assert!(start.elapsed() >= latency * 2, "{:?}", start.elapsed());
}

#[test]
fn versions_count_every_change() {
    let (server, client) = started();
    let before = server.resource_version();
    server.seed((0..3).map(|number| pod("default", &format!("job-{number}"))));
    assert_eq!(server.resource_version(), before + 3);
    let list = client.get("/api/v1/pods").expect(200);
    assert_eq!(list["metadata"]["resourceVersion"], server.resource_version().to_string());
}
