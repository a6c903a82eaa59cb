//! A cluster of real programs: etcd, kube-apiserver and kube-scheduler at its default profile. Nodes are objects only, and
//! nothing runs on them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, MERGE_PATCH};
use crate::control_plane::{ControlPlane, Keeper, Setup, require};
use crate::storage::claims_in;
use crate::{devices, volume_controller};

const TOKEN: &str = "scheduler-check";

/// Between two looks at the server.
pub(crate) const POLL: Duration = Duration::from_millis(15);

/// The scheduler tries a pod again after ten seconds at most, and gives up on none.
const DEADLINE: Duration = Duration::from_secs(90);

const PODS: &str = "/api/v1/pods";

/// Where pods are made.
const NAMESPACES: [&str; 2] = ["default", SIDE];

/// The namespace of objects whose name begins with its own. Names are told apart without it, too.
const SIDE: &str = "side";

const NODES: &str = "/api/v1/nodes";

/// A label by which one change of a node is told from the next.
const MARK: &str = "changed";

const SCRIPT: &str = r#"
"$ASSETS/kube-scheduler" --config "$DIR/scheduler.json" --secure-port 0 --feature-gates "$GATES" > "$DIR/scheduler.log" 2>&1 &
scheduler=$!
read -r _
kill -9 $scheduler
wait
"#;

/// The running programs.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) version: String,
    /// Whether there are claims whose volumes have to be made.
    serves_volumes: Cell<bool>,
    _scheduler: Keeper,
    _plane: ControlPlane,
    _folder: TempDir,
}

/// Features that are not as they are by default: `Name=true,Other=false`.
#[derive(Default)]
pub(crate) struct FeatureGates {
    pub(crate) apiserver: &'static str,
    pub(crate) scheduler: &'static str,
    /// Versions of APIs that are served although they are not by default: `group/version=true`.
    pub(crate) runtime_config: &'static str,
    /// Whether the scheduler tries a pod again after a second at most, and not after ten.
    pub(crate) retries_quickly: bool,
}

/// What the scheduler made of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Bound { node: String },
    Unschedulable { message: String, nominated: Option<String> },
    Undecided,
}

impl Cluster {
    /// Starts everything, or says in one sentence what is missing.
    pub(crate) fn start() -> Result<Self, String> {
        // Nodes are Ready as they are made, since no kubelet reports later: nothing is to taint them meanwhile. And no controller
        // takes away what protects storage from being deleted.
        let without = "ServiceAccount,TaintNodesByCondition,StorageObjectInUseProtection";
        Self::start_with(&FeatureGates::default(), without)
    }

    /// The same with other features and without some of the API server's admission plugins.
    pub(crate) fn start_with(gates: &FeatureGates, without: &str) -> Result<Self, String> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS")
            .ok_or("KUBEBUILDER_ASSETS must name a folder with etcd, kube-apiserver and kube-scheduler")?;
        let assets = Path::new(&assets);
        require(assets, &["kube-scheduler"])?;
        let tokens = format!("{TOKEN},admin,admin,system:masters\n");
        let setup = Setup { tokens: &tokens, without, feature_gates: gates.apiserver, runtime_config: gates.runtime_config };
        let plane = ControlPlane::start(assets, &setup, |url| {
            let answer = Client::new(url, TOKEN).try_call(Method::GET, "/readyz", "application/json", Vec::new());
            answer.is_some_and(|answer| answer.code == 200)
        })?;
        let folder = tempfile::tempdir().expect("a folder for the scheduler");
        let kubeconfig = write_configuration(folder.path(), &plane.url, gates.retries_quickly);
        let environment =
            [("ASSETS", &*assets.to_string_lossy()), ("DIR", &*folder.path().to_string_lossy()), ("GATES", gates.scheduler)];
        let scheduler = Keeper::start(SCRIPT, &environment);
        let client = Client::new(&plane.url, TOKEN);
        let version = client.get("/version").expect(200)["gitVersion"].as_str().unwrap_or("of no version").to_owned();
        let side = json!({ "metadata": { "name": SIDE, "labels": { "team": SIDE } } });
        client.post("/api/v1/namespaces", &side).expect(201);
        let serves_volumes = Cell::new(false);
        Ok(Self { client, kubeconfig, version, serves_volumes, _scheduler: scheduler, _plane: plane, _folder: folder })
    }

    /// Makes volumes for claims from now on.
    pub(crate) fn serve_volumes(&self) {
        self.serves_volumes.set(true);
    }

    /// An object.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.client.get(path).expect(200)
    }

    /// All objects of a kind.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        match self.get(path)["items"].take() {
            Value::Array(items) => items,
            other => panic!("a list has items, not {other}"),
        }
    }

    /// Changes fields of an object.
    pub(crate) fn change(&self, path: &str, change: &Value) {
        self.client.patch(MERGE_PATCH, path, change).expect(200);
    }

    /// Removes an object.
    pub(crate) fn remove(&self, path: &str) {
        self.client.delete(path, &Value::Null).expect(200);
    }

    /// Makes any object that must be accepted.
    pub(crate) fn create(&self, path: &str, object: &Value) -> Value {
        self.client.post(path, object).expect(201)
    }

    /// Makes nodes, and waits until the scheduler has seen them.
    pub(crate) fn add_nodes(&self, nodes: &[Value]) {
        for node in nodes {
            self.create(NODES, node);
        }
        self.wait_until_seen(&names(nodes).map(|name| (name, None)).collect::<Vec<_>>());
    }

    /// Changes fields of a node's `spec`, and waits until the scheduler has seen it. `mark` is of this change alone.
    pub(crate) fn change_node(&self, name: &str, spec: &Value, mark: &str) {
        let change = json!({ "metadata": { "labels": { MARK: mark } }, "spec": spec });
        self.client.patch(MERGE_PATCH, &format!("{NODES}/{name}"), &change).expect(200);
        self.wait_until_seen(&[(name, Some(mark))]);
    }

    /// The scheduler has seen a node, perhaps with a mark, once it has bound a pod there that no other node can take, or would.
    fn wait_until_seen(&self, nodes: &[(&str, Option<&str>)]) {
        let canary = |&(name, mark): &(&str, Option<&str>)| {
            let mut selector = json!({ "kubernetes.io/hostname": name });
            if let Some(mark) = mark {
                selector[MARK] = json!(mark);
            }
            json!({
                "metadata": { "name": format!("canary-{name}"), "labels": { "canary": "yes" } },
                "spec": {
                    "containers": [{ "name": "a", "image": "none" }],
                    "tolerations": [{ "operator": "Exists" }],
                    "nodeSelector": selector,
                },
            })
        };
        let canaries: Vec<Value> = nodes.iter().map(canary).collect();
        self.add_pods(&canaries);
        // Of a node that is full it says so.
        let is_seen = |outcome: &Outcome| match outcome {
            Outcome::Bound { .. } => true,
            Outcome::Unschedulable { message, .. } => message.contains("1 Too many pods"),
            Outcome::Undecided => false,
        };
        let all_seen =
            |outcomes: &BTreeMap<String, Outcome>| names(&canaries).all(|name| outcomes.get(name).is_some_and(is_seen));
        self.wait_until("the scheduler sees the nodes", all_seen);
        self.delete_all(&format!("{}?labelSelector=canary", pods_in(NAMESPACES[0])));
    }

    /// Makes a pod; `false` when the API server finds it malformed, as it may a pod made by chance.
    pub(crate) fn try_add_pod(&self, pod: &Value) -> bool {
        let answer = self.client.post(&folder_of(pod), pod);
        // 403 is what admission says of a pod that contradicts its RuntimeClass.
        assert!([201, 403, 422].contains(&answer.code), "{}: {}", answer.code, answer.body);
        answer.code == 201
    }

    /// Says of pods what their nodes would, as far as they have such containers.
    pub(crate) fn resize(&self, pods: &[(&str, &Value)]) {
        for (name, status) in pods.iter().filter(|(_, status)| !status.is_null()) {
            let pod = self.get(&path_of(name));
            let mut status = (*status).clone();
            if pod["spec"]["initContainers"].is_null() {
                status["initContainerStatuses"] = json!([]);
            }
            if pod["spec"]["resources"].is_null() {
                status["resources"] = Value::Null;
                status["allocatedResources"] = Value::Null;
            }
            let change = json!({ "status": status });
            self.change(&format!("{}/status", path_of(name)), &change);
        }
    }

    /// Makes pods that were accepted before.
    pub(crate) fn add_pods<'a>(&self, pods: impl IntoIterator<Item = &'a Value>) {
        for pod in pods {
            self.create(&folder_of(pod), pod);
        }
    }

    /// Waits until the scheduler has decided on all these pods, and says how.
    pub(crate) fn decisions<'a>(&self, pods: impl Iterator<Item = &'a str> + Clone) -> BTreeMap<String, Outcome> {
        let decided = |outcomes: &BTreeMap<String, Outcome>| {
            pods.clone().all(|name| !matches!(outcomes.get(name), Some(Outcome::Undecided) | None))
        };
        let all = self.wait_until("the scheduler decides on every pod", decided);
        pods.map(|name| (name.to_owned(), all[name].clone())).collect()
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&BTreeMap<String, Outcome>) -> bool) -> BTreeMap<String, Outcome> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if self.serves_volumes.get() {
                volume_controller::step(self, &self.list(PODS));
            }
            let outcomes = self.outcomes();
            if holds(&outcomes) {
                return outcomes;
            }
            assert!(
                Instant::now() < deadline,
                "not within {DEADLINE:?}: {what}; last seen: {outcomes:?}; {}",
                self.undecided()
            );
            thread::sleep(POLL);
        }
    }

    fn outcomes(&self) -> BTreeMap<String, Outcome> {
        self.list(PODS)
            .iter()
            .map(|pod| (pod["metadata"]["name"].as_str().unwrap_or_default().to_owned(), outcome(pod)))
            .collect()
    }

    /// The pods without a decision, in full.
    fn undecided(&self) -> String {
        let pods = self.list(PODS);
        let undecided = pods.iter().filter(|pod| outcome(pod) == Outcome::Undecided);
        let in_full = undecided.map(|pod| format!("{} {} {}", pod["metadata"]["name"], pod["spec"], pod["status"]));
        in_full.collect::<Vec<_>>().join("; ")
    }

    /// The names of the pods that are being deleted.
    pub(crate) fn leaving(&self) -> Vec<String> {
        let pods = self.list(PODS);
        let leaving = pods.iter().filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null());
        leaving.map(|pod| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The pods that are not bound to the node named here, after a while.
    pub(crate) fn not_bound(&self, expected: &BTreeMap<String, String>) -> Vec<String> {
        let bound = |outcomes: &BTreeMap<String, Outcome>| {
            expected.keys().all(|pod| matches!(outcomes.get(pod), Some(Outcome::Bound { .. })))
        };
        let outcomes = self.wait_until("the pods are bound that others made room for", bound);
        let elsewhere = expected.iter().filter(|(pod, node)| outcomes[*pod] != Outcome::Bound { node: (*node).clone() });
        elsewhere.map(|(pod, node)| format!("{pod} was nominated to {node}; the scheduler: {:?}", outcomes[pod])).collect()
    }

    /// Removes pods at once.
    pub(crate) fn delete_pods<'a>(&self, pods: impl IntoIterator<Item = &'a str>) {
        for name in pods {
            self.client.delete(&path_of(name), &json!({"gracePeriodSeconds": 0})).expect(200);
        }
    }

    /// Begins to remove a bound pod, which no kubelet brings to its end.
    pub(crate) fn let_leave(&self, name: &str) {
        self.remove(&path_of(name));
    }

    /// Says of a bound pod that it has ended.
    pub(crate) fn finish(&self, name: &str) {
        self.change(&format!("{}/status", path_of(name)), &json!({ "status": { "phase": "Succeeded" } }));
    }

    /// Removes a node; its pods must have gone before.
    pub(crate) fn delete_node(&self, name: &str) {
        self.client.delete(&format!("{NODES}/{name}"), &Value::Null).expect(200);
    }

    /// Removes everything that a case made.
    pub(crate) fn clear(&self) {
        for namespace in NAMESPACES {
            self.delete_all(&pods_in(namespace));
            self.delete_all(&claims_in(namespace));
            self.delete_all(&devices::claims_in(namespace));
        }
        self.delete_all(NODES);
        self.delete_all("/apis/apps/v1/namespaces/default/daemonsets");
        self.delete_all("/api/v1/persistentvolumes");
        self.delete_all("/apis/storage.k8s.io/v1/csinodes");
        self.serves_volumes.set(false);
    }

    fn delete_all(&self, path: &str) {
        self.client.delete(path, &json!({"gracePeriodSeconds": 0})).expect(200);
    }
}

/// The namespace that a name tells.
pub(crate) fn namespace_of(name: &str) -> &'static str {
    if name.starts_with(SIDE) { SIDE } else { NAMESPACES[0] }
}

fn pods_in(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

fn path_of(pod: &str) -> String {
    format!("{}/{pod}", pods_in(namespace_of(pod)))
}

/// Where a pod is made.
fn folder_of(pod: &Value) -> String {
    pods_in(namespace_of(pod["metadata"]["name"].as_str().expect("pods have names")))
}

/// The names of objects.
pub(crate) fn names(objects: &[Value]) -> impl Iterator<Item = &str> + Clone {
    objects.iter().map(|object| object["metadata"]["name"].as_str().expect("objects have names"))
}

/// What the scheduler made of a pod.
pub(crate) fn outcome(pod: &Value) -> Outcome {
    if let Some(node) = pod["spec"]["nodeName"].as_str() {
        return Outcome::Bound { node: node.to_owned() };
    }
    let conditions = pod["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    // A claim of the pod's own is made a moment after the pod.
    let is_early = |condition: &Value| {
        let message = condition["message"].as_str().unwrap_or_default();
        ["waiting for ephemeral volume controller", "was not created for"].iter().any(|words| message.contains(words))
    };
    let said_no = conditions.iter().find(|condition| condition["reason"] == "Unschedulable" && !is_early(condition));
    said_no.map_or(Outcome::Undecided, |condition| Outcome::Unschedulable {
        message: condition["message"].as_str().unwrap_or_default().to_owned(),
        nominated: pod["status"]["nominatedNodeName"].as_str().map(str::to_owned),
    })
}

fn write_configuration(folder: &Path, url: &str, retries_quickly: bool) -> PathBuf {
    let kubeconfig = folder.join("kubeconfig");
    let access = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "check",
        "clusters": [{"name": "check", "cluster": {"server": url, "insecure-skip-tls-verify": true}}],
        "users": [{"name": "check", "user": {"token": TOKEN}}],
        "contexts": [{"name": "check", "context": {"cluster": "check", "user": "check"}}],
    });
    let scheduler = json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": kubeconfig, "qps": 1000, "burst": 1000},
        "leaderElection": {"leaderElect": false},
        // Both are whole seconds and above zero; the defaults are 1 and 10.
        "podInitialBackoffSeconds": 1,
        "podMaxBackoffSeconds": if retries_quickly { 1 } else { 10 },
    });
    fs::write(&kubeconfig, access.to_string()).expect("the folder takes files");
    fs::write(folder.join("scheduler.json"), scheduler.to_string()).expect("the folder takes files");
    kubeconfig
}
