//! The documents that the program prints and reads, against their JSON Schemas.

use ec2_autoscale::plan::{self, Hold, NodeReport, Plan};
use ec2_autoscale::snapshot::Snapshot;
use jsonschema::Validator;
use serde::Serialize;
use serde_json::Value;

use crate::cli::ec2_autoscale;
use crate::explain::NODE;

/// A snapshot and its plan, as the last version that wrote v1 printed them: a group that cannot
/// launch and a pod that it therefore refuses, a node that rebalancing holds, a leftover that
/// waits, and advice of every kind.
const SNAPSHOT_V1: &str = include_str!("documents/snapshot-v1.json");
const PLAN_V1: &str = include_str!("documents/plan-v1.json");

/// Returns the JSON that a command prints.
fn printed(arguments: &[&str]) -> Value {
    let output = ec2_autoscale(arguments).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn schema(document: &str) -> Value {
    printed(&["schema", document])
}

/// Fails unless a document is as a schema describes it, with no field beside those of the schema.
#[track_caller]
fn assert_described(document: &Value, schema: &Value) {
    let validator: Validator = jsonschema::validator_for(schema).expect("a JSON Schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, [""; 0], "{}", schema["$id"]);
    for name in document.as_object().into_iter().flat_map(|fields| fields.keys()) {
        assert!(schema["properties"].get(name).is_some(), "{}: {name}", schema["$id"]);
    }
}

#[test]
fn what_is_printed_is_what_its_schema_describes() {
    let simulated = ["simulate", "--demo", "--longest", "1h", "-o", "json"];
    let compared = [&simulated[..], &["--compare", "--idle-threshold 300", ""]].concat();
    let swept = [&simulated[..], &["--sweep", "seed=1,2"]].concat();
    let folder = tempfile::tempdir().expect("a directory");
    let plan = folder.path().join("plan.json").to_str().expect("a plain path").to_owned();
    printed(&["plan", "--demo", "-o", "json", "--out", &plan]);
    let documents: [(&str, &str, &[&str]); 13] = [
        ("plan-difference", "plan-difference:v1", &["diff", &plan, "tests/it/documents/plan-v1.json", "-o", "json"]),
        ("plan", "plan:v2", &["plan", "--demo", "-o", "json"]),
        ("snapshot", "snapshot:v2", &["snapshot", "--demo"]),
        ("explain-pod", "explain-pod:v1", &["explain", "pod", "research/llm-16gpu-0", "--demo", "-o", "json"]),
        ("explain-node", "explain-node:v1", &["explain", "node", NODE, "--demo", "-o", "json"]),
        ("explain-group", "explain-group:v1", &["explain", "group", "p3-west", "--demo", "-o", "json"]),
        ("explain-code", "explain-code:v1", &["explain", "code", "-o", "json"]),
        ("diagnosis", "diagnosis:v1", &["doctor", "--demo", "-o", "json"]),
        ("fix", "fix:v1", &["fix", "--demo", "-o", "json"]),
        ("suggestions", "suggestions:v1", &["suggest", "--demo", "--as", "kops", "-o", "json"]),
        ("simulation", "simulation:v1", &simulated),
        ("simulation-comparison", "simulation-comparison:v2", &compared),
        ("simulation-sweep", "simulation-sweep:v1", &swept),
    ];
    for (document, id, arguments) in documents {
        let schema = schema(document);
        assert_eq!(schema["$id"], format!("urn:ec2-autoscale:{id}"));
        let name = schema["properties"]["schema"]["const"].as_str();
        let is_named = document.starts_with("explain") || name == Some(&format!("ec2-autoscale/{}", id.replace(':', "/")));
        assert!(is_named, "{document}: {name:?}");
        assert_described(&printed(arguments), &schema);
    }
}

#[test]
fn documents_of_v1_are_described_and_read() {
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    assert_described(&json(SNAPSHOT_V1), &schema("snapshot-v1"));
    assert_described(&json(PLAN_V1), &schema("plan-v1"));
    let snapshot = Snapshot::from_json(SNAPSHOT_V1.as_bytes()).expect("a snapshot of v1");
    let plan = Plan::from_json(PLAN_V1.as_bytes()).expect("a plan of v1");
    let facts = |plan: &Plan| {
        let fact = |node: &NodeReport| (node.node.clone(), node.state.code(), node.held_by.clone(), node.decision);
        (plan.nodes.iter().map(fact).collect::<Vec<_>>(), plan.groups[1].blocked.clone())
    };
    assert_eq!(facts(&plan), facts(&plan::plan(&snapshot, &plan.policy)), "what this version plans");
    assert!(plan.nodes.iter().any(|node| node.held_by == Some(Hold::RebalancingWouldKill)));
    assert_described(&to_value(&snapshot), &schema("snapshot"));
    assert_described(&to_value(&plan), &schema("plan"));
}

fn to_value(document: &impl Serialize) -> Value {
    serde_json::to_value(document).expect("JSON")
}
