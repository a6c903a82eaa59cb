//! Kubeconfig files that point at the server.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

/// Writes a kubeconfig with one context; JSON is YAML, too.
pub(super) fn write(folder: &Path, server: &str, token: &str) -> PathBuf {
    let content = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    });
    let path = folder.join(format!("{token}.kubeconfig"));
    fs::write(&path, content.to_string()).expect("the kubeconfig's folder takes files");
    path
}
