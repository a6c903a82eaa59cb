//! A Kubernetes API server for tests: one per test, on a loopback port, with a cluster in memory
//! behind it.
//!
//! ```text
//! http ─► access ─► handle ─► listing · watching · writing · patching · removal · … ─► store
//! ```
//!
//! It answers as a real kube-apiserver does in everything the contract suite
//! (`tests/it/kubernetes_contract.rs`) states, and it does what no real server can: log every call,
//! fail on demand, and stop for a moment before a call so that a test can change the cluster under
//! its feet. It runs on a thread of its own, so that a plain test can start the real binary against
//! [`KubernetesServer::kubeconfig`] and wait for it.
//!
//! Not there: conversions between versions, quantities in canonical form, admission beyond
//! what [`defaults`] lists, and schema validation beyond [`validation`].

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use axum::Router;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

mod access;
mod answer;
mod apply_patch;
pub(crate) mod base64;
mod binding;
mod calls;
mod cluster;
mod connection;
mod controllers;
mod copies;
mod defaults;
mod discovery;
mod event_forms;
mod event_rules;
mod eviction;
mod faults;
mod field_owners;
mod handle;
mod http;
mod json_patch;
mod kubeconfig;
mod listing;
mod merge_keys;
mod merge_patch;
pub(crate) mod objects;
mod patching;
mod removal;
mod request;
mod resources;
mod selectors;
mod store;
mod strategic_patch;
mod validation;
mod watching;
mod writing;

pub(crate) use access::{ADMIN_TOKEN, Rule};
pub(crate) use calls::{Call, CallPattern};
pub(crate) use cluster::Cluster;
pub(crate) use faults::Fault;

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct KubernetesServer {
    cluster: Arc<Cluster>,
    address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl KubernetesServer {
    /// Starts a server with an empty cluster.
    ///
    /// # Panics
    ///
    /// When the machine has no port or folder to give.
    pub(crate) fn start() -> Self {
        let cluster = Arc::new(Cluster::new());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback address");
        listener.set_nonblocking(true).expect("a listener for an asynchronous server");
        let address = listener.local_addr().expect("the address of a bound listener");
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&cluster);
        let thread = thread::Builder::new()
            .name("kubernetes-api".to_owned())
            .spawn(move || run(listener, served, stopped))
            .expect("a thread for the server");
        let folder = TempDir::with_prefix("kubeconfig-").expect("a folder for kubeconfigs");
        Self { cluster, address, folder, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig whose user may do everything.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig_for(ADMIN_TOKEN)
    }

    /// A kubeconfig with this token, known to the server or not.
    pub(crate) fn kubeconfig_for(&self, token: &str) -> PathBuf {
        kubeconfig::write(self.folder.path(), &self.url(), token)
    }

    /// A kubeconfig for the user `limited`, who may do what the rules say and nothing else.
    pub(crate) fn token_limited_to(&self, rules: &[Rule]) -> PathBuf {
        const LIMITED: &str = "limited";
        self.grant(LIMITED, LIMITED, rules);
        self.kubeconfig_for(LIMITED)
    }
}

impl Deref for KubernetesServer {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for KubernetesServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        if !thread::panicking() {
            assert!(ended, "the Kubernetes server failed");
            assert!(!self.cluster.has_failed_moment(), "an action before a call failed; its message is above");
        }
    }
}

fn run(listener: std::net::TcpListener, cluster: Arc<Cluster>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for the server");
    let service =
        Router::new().fallback(http::serve).with_state(cluster).into_make_service_with_connect_info::<connection::Cut>();
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listener).expect("a listener in the server's runtime");
        let serve = axum::serve(connection::CuttableListener(listener), service);
        // Open connections are not waited for: a test that ends has no more questions.
        tokio::select! {
            result = async { serve.await } => result.expect("serving the API"),
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}
