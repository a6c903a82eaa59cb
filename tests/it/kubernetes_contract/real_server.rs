//! A real kube-apiserver with its etcd, one for the whole test process.

use std::path::Path;
use std::sync::OnceLock;

use http::Method;
use serde_json::json;

use super::client::Client;
use crate::support::control_plane::{ControlPlane, Setup};
use crate::support::kubernetes::{Rule, base64};

/// The token of a member of `system:masters`.
pub(super) const ADMIN_TOKEN: &str = "contract-admin";

/// The number of users without rights, to be given some; facts are numbered, and there are fewer
/// than this.
const LIMITED_USERS: usize = 2000;

/// Its address, and what keeps it running.
pub(crate) struct RealServer {
    pub(crate) url: String,
    pub(crate) version: String,
    plane: ControlPlane,
}

/// Returns the real server, which the first caller starts; none without `KUBEBUILDER_ASSETS`.
///
/// # Panics
///
/// When it was wanted and does not start; every fact reports it, and only the first waits for it.
pub(crate) fn running() -> Option<&'static RealServer> {
    static SERVER: OnceLock<Option<Result<RealServer, String>>> = OnceLock::new();
    let start = || std::env::var_os("KUBEBUILDER_ASSETS").map(|assets| RealServer::start(Path::new(&assets)));
    let started = SERVER.get_or_init(start).as_ref()?;
    Some(started.as_ref().unwrap_or_else(|why| panic!("no real server: {why}")))
}

impl RealServer {
    fn start(assets: &Path) -> Result<Self, String> {
        let setup = Setup { tokens: &tokens(), without: "ServiceAccount", feature_gates: "", runtime_config: "" };
        let is_ready = |url: &str| {
            let answer = Client::new(url, ADMIN_TOKEN).try_call(Method::GET, "/readyz", "application/json", Vec::new());
            answer.is_some_and(|answer| answer.code == 200)
        };
        let plane = ControlPlane::start(assets, &setup, is_ready)?;
        let version = Client::new(&plane.url, ADMIN_TOKEN).get("/version").expect(200);
        let version = version["gitVersion"].as_str().unwrap_or("of no version").to_owned();
        Ok(Self { url: plane.url.clone(), version, plane })
    }

    /// Makes it forget everything before this version, as it does by itself every five minutes: the
    /// note is for the API server's caches, the order for etcd.
    pub(super) fn compact(&self, version: &str) {
        let etcd = Client::new(&self.plane.etcd, "");
        // Padded to whole groups of base64, which etcd wants complete.
        let value = base64::encode(format!("{version:0>12}").as_bytes());
        let note = json!({"key": base64::encode(b"compact_rev_key"), "value": value});
        etcd.post("/v3/kv/put", &note).expect(200);
        etcd.post("/v3/kv/compaction", &json!({"revision": version, "physical": true})).expect(200);
    }

    /// Gives a user rights by a role of its own, and waits until they count.
    pub(super) fn limited_to(&self, admin: &Client, user: &str, rules: &[Rule]) -> Client {
        for (number, rule) in rules.iter().enumerate() {
            let name = format!("{user}-{number}");
            let rule_object = json!({
                "verbs": rule.verbs(), "apiGroups": [rule.group()], "resources": [rule.resource()],
                "resourceNames": rule.names(),
            });
            let role = json!({"metadata": {"name": name}, "rules": [rule_object]});
            let (roles_path, bindings_path) = match rule.namespace() {
                Some(namespace) => (
                    format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles"),
                    format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"),
                ),
                None => (
                    "/apis/rbac.authorization.k8s.io/v1/clusterroles".to_owned(),
                    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".to_owned(),
                ),
            };
            admin.post(&roles_path, &role).expect(201);
            let kind = if rule.namespace().is_some() { "Role" } else { "ClusterRole" };
            let binding = json!({
                "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
            });
            admin.post(&bindings_path, &binding).expect(201);
        }
        Client::new(&self.url, &format!("token-of-{user}"))
    }
}

fn tokens() -> String {
    let limited = (0..LIMITED_USERS).map(|number| format!("token-of-fact-{number},fact-{number},user-{number}\n"));
    std::iter::once(format!("{ADMIN_TOKEN},admin,admin,system:masters\n")).chain(limited).collect()
}
