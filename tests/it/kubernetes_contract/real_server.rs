//! A real kube-apiserver with its etcd, one for the whole test process.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;

use super::client::Client;
use crate::support::kubernetes::{Rule, base64};

/// The token of a member of `system:masters`.
pub(super) const ADMIN_TOKEN: &str = "contract-admin";

/// Users without rights, to be given some; facts are numbered, and there are fewer than this.
const LIMITED_USERS: usize = 2000;

/// From a cold start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// Starts both programs and ends them when its standard input closes, however the test process ended: at once,
/// because an API server that misses its etcd takes minutes to go.
const KEEPER: &str = r#"
"$ASSETS/etcd" --data-dir "$DIR/etcd" --unsafe-no-fsync \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls "$PEER" \
    > "$DIR/etcd.log" 2>&1 &
etcd=$!
"$ASSETS/kube-apiserver" --etcd-servers "$ETCD" --bind-address 127.0.0.1 --secure-port "$PORT" \
    --cert-dir "$DIR/certificates" --token-auth-file "$DIR/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://contract.invalid --service-account-key-file "$DIR/key.pem" \
    --service-account-signing-key-file "$DIR/key.pem" --service-cluster-ip-range 10.0.0.0/24 \
    --disable-admission-plugins ServiceAccount \
    > "$DIR/apiserver.log" 2>&1 &
apiserver=$!
read -r _
kill -9 $apiserver $etcd
wait
rm -rf "$DIR"
"#;

/// Where it listens, and the pipe that keeps it running.
pub(crate) struct RealServer {
    pub(crate) url: String,
    pub(crate) version: String,
    etcd: String,
    _keeper: Child,
    _standard_input: ChildStdin,
}

/// The real server, started by the first who asks; none without `KUBEBUILDER_ASSETS`.
///
/// # Panics
///
/// When it was asked for and does not start; every fact says so, and only the first waits for it.
pub(crate) fn running() -> Option<&'static RealServer> {
    static SERVER: OnceLock<Option<Result<RealServer, String>>> = OnceLock::new();
    let start = || std::env::var_os("KUBEBUILDER_ASSETS").map(|assets| RealServer::start(Path::new(&assets)));
    let started = SERVER.get_or_init(start).as_ref()?;
    Some(started.as_ref().unwrap_or_else(|why| panic!("no real server: {why}")))
}

impl RealServer {
    fn start(assets: &Path) -> Result<Self, String> {
        for program in ["etcd", "kube-apiserver"] {
            if !assets.join(program).is_file() {
                return Err(format!("KUBEBUILDER_ASSETS is {} and has no {program}", assets.display()));
            }
        }
        let folder = tempfile::Builder::new().prefix("kube-apiserver-").tempdir().expect("a folder for the server").keep();
        write_tokens(&folder);
        write_key(&folder);
        let port = free_port();
        let etcd = format!("http://127.0.0.1:{}", free_port());
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .env("ASSETS", assets)
            .env("DIR", &folder)
            .env("ETCD", &etcd)
            .env("PEER", format!("http://127.0.0.1:{}", free_port()))
            .env("PORT", port.to_string())
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell to run the real server");
        let standard_input = keeper.stdin.take().expect("the pipe that was asked for");
        let url = format!("https://127.0.0.1:{port}");
        match wait_until_ready(&url, &folder) {
            Ok(version) => Ok(Self { url, version, etcd, _keeper: keeper, _standard_input: standard_input }),
            Err(why) => {
                drop(standard_input);
                let _ = keeper.wait();
                Err(why)
            }
        }
    }

    /// Makes it forget everything before this version, as it does by itself every five minutes: the note tells the
    /// API server's caches, the order etcd.
    pub(super) fn compact(&self, version: &str) {
        let etcd = Client::new(&self.etcd, "");
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

fn write_tokens(folder: &Path) {
    let limited = (0..LIMITED_USERS).map(|number| format!("token-of-fact-{number},fact-{number},user-{number}\n"));
    let all: String = std::iter::once(format!("{ADMIN_TOKEN},admin,admin,system:masters\n")).chain(limited).collect();
    fs::write(folder.join("tokens.csv"), all).expect("the server's folder takes files");
}

/// The key for service account tokens, which nobody here asks for and the server insists on.
fn write_key(folder: &Path) {
    let made = Command::new("openssl")
        .args(["genrsa", "-out"])
        .arg(folder.join("key.pem"))
        .arg("2048")
        .stderr(Stdio::null())
        .status()
        .expect("openssl, which makes the real server's key");
    assert!(made.success(), "openssl made no key");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the address of a bound listener").port()
}

fn wait_until_ready(url: &str, folder: &Path) -> Result<String, String> {
    let deadline = Instant::now() + START_TIMEOUT;
    let client = Client::new(url, ADMIN_TOKEN);
    let get = |path: &str| client.try_call(Method::GET, path, "application/json", Vec::new());
    while get("/readyz").is_none_or(|answer| answer.code != 200) {
        if Instant::now() > deadline {
            let log = fs::read_to_string(folder.join("apiserver.log")).unwrap_or_default();
            let last = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            return Err(format!("kube-apiserver is not ready after {START_TIMEOUT:?}; the end of its log:\n{last}"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    let version = client.get("/version").expect(200);
    Ok(version["gitVersion"].as_str().unwrap_or("of no version").to_owned())
}
