//! Which Node an instance is.

use crate::snapshot::{Node, hosts, is_machine, may_be_named};

/// The names by which a Node, or a pod's `nodeName`, may mean one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceNames {
    /// The instance's id.
    pub id: String,
    /// Its private DNS name and its addresses, according to EC2.
    pub addresses: Vec<String>,
}

impl InstanceNames {
    /// Returns the names of the instance of a Node with a `providerID` of EC2's scheme. That id is
    /// trusted, since no other machine has it.
    #[must_use]
    pub fn from_provider_id(node: &Node) -> Option<Self> {
        let id = node.instance_id()?.to_owned();
        Some(Self { id, addresses: node.addresses.iter().chain([&node.name]).cloned().collect() })
    }

    /// Whether the Node is this instance: by a `providerID` of EC2's scheme, and where that is
    /// absent or of another scheme (`k3s://`) by name or address.
    #[must_use]
    pub fn are_of(&self, node: &Node) -> bool {
        is_machine(node, &self.id, &self.addresses)
    }

    /// Whether a Node's name means this instance: it is one of its names or addresses, or
    /// `ip-10-0-0-1` or its id with any domain.
    #[must_use]
    pub fn mean(&self, name: &str) -> bool {
        may_be_named(name, &self.id, &self.addresses)
    }

    /// Returns the names under which a pod may be bound to it, for lists by name.
    #[must_use]
    pub fn exact(&self) -> Vec<String> {
        let domains = self.addresses.iter().filter_map(|name| name.split_once('.').map(|(_, domain)| domain));
        let domain = domains.into_iter().find(|domain| domain.contains(char::is_alphabetic));
        let hosts = hosts(&self.id, &self.addresses);
        let full = hosts.iter().filter_map(|host| domain.map(|domain| format!("{host}.{domain}")));
        let mut names: Vec<String> = self.addresses.iter().cloned().chain(full).chain(hosts.iter().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Returns the Nodes that claim to be this instance; when there is more than one, some claim is
    /// wrong.
    pub fn claimants<'n>(&self, nodes: &'n [Node]) -> impl Iterator<Item = &'n Node> {
        nodes.iter().filter(|node| self.are_of(node))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::test_looks::node_with;
    use super::*;

    fn names() -> InstanceNames {
        let addresses = ["ip-10-0-0-1.us-west-2.compute.internal", "10.0.0.1", "2600:1f13::1"].map(str::to_owned);
        InstanceNames { id: "i-0a".into(), addresses: addresses.into() }
    }

    fn are_of(provider_id: Value, name: &str, addresses: &[&str]) -> bool {
        names().are_of(&node_with(&[("provider_id", provider_id), ("name", json!(name)), ("addresses", json!(addresses))]))
    }

    #[test]
    fn a_provider_id_of_ec2_is_the_last_word() {
        assert!(are_of(json!("aws:///us-west-2a/i-0a"), "n", &[]));
        assert!(!are_of(json!("aws:///us-west-2a/i-0b"), "ip-10-0-0-1.us-west-2.compute.internal", &["10.0.0.1"]));
    }

    #[test]
    fn without_one_and_with_one_of_another_scheme_names_and_addresses_count() {
        for provider_id in [Value::Null, json!("k3s://ip-10-0-0-1"), json!("rke2://x"), json!("kind://docker/kind/x")] {
            for (name, addresses, expected) in [
                ("ip-10-0-0-1.us-west-2.compute.internal", vec![], true),
                ("ip-10-0-0-1", vec![], true),
                ("ip-10-0-0-1.corp.example", vec![], true),
                ("i-0a.us-west-2.compute.internal", vec![], true),
                ("worker-7", vec!["192.0.2.1", "10.0.0.1"], true),
                ("worker-7", vec!["2600:1f13::1"], true),
                ("worker-7", vec!["192.0.2.1"], false),
                ("ip-10-0-0-11", vec![], false),
                ("i-0ab", vec![], false),
            ] {
                assert_eq!(are_of(provider_id.clone(), name, &addresses), expected, "{provider_id} {name} {addresses:?}");
            }
        }
    }

    #[test]
    fn a_pod_is_looked_for_under_every_name_that_ec2_knows() {
        let exact = names().exact();
        for name in [
            "10.0.0.1",
            "2600:1f13::1",
            "i-0a",
            "i-0a.us-west-2.compute.internal",
            "ip-10-0-0-1",
            "ip-10-0-0-1.us-west-2.compute.internal",
        ] {
            assert!(exact.iter().any(|exact| exact == name), "{name} is not among {exact:?}");
            assert!(names().mean(name), "{name}");
        }
        assert_eq!(exact.len(), 6, "{exact:?}");
    }

    #[test]
    fn a_node_tells_what_its_instance_is_called_only_by_a_provider_id_of_ec2() {
        let from_provider_id = |provider_id: Value| {
            InstanceNames::from_provider_id(&node_with(&[("provider_id", provider_id), ("addresses", json!(["10.0.0.1"]))]))
        };
        let names = InstanceNames { id: "i-0a".into(), addresses: vec!["10.0.0.1".into(), "n".into()] };
        assert_eq!(from_provider_id(json!("aws:///us-west-2a/i-0a")), Some(names));
        assert_eq!(from_provider_id(json!("k3s://i-0a")), None);
        assert_eq!(from_provider_id(Value::Null), None);
    }
}
