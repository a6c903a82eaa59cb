//! Small builders for the objects tests put into a cluster.
//!
//! What a builder does not mention is as it is in a healthy cluster: nodes are ready, pods on a
//! node run and are ready.

mod budget;
mod daemon_set;
mod node;
mod pod;

use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) use budget::budget;
pub(crate) use daemon_set::daemon_set;
pub(crate) use node::{Node, node};
pub(crate) use pod::{Pod, pod};

use super::defaults::time;

/// What every object has.
pub(crate) trait Object: Into<Value> + Sized {
    /// The object so far.
    fn json(&mut self) -> &mut Value;

    /// Sets anything by its JSON pointer, making the objects on the way: `.with("/spec/affinity",
    /// json!(…))`.
    #[must_use]
    fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        set(self.json(), pointer, value.into());
        self
    }

    /// Sets a label.
    #[must_use]
    fn label(mut self, name: &str, value: &str) -> Self {
        self.json()["metadata"]["labels"][name] = json!(value);
        self
    }

    /// Sets an annotation.
    #[must_use]
    fn annotation(mut self, name: &str, value: &str) -> Self {
        self.json()["metadata"]["annotations"][name] = json!(value);
        self
    }

    /// Sets the uid, which is made up otherwise.
    #[must_use]
    fn uid(self, uid: &str) -> Self {
        self.with("/metadata/uid", uid)
    }

    /// Sets the creation time, which is now otherwise.
    #[must_use]
    fn created_at(self, at: Timestamp) -> Self {
        self.with("/metadata/creationTimestamp", time(at))
    }
}

impl Object for Value {
    fn json(&mut self) -> &mut Value {
        self
    }
}

/// An object without a builder of its own; cluster-wide ones have the namespace `""`.
pub(crate) fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

/// A namespace.
pub(crate) fn namespace(name: &str) -> Value {
    object("v1", "Namespace", "", name)
}

/// A config map with its data.
pub(crate) fn config_map(namespace: &str, name: &str, data: &[(&str, &str)]) -> Value {
    let mut map = object("v1", "ConfigMap", namespace, name);
    for (key, value) in data {
        map["data"][*key] = json!(value);
    }
    map
}

/// A lease somebody holds since and renewed at these times.
pub(crate) fn lease(namespace: &str, name: &str, holder: &str, renewed: Timestamp) -> Value {
    let precise = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let spec = json!({
        "holderIdentity": holder,
        "leaseDurationSeconds": 60,
        "acquireTime": precise(renewed),
        "renewTime": precise(renewed),
    });
    object("coordination.k8s.io/v1", "Lease", namespace, name).with("/spec", spec)
}

/// An unbound claim of 10Gi.
pub(crate) fn claim(namespace: &str, name: &str, storage_class: &str) -> Value {
    let spec = json!({
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": "10Gi"}},
    });
    object("v1", "PersistentVolumeClaim", namespace, name).with("/spec", spec).with("/status/phase", "Pending")
}

/// A storage class that provisions when the first pod needs it.
pub(crate) fn storage_class(name: &str, provisioner: &str) -> Value {
    object("storage.k8s.io/v1", "StorageClass", "", name)
        .with("/provisioner", provisioner)
        .with("/volumeBindingMode", "WaitForFirstConsumer")
        .with("/reclaimPolicy", "Delete")
}

fn set(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for part in pointer.split('/').skip(1) {
        at = &mut at[part.replace("~1", "/").replace("~0", "~")];
    }
    *at = value;
}

/// Appends to a list, making it first.
fn push(object: &mut Value, pointer: &str, item: Value) {
    let mut at = object;
    for part in pointer.split('/').skip(1) {
        at = &mut at[part];
    }
    match at {
        Value::Array(items) => items.push(item),
        _ => *at = json!([item]),
    }
}

/// Sets one of `status.conditions`, told apart by its type.
fn set_condition(object: &mut Value, condition: Value) {
    if let Some(conditions) = object["status"]["conditions"].as_array_mut() {
        conditions.retain(|known| known["type"] != condition["type"]);
    }
    push(object, "/status/conditions", condition);
}

/// Implements [`Object`] for a builder around a [`Value`].
macro_rules! builds_json {
    ($builder:ty) => {
        impl super::Object for $builder {
            fn json(&mut self) -> &mut serde_json::Value {
                &mut self.0
            }
        }

        impl From<$builder> for serde_json::Value {
            fn from(builder: $builder) -> Self {
                builder.0
            }
        }
    };
}
use builds_json;
