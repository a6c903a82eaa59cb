//! The real binary against a cluster of 1,000 nodes and 20,000 pods over HTTP: `cargo bench --bench
//! size`, or without optimisation `cargo test --bench size`.
//!
//! The servers are those of the tests: the API server in this process, moto for AWS. Moto needs
//! some 8 ms for each instance, so most nodes belong to no group.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, unused_imports, reason = "the integration tests use the rest")]
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::str;
use std::time::Instant;

use serde_json::{Value, json};
use support::aws::{Account, AwsServer};
use support::kubernetes::KubernetesServer;
use support::kubernetes::objects::{Object as _, node, pod};

const REGION: &str = "us-west-2";
const GROUPS: [&str; 4] = ["workers-a", "workers-b", "workers-c", "workers-d"];
const NODES_OF_A_GROUP: usize = 50;
const NODES: usize = 1_000;
/// Kinds of pods, running and pending; each kind is one specification.
const KINDS: usize = 20;
const RUNNING_OF_A_KIND: usize = 900;
const PENDING_OF_A_KIND: usize = 100;

fn main() {
    let begun = Instant::now();
    let (aws, kubernetes) = (AwsServer::account(), KubernetesServer::start());
    let names = add_nodes(&kubernetes, &aws);
    add_pods(&kubernetes, &names);
    println!("seeded {NODES} nodes and {} pods in {:.1?}", KINDS * (RUNNING_OF_A_KIND + PENDING_OF_A_KIND), begun.elapsed());

    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"))
        .env_clear()
        .envs(aws.env())
        .env("KUBECONFIG", kubernetes.kubeconfig())
        .args(["-v", "plan", "-o", "json", "--cluster-name", "prod", "--regions", REGION])
        .output()
        .expect("the binary starts");
    let took = begun.elapsed();
    let said = str::from_utf8(&output.stderr).expect("standard error is text");
    print!("{said}");
    println!("whole run: {took:.1?}, {} KiB of JSON", output.stdout.len() / 1024);
    assert!(output.status.success(), "{}", output.status);

    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    let listed = |field: &str| plan[field].as_array().map_or(0, Vec::len);
    assert_eq!((listed("groups"), listed("nodes"), listed("pods")), (GROUPS.len(), NODES, KINDS * PENDING_OF_A_KIND));
    assert_eq!(plan["summary"]["complete"], true);
}

/// Adds nodes with and without an instance; returns their names.
fn add_nodes(kubernetes: &KubernetesServer, aws: &Account) -> Vec<String> {
    let mut names = Vec::with_capacity(NODES);
    for group in GROUPS {
        let desired = u32::try_from(NODES_OF_A_GROUP).expect("a small number");
        let described = aws.group(group).region(REGION).launch_template("m5.xlarge").max(500).desired(desired);
        described.tag("KubernetesCluster", "prod").tag("KubernetesRole", "worker").create();
        for instance in aws.group_state(REGION, group).instances {
            let member = node(&instance.private_dns).provider_id(&instance.provider_id());
            kubernetes.add(member.address("InternalIP", &instance.private_ip));
            names.push(instance.private_dns);
        }
    }
    let others = NODES - names.len();
    let name = |number: usize| format!("ip-10-9-{}-{}.{REGION}.compute.internal", number / 250, number % 250);
    kubernetes.seed_copies(node("NAME"), others, |number| [("NAME", name(number))]);
    names.extend((0..others).map(name));
    names
}

fn add_pods(kubernetes: &KubernetesServer, nodes: &[String]) {
    for kind in 0..KINDS {
        let cpu = format!("{}m", 10 * (kind + 1));
        let asked = pod("batch", "NAME").owned_by("Job", &format!("job-{kind}")).requests(&[("cpu", &cpu), ("memory", "64Mi")]);
        let asked =
            asked.label("app.kubernetes.io/name", "batch").label("batch.kubernetes.io/job-name", &format!("job-{kind}"));
        let running = of_real_size(asked.clone().node("NODE"));
        kubernetes.seed_copies(running, RUNNING_OF_A_KIND, |number| {
            let node = nodes[(kind * RUNNING_OF_A_KIND + number) % nodes.len()].clone();
            [("NAME", format!("run-{kind}-{number:05}")), ("NODE", node)]
        });
        let pending = of_real_size(asked.requests(&[("cpu", "3")]).unschedulable());
        kubernetes.seed_copies(pending, PENDING_OF_A_KIND, |number| [("NAME", format!("wait-{kind}-{number:05}"))]);
    }
}

/// Gives a pod what a pod of a real cluster carries besides the fields that are read: some 6 KiB.
fn of_real_size(pod: impl Into<Value>) -> Value {
    let mut pod = pod.into();
    let variable = |number: usize| json!({"name": format!("SETTING_{number:02}"), "value": "a value of ordinary length"});
    let owned =
        |number: usize| (format!("k:{{\"name\":\"SETTING_{number:02}\"}}"), json!({".": {}, "f:name": {}, "f:value": {}}));
    let fields: serde_json::Map<String, Value> = (0..30).map(owned).collect();
    let container = &mut pod["spec"]["containers"][0];
    container["env"] = (0..30).map(variable).collect();
    container["args"] =
        json!(["train", "--config", "/etc/train/config.yaml", "--checkpoint", "s3://bucket/path/to/checkpoints"]);
    container["volumeMounts"] =
        json!([{"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}]);
    pod["spec"]["volumes"] = json!([{"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]);
    pod["metadata"]["managedFields"] = json!([{
        "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {"f:env": fields}}}}
    }]);
    pod
}
