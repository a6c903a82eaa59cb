//! Flavors of Nova, with their extra specs (from version 2.61 of the API on).

use std::collections::BTreeMap;

use serde::Deserialize;

/// An entry of `GET /flavors/detail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct FlavorAnswer {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) vcpus: i64,
    /// Memory in MiB.
    #[serde(default)]
    pub(crate) ram: i64,
    /// The disk in GB; 0 means that machines boot from a volume.
    #[serde(default)]
    pub(crate) disk: i64,
    #[serde(default)]
    pub(crate) extra_specs: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_flavor_of_an_older_nova_has_no_extra_specs() {
        let flavor: FlavorAnswer =
            serde_json::from_value(json!({ "id": "3", "name": "m1.medium", "vcpus": 2, "ram": 4096, "disk": 40, "swap": "" }))
                .expect("a flavor");
        assert_eq!((flavor.vcpus, flavor.ram, flavor.disk), (2, 4096, 40));
        assert!(flavor.extra_specs.is_empty());
    }
}
