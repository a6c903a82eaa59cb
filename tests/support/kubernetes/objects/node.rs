//! Nodes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{builds_json, object, push, set_condition, time};

/// A node being described.
#[derive(Debug, Clone)]
pub(crate) struct Node(pub(super) Value);

builds_json!(Node);

/// A ready Linux node of 4 CPUs and 16 GiB.
pub(crate) fn node(name: &str) -> Node {
    let mut node = object("v1", "Node", "", name);
    node["metadata"]["labels"] =
        json!({"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"});
    node["spec"] = json!({});
    let amounts = json!({"cpu": "4", "memory": "16Gi", "pods": "110", "ephemeral-storage": "20Gi"});
    node["status"] = json!({
        "capacity": amounts,
        "allocatable": amounts,
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.0", "bootID": "",
            "containerRuntimeVersion": "containerd://2.1", "kernelVersion": "6.12", "kubeProxyVersion": "",
            "machineID": "", "osImage": "Amazon Linux 2023", "systemUUID": "",
        },
    });
    Node(node).ready(true)
}

impl Node {
    /// Sets how much of a resource pods can have, and the capacity with it.
    #[must_use]
    pub(crate) fn allocatable(mut self, resource: &str, amount: &str) -> Self {
        self.0["status"]["allocatable"][resource] = json!(amount);
        self.0["status"]["capacity"][resource] = json!(amount);
        self
    }

    /// Sets the EC2 instance behind the node: `aws:///us-west-2a/i-0123`.
    #[must_use]
    pub(crate) fn provider_id(mut self, id: &str) -> Self {
        self.0["spec"]["providerID"] = json!(id);
        self
    }

    /// Whether the kubelet says that it can run pods.
    #[must_use]
    pub(crate) fn ready(self, ready: bool) -> Self {
        self.ready_since(if ready { "True" } else { "False" }, Timestamp::now())
    }

    /// `True`, `False` or `Unknown`, and since when.
    #[must_use]
    pub(crate) fn ready_since(mut self, status: &str, since: Timestamp) -> Self {
        let condition = json!({
            "type": "Ready",
            "status": status,
            "reason": if status == "Unknown" { "NodeStatusUnknown" } else { "KubeletReady" },
            "lastTransitionTime": time(since),
            "lastHeartbeatTime": time(since),
        });
        set_condition(&mut self.0, condition);
        self
    }

    /// Adds a taint.
    #[must_use]
    pub(crate) fn taint(mut self, key: &str, value: &str, effect: &str) -> Self {
        let mut taint = json!({"key": key, "effect": effect});
        if !value.is_empty() {
            taint["value"] = json!(value);
        }
        push(&mut self.0, "/spec/taints", taint);
        self
    }

    /// Marks it unschedulable, with the taint that follows.
    #[must_use]
    pub(crate) fn cordoned(mut self) -> Self {
        self.0["spec"]["unschedulable"] = json!(true);
        self.taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
    }

    /// Adds an address: `InternalIP`, `InternalDNS`, `Hostname`.
    #[must_use]
    pub(crate) fn address(mut self, kind: &str, address: &str) -> Self {
        push(&mut self.0, "/status/addresses", json!({"type": kind, "address": address}));
        self
    }
}
