//! The servers that facts are checked with, and a place of its own on each.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, MERGE_PATCH};
use super::real_server::{self, RealServer};
use crate::support::kubernetes::{ADMIN_TOKEN, KubernetesServer, Rule};

/// The server that answers.
enum Server {
    Ours(KubernetesServer),
    Real(&'static RealServer),
}

/// One fact's view of one server: an administrator's client, and names nobody else uses.
pub(crate) struct Place {
    server: Server,
    client: Client,
    prefix: String,
}

/// Checks a fact with our server, and with the real one when there is one.
pub(crate) fn on_each_server(fact: impl Fn(&Place)) {
    let real = real_server::running();
    announce(real);
    let ours = KubernetesServer::start();
    let client = Client::new(&ours.url(), ADMIN_TOKEN);
    fact(&Place::new(Server::Ours(ours), client));
    if let Some(real) = real {
        fact(&Place::new(Server::Real(real), Client::new(&real.url, real_server::ADMIN_TOKEN)));
    }
}

/// Prints once which servers take part; past the test harness, which keeps the output of tests that
/// pass.
fn announce(real: Option<&RealServer>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let line = match real {
            Some(real) => format!("kubernetes contract: our server and kube-apiserver {}\n", real.version),
            None => "kubernetes contract: our server only (KUBEBUILDER_ASSETS is not set)\n".to_owned(),
        };
        let _ = std::io::stderr().write_all(line.as_bytes());
    });
}

impl Place {
    fn new(server: Server, client: Client) -> Self {
        static FACTS: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("fact-{}", FACTS.fetch_add(1, Ordering::SeqCst));
        let place = Self { server, client, prefix };
        place.post("/api/v1/namespaces", &json!({"metadata": {"name": place.prefix}})).expect(201);
        place
    }

    /// Returns this fact's own namespace.
    pub(crate) fn namespace(&self) -> &str {
        &self.prefix
    }

    /// Returns a name for an object outside of namespaces.
    pub(crate) fn own(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// Returns the path of a namespaced core resource.
    pub(crate) fn core(&self, path: &str) -> String {
        format!("/api/v1/namespaces/{}/{path}", self.prefix)
    }

    /// Returns the path of a namespaced resource in a group: `grouped("policy/v1",
    /// "poddisruptionbudgets")`.
    pub(crate) fn grouped(&self, group_version: &str, path: &str) -> String {
        format!("/apis/{group_version}/namespaces/{}/{path}", self.prefix)
    }

    /// Returns a user who may do what the rules allow, in this fact's namespace where a rule names
    /// no other.
    pub(crate) fn limited_to(&self, rules: &[Rule]) -> Client {
        match &self.server {
            Server::Ours(ours) => {
                ours.grant(&self.prefix, &self.prefix, rules);
                Client::new(&ours.url(), &self.prefix)
            }
            Server::Real(real) => real.limited_to(&self.client, &self.prefix, rules),
        }
    }

    /// Makes the server forget everything before this version.
    pub(crate) fn forget_before(&self, version: &str) {
        match &self.server {
            Server::Ours(ours) => ours.expire_continue_tokens(),
            Server::Real(real) => real.compact(version),
        }
    }

    /// Returns the name of such a user.
    pub(crate) fn limited_user(&self) -> String {
        self.prefix.clone()
    }

    /// Returns a client with any token; an empty one sends none.
    pub(crate) fn client_with_token(&self, token: &str) -> Client {
        let url = match &self.server {
            Server::Ours(ours) => ours.url(),
            Server::Real(real) => real.url.clone(),
        };
        Client::new(&url, token)
    }

    /// Makes a node and returns it as created.
    pub(crate) fn node(&self, name: &str) -> Value {
        let node = json!({"metadata": {"name": self.own(name), "labels": {"fact": self.prefix}}});
        self.post("/api/v1/nodes", &node).expect(201)
    }

    /// Makes a pod with these labels and returns it as created.
    pub(crate) fn pod(&self, name: &str, labels: &Value) -> Value {
        let pod = json!({
            "metadata": {"name": name, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "busybox"}]},
        });
        self.post(&self.core("pods"), &pod).expect(201)
    }

    /// Makes a pod that runs on a node, ready or not.
    pub(crate) fn running_pod(&self, name: &str, labels: &Value, ready: bool) -> Value {
        self.pod(name, labels);
        let binding = json!({"metadata": {"name": name}, "target": {"kind": "Node", "name": "anywhere"}});
        self.post(&self.core(&format!("pods/{name}/binding")), &binding).expect(201);
        let ready = if ready { "True" } else { "False" };
        let status = json!({"status": {"phase": "Running", "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": ready},
        ]}});
        self.patch(MERGE_PATCH, &self.core(&format!("pods/{name}/status")), &status).expect(200)
    }

    /// Makes a budget over `app=web` whose controller states how much it allows.
    pub(crate) fn budget(&self, name: &str, allowed: u32, current: u32, desired: u32) -> Value {
        self.unobserved_budget(name, &json!({}));
        let status = json!({"status": {
            "observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": current,
            "desiredHealthy": desired, "expectedPods": current,
        }});
        let path = self.grouped("policy/v1", &format!("poddisruptionbudgets/{name}/status"));
        self.patch(MERGE_PATCH, &path, &status).expect(200)
    }

    /// Makes the same before any controller has looked at it, with more in its spec.
    pub(crate) fn unobserved_budget(&self, name: &str, spec: &Value) -> Value {
        let mut budget = json!({
            "metadata": {"name": name},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        });
        for (field, value) in spec.as_object().into_iter().flatten() {
            budget["spec"][field] = value.clone();
        }
        self.post(&self.grouped("policy/v1", "poddisruptionbudgets"), &budget).expect(201)
    }
}

impl std::ops::Deref for Place {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Repeats a request until the answer is as wanted: some of a real server's parts see a change a
/// moment later.
///
/// # Panics
///
/// When it has not become so in ten seconds.
pub(crate) fn until<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not come about");
        thread::sleep(Duration::from_millis(20));
    }
}
