//! Watches: what changes since a version, a line each.

use serde_json::{Value, json};

use super::servers::on_each_server;

/// Returns the messages of a watch, of which one alone has been parsed already.
fn messages(body: &Value) -> Vec<Value> {
    match body {
        Value::String(lines) => lines.lines().map(|line| serde_json::from_str(line).expect("a message")).collect(),
        one => vec![one.clone()],
    }
}

#[test]
fn a_watch_tells_what_came_since_a_version_and_ends_when_its_time_is_up() {
    on_each_server(|place| {
        let path = place.core("configmaps");
        let map = |name: &str| json!({"metadata": {"name": name}, "data": {"key": name}});
        place.post(&path, &map("before")).expect(201);
        let list = place.get(&path).expect(200);
        let version = list["metadata"]["resourceVersion"].as_str().expect("a version");
        place.post(&path, &map("one")).expect(201);
        place.post(&path, &map("two")).expect(201);

        let watch = |selector: &str| {
            let told =
                place.get(&format!("{path}?watch=true&resourceVersion={version}&timeoutSeconds=1{selector}")).expect(200);
            let told = messages(&told).into_iter().map(|message| {
                assert_eq!((&message["type"], &message["object"]["kind"]), (&json!("ADDED"), &json!("ConfigMap")), "{message}");
                message["object"]["metadata"]["name"].as_str().expect("a name").to_owned()
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(watch(""), ["one", "two"]);
        assert_eq!(watch("&fieldSelector=metadata.name%3Dtwo"), ["two"]);
    });
}
