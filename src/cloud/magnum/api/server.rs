//! Servers of Nova. From version 2.47 of the API on the flavor stands in the answer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::time;

/// `GET /servers/{id}`, and an entry of `GET /servers/detail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ServerAnswer {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default, rename = "OS-EXT-STS:task_state")]
    pub(crate) task_state: Option<String>,
    #[serde(default, rename = "OS-EXT-AZ:availability_zone")]
    pub(crate) zone: Option<String>,
    #[serde(default, deserialize_with = "time::moment")]
    pub(crate) created: Option<Timestamp>,
    #[serde(default, deserialize_with = "time::moment")]
    pub(crate) updated: Option<Timestamp>,
    #[serde(default)]
    pub(crate) flavor: InlineFlavor,
    #[serde(default)]
    pub(crate) addresses: BTreeMap<String, Vec<NetworkAddress>>,
    /// Why it is in ERROR.
    #[serde(default)]
    pub(crate) fault: Option<ServerFault>,
}

/// The flavor in the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct InlineFlavor {
    #[serde(default)]
    original_name: String,
}

/// An address on one of its networks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct NetworkAddress {
    addr: String,
}

/// Why a server is in ERROR.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ServerFault {
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default, deserialize_with = "time::moment")]
    pub(crate) created: Option<Timestamp>,
}

impl ServerAnswer {
    /// Returns the name of its flavor.
    pub(crate) fn flavor_name(&self) -> &str {
        &self.flavor.original_name
    }

    /// Returns its addresses and its name, which kubelets take for their Node's.
    pub(crate) fn names(&self) -> Vec<String> {
        let addresses = self.addresses.values().flatten().map(|address| address.addr.clone());
        let name = (!self.name.is_empty()).then(|| self.name.clone());
        let mut names: Vec<String> = addresses.chain(name).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_read_with_its_flavor_and_its_fault() {
        let server: ServerAnswer = serde_json::from_value(json!({
            "id": "s-1", "name": "k8s-abc-node-0", "status": "ERROR", "OS-EXT-STS:task_state": null,
            "OS-EXT-AZ:availability_zone": "", "created": "2026-11-22T10:00:00Z", "updated": "2026-11-22T10:00:05Z",
            "flavor": { "vcpus": 4, "ram": 8192, "disk": 80, "original_name": "m1.large" },
            "addresses": { "net": [{ "addr": "10.0.0.7", "version": 4 }] },
            "fault": { "code": 500, "created": "2026-11-22T10:00:04Z", "message": "No valid host was found." }
        }))
        .expect("a server");
        assert_eq!(server.flavor_name(), "m1.large");
        assert_eq!(server.names(), ["10.0.0.7", "k8s-abc-node-0"]);
        let fault = server.fault.expect("a fault");
        assert_eq!((fault.message.as_str(), fault.created), ("No valid host was found.", "2026-11-22T10:00:04Z".parse().ok()));
    }
}
