//! The machine of a Node.
//!
//! A providerID of the cloud's own scheme names the machine. Where it is absent or of another
//! scheme (`k3s://`, `rke2://`, `kind://` …), the Node's names and addresses decide.

use std::net::IpAddr;

use super::{Instance, Node};
use crate::well_known::provider_id;

impl Node {
    /// Returns the cloud's id of the machine, where the providerID is of a cloud's own scheme.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        provider_id::machine(self.provider_id.as_deref()?)
    }

    /// Whether the providerID leaves open which machine it is, so that names and addresses decide.
    #[must_use]
    pub fn is_known_by_address(&self) -> bool {
        !self.provider_id.as_deref().is_some_and(provider_id::names_a_machine)
    }
}

impl Instance {
    /// Whether a Node of that name could be this instance, by the names that kubelets choose.
    #[must_use]
    pub fn may_be_named(&self, node_name: &str) -> bool {
        may_be_named(node_name, &self.id, &self.addresses)
    }
}

/// Whether a Node is the machine with that id and these names and addresses.
#[must_use]
pub fn is_machine(node: &Node, id: &str, addresses: &[String]) -> bool {
    match node.is_known_by_address() {
        false => node.instance_id() == Some(id),
        true => may_be_named(&node.name, id, addresses) || addresses.iter().any(|address| node.addresses.contains(address)),
    }
}

/// Whether a Node of that name could be the machine: it is one of the machine's names or addresses,
/// or the same host in another domain.
#[must_use]
pub fn may_be_named(node_name: &str, id: &str, addresses: &[String]) -> bool {
    let host = host_of(node_name);
    addresses.iter().any(|address| address == node_name) || hosts(id, addresses).iter().any(|known| known == host)
}

/// Returns the host names that a machine may have in any domain: `ip-10-0-0-1` of an address, and
/// its id.
#[must_use]
pub fn hosts(id: &str, addresses: &[String]) -> Vec<String> {
    let host = |address: &String| match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => Some(format!("ip-{}", ip.to_string().replace('.', "-"))),
        Ok(IpAddr::V6(_)) => None,
        Err(_) => Some(host_of(address).to_owned()),
    };
    let mut hosts: Vec<String> = addresses.iter().filter_map(host).chain([id.to_owned()]).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// Returns the first part of a DNS name.
#[must_use]
pub fn host_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(provider_id: Option<&str>, name: &str, addresses: &[&str]) -> Node {
        serde_json::from_value(json!({
            "name": name, "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "addresses": addresses,
            "created_at": "2026-11-22T00:00:00Z", "provider_id": provider_id,
        }))
        .expect("a node")
    }

    #[test]
    fn the_instance_is_the_last_part_of_a_provider_id_of_the_cloud() {
        for (provider_id, instance) in [
            (Some("aws:///us-west-2a/i-0abc"), Some("i-0abc")),
            (Some("aws://us-west-2/i-0abc"), Some("i-0abc")),
            (Some("openstack:///1b2c"), Some("1b2c")),
            (Some("openstack://region-1/1b2c"), Some("1b2c")),
            (Some("openstack:///"), None),
            (Some("k3s://i-0abc"), None),
            (Some("aws:///us-west-2a/"), None),
            (Some("i-0abc"), None),
            (None, None),
        ] {
            assert_eq!(node(provider_id, "n", &[]).instance_id(), instance, "{provider_id:?}");
        }
    }

    #[test]
    fn names_and_addresses_decide_where_the_provider_id_is_not_the_clouds() {
        let known = |provider_id, name, addresses: &[&str]| {
            let own = ["ip-10-0-0-1.ec2.internal".to_owned(), "10.0.0.1".to_owned(), "2001:db8::1".to_owned()];
            is_machine(&node(provider_id, name, addresses), "i-a", &own)
        };
        assert!(known(Some("aws:///us-west-2a/i-a"), "n", &[]));
        for scheme in [None, Some("k3s://ip-10-0-0-1"), Some("rke2://n")] {
            assert!(known(scheme, "ip-10-0-0-1.ec2.internal", &[]), "{scheme:?}");
            assert!(known(scheme, "n", &["192.0.2.1", "10.0.0.1"]), "{scheme:?}");
            assert!(known(scheme, "n", &["2001:db8::1"]), "{scheme:?}");
            assert!(!known(scheme, "n", &["192.0.2.1"]), "{scheme:?}");
        }
        // Another machine may have had the address before.
        assert!(!known(Some("aws:///us-west-2a/i-b"), "n", &["10.0.0.1"]));
    }

    #[test]
    fn a_node_may_bear_the_name_of_its_machine_in_any_domain() {
        let own = ["ip-10-0-0-1.us-west-2.compute.internal".to_owned(), "10.0.0.1".to_owned(), "10.0.0.77".to_owned()];
        for (name, expected) in [
            ("ip-10-0-0-1.us-west-2.compute.internal", true),
            ("ip-10-0-0-1", true),
            ("ip-10-0-0-1.corp.example", true),
            ("ip-10-0-0-77.ec2.internal", true),
            ("10.0.0.1", true),
            ("i-a", true),
            ("i-a.us-west-2.compute.internal", true),
            ("10.1.1.1", false),
            ("ip-10-0-0-10.ec2.internal", false),
            ("i-b.us-west-2.compute.internal", false),
        ] {
            assert_eq!(may_be_named(name, "i-a", &own), expected, "{name}");
        }
    }
}
