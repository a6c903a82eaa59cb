//! What AWS knows of the launches of a group beside its launch template.

use serde_json::{Value, json};

use super::account::Account;

impl Account {
    /// Registers a machine image, in the API's own spelling.
    pub(crate) fn image(&self, image: &Value) {
        self.tell("image", json!({"image": image}));
    }

    /// Registers a managed node group of EKS, in the API's own spelling.
    pub(crate) fn node_group(&self, cluster: &str, name: &str, node_group: &Value) {
        self.tell("node-group", json!({"cluster": cluster, "name": name, "node_group": node_group}));
    }
}
