//! The real programs of a control plane, started for one test process and ended with it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// From a cold start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// Starts both programs and ends them when its standard input closes, however the test process
/// ended: at once, because an API server that misses its etcd takes minutes to go.
const SCRIPT: &str = r#"
"$ASSETS/etcd" --data-dir "$DIR/etcd" --unsafe-no-fsync \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls "$PEER" \
    > "$DIR/etcd.log" 2>&1 &
etcd=$!
"$ASSETS/kube-apiserver" --etcd-servers "$ETCD" --bind-address 127.0.0.1 --secure-port "$PORT" \
    --cert-dir "$DIR/certificates" --token-auth-file "$DIR/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://contract.invalid --service-account-key-file "$DIR/key.pem" \
    --service-account-signing-key-file "$DIR/key.pem" --service-cluster-ip-range 10.0.0.0/24 \
    --disable-admission-plugins "$WITHOUT" --feature-gates "$GATES" --runtime-config "$SERVED" \
    > "$DIR/apiserver.log" 2>&1 &
apiserver=$!
read -r _
kill -9 $apiserver $etcd
wait
rm -rf "$DIR"
"#;

/// A shell that keeps programs running while its standard input is open.
pub(crate) struct Keeper {
    child: Child,
    standard_input: ChildStdin,
}

/// A kube-apiserver with its etcd.
pub(crate) struct ControlPlane {
    pub(crate) url: String,
    /// Where etcd listens.
    pub(crate) etcd: String,
    _keeper: Keeper,
}

/// How a control plane is set up.
pub(crate) struct Setup<'a> {
    /// The content of its token file.
    pub(crate) tokens: &'a str,
    /// Admission plugins that are switched off.
    pub(crate) without: &'a str,
    /// Features that are not as they are by default: `Name=true,Other=false`.
    pub(crate) feature_gates: &'a str,
    /// Versions of APIs that are served although they are not by default: `group/version=true`.
    pub(crate) runtime_config: &'a str,
}

impl Keeper {
    /// A shell running a script that ends when `read` does.
    pub(crate) fn start(script: &str, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", script])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell to run the real programs");
        let standard_input = child.stdin.take().expect("the pipe that was asked for");
        Self { child, standard_input }
    }

    fn stop(mut self) {
        drop(self.standard_input);
        let _ = self.child.wait();
    }
}

impl ControlPlane {
    /// Starts both and waits until `is_ready` holds of the URL.
    pub(crate) fn start(assets: &Path, setup: &Setup<'_>, is_ready: impl Fn(&str) -> bool) -> Result<Self, String> {
        require(assets, &["etcd", "kube-apiserver"])?;
        let folder = tempfile::Builder::new().prefix("kube-apiserver-").tempdir().expect("a folder for the server").keep();
        fs::write(folder.join("tokens.csv"), setup.tokens).expect("the server's folder takes files");
        write_key(&folder);
        let port = free_port();
        let etcd = format!("http://127.0.0.1:{}", free_port());
        let keeper = Keeper::start(
            SCRIPT,
            &[
                ("ASSETS", &assets.to_string_lossy()),
                ("DIR", &folder.to_string_lossy()),
                ("ETCD", &etcd),
                ("PEER", &format!("http://127.0.0.1:{}", free_port())),
                ("PORT", &port.to_string()),
                ("WITHOUT", setup.without),
                ("GATES", setup.feature_gates),
                ("SERVED", setup.runtime_config),
            ],
        );
        let url = format!("https://127.0.0.1:{port}");
        match wait_until(|| is_ready(&url), &folder) {
            Ok(()) => Ok(Self { url, etcd, _keeper: keeper }),
            Err(why) => {
                keeper.stop();
                Err(why)
            }
        }
    }
}

/// Says which program the folder does not have.
pub(crate) fn require(assets: &Path, programs: &[&str]) -> Result<(), String> {
    match programs.iter().find(|program| !assets.join(program).is_file()) {
        Some(program) => Err(format!("KUBEBUILDER_ASSETS is {} and has no {program}", assets.display())),
        None => Ok(()),
    }
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

fn wait_until(is_ready: impl Fn() -> bool, folder: &Path) -> Result<(), String> {
    let deadline = Instant::now() + START_TIMEOUT;
    while !is_ready() {
        if Instant::now() > deadline {
            let log = fs::read_to_string(folder.join("apiserver.log")).unwrap_or_default();
            let last = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            return Err(format!("kube-apiserver is not ready after {START_TIMEOUT:?}; the end of its log:\n{last}"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
