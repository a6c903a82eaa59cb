//! One Kubernetes server and one Magnum cluster in a project of its own, and the binary between
//! them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::cluster::{Run, run};
use super::super::world::{age_node, age_object};
use crate::support::kubernetes::KubernetesServer;
use crate::support::kubernetes::objects::{Object as _, node};

pub(super) const REGION: &str = "RegionOne";
pub(super) const MINUTE: Duration = Duration::from_mins(1);

static SERVICES: OnceLock<Services> = OnceLock::new();

/// Keystone, Magnum and what they need, one of each per test process.
struct Services {
    facts: Value,
    /// They end when their standard input does.
    _process: Child,
}

impl Services {
    fn start() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let python = std::env::var_os("OPENSTACK_PYTHON")
            .map_or_else(|| root.join("target/test-tools/openstack-venv/bin/python"), PathBuf::from);
        let mut process = Command::new(python)
            .arg("-B")
            .arg(root.join("tests/support/openstack/launcher.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the OpenStack services start");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its standard output")).read_line(&mut line).expect("a line");
        let facts = serde_json::from_str(&line).unwrap_or_else(|error| panic!("the services did not start: {error}: {line}"));
        Self { facts, _process: process }
    }
}

/// A cluster of Magnum that is called `test`, and the Kubernetes cluster that it is.
pub(super) struct MagnumCluster {
    pub(super) kubernetes: KubernetesServer,
    services: &'static Services,
    project: Value,
    uuid: String,
    mode: &'static str,
    folder: TempDir,
}

impl MagnumCluster {
    /// Makes a cluster with these node groups, by the driver of a mode.
    pub(super) fn start(mode: &'static str, groups: Value) -> Self {
        Self::start_with(mode, groups, json!({}))
    }

    pub(super) fn start_with(mode: &'static str, groups: Value, more: Value) -> Self {
        let services = SERVICES.get_or_init(Services::start);
        let project = ask(&services.facts, "project", json!({}));
        let folder = tempfile::tempdir().expect("a directory can be made");
        let kubernetes = KubernetesServer::start();
        let mut it = Self { kubernetes, services, project, uuid: String::new(), mode, folder };
        let mut wish = json!({ "name": "test", "mode": mode, "groups": groups });
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        it.uuid = it.ask("cluster", wish)["uuid"].as_str().expect("a UUID").to_owned();
        it.ask("calls/forget", json!({}));
        it
    }

    /// Asks the services' admin API about this project and cluster.
    pub(super) fn ask(&self, verb: &str, mut wish: Value) -> Value {
        wish["project"] = self.project["id"].clone();
        if !self.uuid.is_empty() {
            wish["cluster"] = json!(self.uuid);
        }
        ask(&self.services.facts, verb, wish)
    }

    /// Returns the binary with the environment of a person of the project.
    pub(super) fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ec2-autoscale"));
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let member = &self.project["member"];
        process.env_clear().current_dir(self.folder.path()).env("HOME", self.folder.path());
        process.env("KUBECONFIG", self.kubernetes.kubeconfig());
        process.env("OS_AUTH_URL", text(&self.services.facts["auth_url"])).env("OS_REGION_NAME", REGION);
        process.env("OS_USER_ID", text(&member["id"])).env("OS_PASSWORD", text(&member["password"]));
        process.env("OS_PROJECT_ID", text(&self.project["id"]));
        process.args([command, "--cloud", "magnum", "--cluster-name", "test"]).args(arguments);
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process
    }

    /// Runs `plan -o json`, which must change nothing.
    pub(super) fn plan(&self, arguments: &[&str]) -> Run {
        let before = (self.kubernetes.mutations().len(), self.resizes().len());
        let run = run(self.command("plan", &["-o", "json"]).args(arguments));
        assert_eq!(before, (self.kubernetes.mutations().len(), self.resizes().len()), "plan changed something");
        run
    }

    /// Runs `apply -o json`, and returns when Magnum has done what was requested of it.
    pub(super) fn apply(&self, arguments: &[&str]) -> Run {
        run(self.command("apply", &["-o", "json"]).args(arguments))
    }

    /// Returns the requests that change a group, in words: `workers 3`, `workers 1 without 2`.
    pub(super) fn resizes(&self) -> Vec<String> {
        let state = self.state();
        let groups = state["groups"].as_object().expect("groups");
        let name = |uuid: &Value| groups.iter().find(|(_, group)| group["uuid"] == *uuid).map_or("?", |(name, _)| name);
        let calls = self.ask("calls", json!({}));
        let changes = calls.as_array().expect("calls").iter().filter(|call| call["mutation"] == true);
        let words = |call: &Value| {
            let (body, without) = (&call["body"], call["body"]["nodes_to_remove"].as_array().map_or(0, Vec::len));
            let names = if without > 0 { format!(" without {without}") } else { String::new() };
            format!("{} {}{names}", name(&body["nodegroup"]), body["node_count"])
        };
        changes.map(words).collect()
    }

    pub(super) fn forget_calls(&self) {
        self.ask("calls/forget", json!({}));
        self.kubernetes.forget_calls();
    }

    pub(super) fn state(&self) -> Value {
        self.ask("cluster/state", json!({}))
    }

    /// Returns the servers of a group.
    pub(super) fn servers(&self, group: &str) -> Vec<Value> {
        self.state()["groups"][group]["servers"].as_array().expect("servers").clone()
    }

    /// Returns the ids of the servers of a group, in their order.
    pub(super) fn ids(&self, group: &str) -> Vec<String> {
        self.servers(group).iter().map(|server| server["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Returns when all that ends by itself has ended.
    pub(super) fn settle(&self) {
        self.ask("settle", json!({}));
    }

    /// Ends what is in progress, where it ends only when told.
    pub(super) fn complete(&self) {
        self.ask("complete", json!({}));
    }

    /// Makes the active servers of a group Ready nodes, as they come; returns their names.
    pub(super) fn register_nodes(&self, group: &str) -> Vec<String> {
        let known = self.kubernetes.all("nodes");
        let label = match self.mode {
            "heat" => "magnum.openstack.org/nodegroup",
            "capi-helm" => "capi.stackhpc.com/node-group",
            _ => "node.cluster.x-k8s.io/nodegroup",
        };
        let mut names = Vec::new();
        for server in self.servers(group).iter().filter(|server| server["status"] == "ACTIVE") {
            let (id, name) = (server["id"].as_str().expect("an id"), server["name"].as_str().expect("a name"));
            let provider_id = format!("openstack:///{id}");
            if known.iter().any(|node| node["spec"]["providerID"] == *provider_id) {
                continue;
            }
            let fresh = node(name)
                .provider_id(&provider_id)
                .allocatable("cpu", "4")
                .allocatable("memory", "7600Mi")
                .allocatable("ephemeral-storage", "72Gi")
                .allocatable("pods", "110")
                .label(label, group)
                .label("node.kubernetes.io/instance-type", server["flavor"].as_str().expect("a flavor"))
                .label("topology.kubernetes.io/region", REGION)
                .label("topology.kubernetes.io/zone", "nova");
            self.kubernetes.add(fresh);
            names.push(name.to_owned());
        }
        names
    }

    /// Lets time pass: everything happened that much earlier.
    pub(super) fn pass(&self, time: Duration) {
        for group in self.state()["groups"].as_object().expect("groups").values() {
            for server in group["servers"].as_array().expect("servers") {
                self.ask("server/change", json!({ "server": server["id"], "older_by": time.as_secs() }));
            }
        }
        for node in self.kubernetes.all("nodes") {
            let name = node["metadata"]["name"].as_str().expect("a name").to_owned();
            self.kubernetes.edit("nodes", "", &name, |node| age_node(node, time));
        }
        for pod in self.kubernetes.all("pods") {
            let (namespace, name) = (pod["metadata"]["namespace"].as_str(), pod["metadata"]["name"].as_str());
            self.kubernetes.edit("pods", namespace.expect("text"), name.expect("text"), |pod| age_object(pod, time));
        }
    }

    /// Returns the path of a file in the folder of the binary.
    pub(super) fn folder_file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    /// Has a person resize a group by Magnum's API.
    pub(super) fn resize_by_hand(&self, group: &str, count: u32) {
        let (facts, member) = (&self.services.facts, &self.project["member"]);
        let user = json!({ "id": member["id"], "password": member["password"] });
        let identity = json!({ "methods": ["password"], "password": { "user": user } });
        let scope = json!({ "project": { "id": self.project["id"] } });
        let sign_in = json!({ "auth": { "identity": identity, "scope": scope } });
        let tokens = format!("{}/auth/tokens", facts["endpoints"]["identity"].as_str().expect("an address"));
        let (head, _) = post(&tokens, &sign_in, "");
        let token = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("x-subject-token").then_some(value)
        });
        let headers = format!("X-Auth-Token: {}\r\nOpenStack-API-Version: container-infra 1.10\r\n", token.expect("a token"));
        let magnum = facts["endpoints"]["container-infra"].as_str().expect("an address");
        let resize = json!({ "node_count": count, "nodegroup": group });
        let (head, body) = post(&format!("{magnum}/clusters/{}/actions/resize", self.uuid), &resize, &headers);
        assert!(head.contains(" 202 "), "{head}: {body}");
    }

    /// Removes the Nodes whose server is gone, as the cloud controller does.
    pub(super) fn kubernetes_follows(&self) {
        let state = self.state();
        let groups = state["groups"].as_object().expect("groups").values();
        let servers: Vec<String> = groups
            .flat_map(|group| group["servers"].as_array().expect("servers").clone())
            .map(|server| format!("openstack:///{}", server["id"].as_str().expect("an id")))
            .collect();
        for node in self.kubernetes.all("nodes") {
            let is_there = servers.iter().any(|server| node["spec"]["providerID"] == *server);
            if !is_there {
                self.kubernetes.remove("nodes", "", node["metadata"]["name"].as_str().expect("a name"));
            }
        }
    }

    /// Makes the nodes of `workers` an hour old, and has a run cordon those without a pod.
    pub(super) fn cordon_idle(&self) {
        self.pass(60 * MINUTE);
        self.apply(&["--idle-threshold", "0", "--max-scale-in-fraction", "1"]).exits(0);
        self.kubernetes.run_controllers();
        self.pass(MINUTE);
        self.forget_calls();
    }
}

fn ask(facts: &Value, verb: &str, wish: Value) -> Value {
    let (head, body) = post(&format!("{}/{verb}", facts["admin"].as_str().expect("an address")), &wish, "");
    assert!(head.contains(" 200 "), "{verb}: {head}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

/// Posts a document with further headers, and returns the head and the body of the answer.
fn post(url: &str, document: &Value, headers: &str) -> (String, String) {
    let (address, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let body = document.to_string();
    let mut connection = TcpStream::connect(address).expect("a connection to the services");
    write!(
        connection,
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("a request to the services");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer of the services");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    (head.to_owned(), body.to_owned())
}
