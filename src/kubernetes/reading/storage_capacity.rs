//! How much storage is left, as CSI drivers report it.

use k8s_openapi::api::storage::v1 as storage;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;

use super::selectors::label_selector;
use crate::kubernetes::conversion::{ConversionError, ConversionProblem};
use crate::snapshot::{Quantity, StorageCapacity};

/// Returns the name of a driver that wants the scheduler to compare what is left of its storage.
pub(crate) fn capacity_driver(driver: &storage::CSIDriver) -> Option<String> {
    driver.metadata.name.clone().filter(|_| driver.spec.storage_capacity == Some(true))
}

/// Reads what is left for one class on some nodes.
pub(crate) fn read_storage_capacity(capacity: &storage::CSIStorageCapacity) -> Result<StorageCapacity, ConversionError> {
    convert(capacity).map_err(|problem| problem.in_object("CSIStorageCapacity", &capacity.metadata))
}

fn convert(capacity: &storage::CSIStorageCapacity) -> Result<StorageCapacity, ConversionProblem> {
    Ok(StorageCapacity {
        storage_class: capacity.storage_class_name.clone(),
        nodes: label_selector(capacity.node_topology.as_ref())?,
        capacity: bytes(capacity.capacity.as_ref())?,
        largest_volume: bytes(capacity.maximum_volume_size.as_ref())?,
    })
}

fn bytes(quantity: Option<&ApiQuantity>) -> Result<Option<i64>, ConversionProblem> {
    Ok(quantity.map(|quantity| Quantity::parse(&quantity.0)).transpose()?.map(Quantity::value))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(manifest: Value) -> StorageCapacity {
        read_storage_capacity(&serde_json::from_value(manifest).expect("a manifest")).expect("understood")
    }

    #[test]
    fn what_is_left_of_a_node() {
        let read = read(json!({
            "metadata": { "namespace": "topolvm", "name": "csisc-1" }, "storageClassName": "fast",
            "nodeTopology": { "matchLabels": { "topology.topolvm.io/node": "n1" } },
            "capacity": "10Gi", "maximumVolumeSize": "8Gi"
        }));
        assert_eq!((read.storage_class.as_str(), read.capacity), ("fast", Some(10 << 30)));
        assert_eq!(read.most_of_a_volume(), Some(8 << 30));
        assert_eq!(read.nodes.map(|nodes| nodes.match_labels.len()), Some(1));
    }

    #[test]
    fn storage_that_no_node_reaches_or_that_is_not_known() {
        let read = read(json!({ "metadata": { "name": "csisc-1" }, "storageClassName": "fast" }));
        assert_eq!((read.nodes.as_ref(), read.most_of_a_volume()), (None, None));
    }

    #[test]
    fn drivers_that_want_it_compared() {
        for (spec, expected) in
            [(json!({ "storageCapacity": true }), true), (json!({ "storageCapacity": false }), false), (json!({}), false)]
        {
            let driver = serde_json::from_value(json!({ "metadata": { "name": "local.csi" }, "spec": spec }));
            assert_eq!(capacity_driver(&driver.expect("a manifest")).is_some(), expected, "{spec}");
        }
    }
}
