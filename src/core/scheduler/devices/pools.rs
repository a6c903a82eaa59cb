//! The pools of devices (`GatherPools` in `structured/internal/incubating/pools_incubating.go`): of
//! each the newest generation, if all of its slices are there.

use std::collections::{BTreeMap, BTreeSet};

use super::shapes::{ShapeIx, Shapes};
use crate::scheduler::NodeView;
use crate::scheduler::matching::matches;
use crate::snapshot::{Device, DeviceReach, Quantity, ResourceSlice};

/// A pool.
#[derive(Debug)]
pub(in crate::scheduler) struct Pool<'a> {
    pub(in crate::scheduler) driver: &'a str,
    pub(in crate::scheduler) name: &'a str,
    pub(in crate::scheduler) completeness: Completeness,
    /// Its devices, in the order in which they are tried.
    pub(in crate::scheduler) devices: Vec<PoolDevice<'a>>,
    /// The counters that its devices share, by set.
    pub(in crate::scheduler) counters: BTreeMap<&'a str, &'a BTreeMap<String, Quantity>>,
    /// Whether a device is only ready after binding: such pools are tried last.
    has_binding_conditions: bool,
}

/// Whether the devices of a pool may be allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::scheduler) enum Completeness {
    /// They may.
    Complete,
    /// The driver has not published all slices yet.
    Incomplete,
    /// The slices contradict each other.
    Invalid,
}

/// A device of a pool.
#[derive(Debug)]
pub(in crate::scheduler) struct PoolDevice<'a> {
    pub(in crate::scheduler) device: &'a Device,
    pub(in crate::scheduler) shape: ShapeIx,
    reach: &'a DeviceReach,
}

impl<'a> Pool<'a> {
    /// Returns the pools of slices, in order.
    pub(in crate::scheduler) fn of_slices(
        slices: impl Iterator<Item = &'a ResourceSlice>,
        shapes: &mut Shapes<'a>,
    ) -> Vec<Self> {
        let mut by_pool: BTreeMap<(&str, &str), Vec<&ResourceSlice>> = BTreeMap::new();
        for slice in slices {
            let newest = by_pool.entry((&slice.driver, &slice.pool)).or_default();
            match newest.first().map(|first| first.generation) {
                Some(generation) if slice.generation < generation => continue,
                Some(generation) if slice.generation > generation => newest.clear(),
                Some(_) | None => {}
            }
            newest.push(slice);
        }
        by_pool.into_values().map(|slices| Self::of(slices, shapes)).collect()
    }

    fn of(mut slices: Vec<&'a ResourceSlice>, shapes: &mut Shapes<'a>) -> Self {
        slices.sort_unstable_by_key(|slice| &slice.name);
        let first = slices[0];
        let is_complete = i64::try_from(slices.len()).is_ok_and(|count| count == first.slices);
        let counters: BTreeMap<&str, _> = slices
            .iter()
            .flat_map(|slice| slice.shared_counters.iter().map(|(name, counters)| (name.as_str(), counters)))
            .collect();
        let mut devices = Vec::new();
        for slice in &slices {
            for device in &slice.devices {
                let reach = match (&slice.reach, &device.reach) {
                    (DeviceReach::EachItsOwn, Some(own)) => own,
                    (of_slice, _) => of_slice,
                };
                devices.push(PoolDevice { device, shape: shapes.shape(&slice.driver, device), reach });
            }
        }
        let completeness = match (is_complete, are_consistent(&devices, &counters)) {
            (false, _) => Completeness::Incomplete,
            (true, true) => Completeness::Complete,
            (true, false) => Completeness::Invalid,
        };
        let has_binding_conditions = devices.iter().any(|one| one.device.has_binding_conditions);
        Self { driver: &first.driver, name: &first.pool, completeness, devices, counters, has_binding_conditions }
    }

    /// Returns what puts the pools of a node in order.
    pub(in crate::scheduler) fn order(&self) -> (bool, &'a str, &'a str) {
        (self.has_binding_conditions, self.driver, self.name)
    }

    /// Returns the devices that a node reaches.
    pub(in crate::scheduler) fn reached_by(&self, node: &NodeView<'_>) -> Vec<usize> {
        let is_reached = |place: &usize| self.devices[*place].is_reached_by(node);
        (0..self.devices.len()).filter(is_reached).collect()
    }

    /// Returns the one node that reaches any of its devices, where there is no other.
    pub(in crate::scheduler) fn only_node(&self) -> Option<&'a str> {
        let of = |one: &PoolDevice<'a>| match one.reach {
            DeviceReach::Node(name) => Some(name.as_str()),
            DeviceReach::Nodes(_) | DeviceReach::AllNodes | DeviceReach::EachItsOwn => None,
        };
        let first = self.devices.first().and_then(of)?;
        self.devices.iter().all(|one| of(one) == Some(first)).then_some(first)
    }
}

impl<'a> PoolDevice<'a> {
    fn is_reached_by(&self, node: &NodeView<'_>) -> bool {
        match self.reach {
            DeviceReach::Node(name) => name == node.name,
            DeviceReach::Nodes(terms) => terms.iter().any(|term| matches(term, node)),
            DeviceReach::AllNodes => true,
            DeviceReach::EachItsOwn => false,
        }
    }

    /// Returns who reaches it.
    pub(in crate::scheduler) fn reach(&self) -> &'a DeviceReach {
        self.reach
    }
}

/// Whether no name is twice there, and every counter that a device consumes exists.
fn are_consistent(devices: &[PoolDevice<'_>], counters: &BTreeMap<&str, &BTreeMap<String, Quantity>>) -> bool {
    let mut names = BTreeSet::new();
    let has_counters = |one: &PoolDevice<'_>| {
        one.device.consumes.iter().all(|taken| {
            let set = counters.get(taken.set.as_str());
            set.is_some_and(|set| taken.counters.keys().all(|name| set.contains_key(name)))
        })
    };
    devices.iter().all(|one| names.insert(one.device.name.as_str()) && has_counters(one))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn slice(name: &str, generation: i64, count: i64, devices: &Value) -> ResourceSlice {
        serde_json::from_value(json!({ "name": name, "driver": "d", "pool": "p", "generation": generation, "slices": count,
            "reach": { "node": "n1" }, "devices": devices }))
        .expect("a slice")
    }

    fn names(slices: &[ResourceSlice]) -> (Completeness, Vec<String>) {
        let mut shapes = Shapes::default();
        let pools = Pool::of_slices(slices.iter(), &mut shapes);
        (pools[0].completeness, pools[0].devices.iter().map(|one| one.device.name.clone()).collect())
    }

    #[test]
    fn only_all_slices_of_the_newest_generation_count() {
        let one = |name: &str| json!([{ "name": name }]);
        let both = [slice("b", 2, 2, &one("x")), slice("old", 1, 1, &one("gone")), slice("a", 2, 2, &one("y"))];
        assert_eq!(names(&both), (Completeness::Complete, vec!["y".to_owned(), "x".to_owned()]));
        assert_eq!(names(&both[..2]).0, Completeness::Incomplete);
        let twice = [slice("a", 1, 2, &one("x")), slice("b", 1, 2, &one("x"))];
        assert_eq!(names(&twice).0, Completeness::Invalid);
        let missing = json!([{ "name": "x", "consumes": [{ "set": "s", "counters": { "c": "1" } }] }]);
        assert_eq!(names(&[slice("a", 1, 1, &missing)]).0, Completeness::Invalid);
    }
}
