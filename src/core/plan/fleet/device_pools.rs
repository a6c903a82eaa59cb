//! How many complete pools of devices each driver has published for each node.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::{DeviceReach, ResourceSlice, Snapshot};

/// The slices that one node alone reaches, by node.
pub(crate) type SlicesOfNodes<'a> = BTreeMap<&'a str, Vec<&'a ResourceSlice>>;

/// The numbers of complete pools by node and driver.
pub(crate) type DevicePools<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

/// The slices of one pool on a node.
#[derive(Default)]
struct PoolOnNode {
    generation: i64,
    there: i64,
    wanted: i64,
}

/// Counts the pools; there are none where the slices were not read.
pub(super) fn device_pools(snapshot: &Snapshot) -> DevicePools<'_> {
    let mut pools: BTreeMap<(&str, &str, &str), PoolOnNode> = BTreeMap::new();
    for slice in snapshot.resource_slices.iter().flatten() {
        let DeviceReach::Node(node) = &slice.reach else { continue };
        let pool = pools.entry((node, &slice.driver, &slice.pool)).or_default();
        if pool.there == 0 || slice.generation > pool.generation {
            *pool = PoolOnNode { generation: slice.generation, there: 0, wanted: slice.slices };
        }
        pool.there += i64::from(slice.generation == pool.generation);
    }
    let mut by_node = DevicePools::new();
    for ((node, driver, _), pool) in pools {
        let number = by_node.entry(node).or_default().entry(driver).or_default();
        *number += usize::from(pool.there == pool.wanted);
    }
    by_node
}

/// Returns the slices of each node.
pub(super) fn slices_of_nodes(snapshot: &Snapshot) -> SlicesOfNodes<'_> {
    let mut by_node = SlicesOfNodes::new();
    for slice in snapshot.resource_slices.iter().flatten() {
        if let DeviceReach::Node(node) = &slice.reach {
            by_node.entry(node).or_default().push(slice);
        }
    }
    by_node
}

/// Returns how many complete pools of each driver more than half of some nodes have.
pub(crate) fn usual_pools<'a>(pools: &DevicePools<'a>, nodes: &[&str]) -> BTreeMap<&'a str, usize> {
    let of_nodes: Vec<&BTreeMap<&'a str, usize>> = nodes.iter().filter_map(|node| pools.get(node)).collect();
    let drivers: BTreeSet<&'a str> = of_nodes.iter().flat_map(|drivers| drivers.keys().copied()).collect();
    let usual = |driver: &str| {
        let mut numbers: Vec<usize> = of_nodes.iter().filter_map(|drivers| drivers.get(driver).copied()).collect();
        numbers.resize(nodes.len(), 0);
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers[nodes.len() / 2]
    };
    drivers.into_iter().map(|driver| (driver, usual(driver))).filter(|(_, number)| *number > 0).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::ClusterIdentity;

    #[test]
    fn pools_count_once_they_are_complete() {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        let slice = |node: &str, pool: &str, generation: i64, slices: i64| {
            serde_json::from_value(json!({ "name": "s", "driver": "d", "pool": pool, "generation": generation,
                "slices": slices, "reach": { "node": node } }))
            .expect("a slice")
        };
        snapshot.resource_slices = Some(vec![
            slice("a", "p", 1, 1),
            slice("a", "q", 1, 2),
            slice("a", "q", 1, 2),
            slice("b", "p", 1, 1),
            slice("b", "p", 2, 2),
            slice("c", "p", 1, 1),
        ]);
        let pools = device_pools(&snapshot);
        assert_eq!((pools["a"]["d"], pools["b"]["d"], pools["c"]["d"]), (2, 0, 1));
        assert_eq!(usual_pools(&pools, &["a", "b", "c"]), BTreeMap::from([("d", 1)]));
        assert_eq!(usual_pools(&pools, &["b", "c", "no slices"]), BTreeMap::new());
    }
}
