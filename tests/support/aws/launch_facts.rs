//! What AWS knows of the launches of a group beside its launch template.

use serde_json::{Value, json};

use super::account::Account;

impl Account {
    /// Registers a machine image, in the API's own spelling.
    pub(crate) fn image(&self, image: &Value) {
        self.tell("image", json!({"image": image}));
    }

    /// Makes a placement group of a strategy, as the API spells it. Returns its id.
    pub(crate) fn placement_group(&self, region: &str, name: &str, strategy: &str) -> String {
        let placement = json!({"GroupName": name, "Strategy": strategy});
        let made: Value = self.ask("placement-group", json!({"region": region, "placement": placement}));
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Registers a managed node group of EKS, in the API's own spelling.
    pub(crate) fn node_group(&self, cluster: &str, name: &str, node_group: &Value) {
        self.tell("node-group", json!({"cluster": cluster, "name": name, "node_group": node_group}));
    }
}
