//! What is left of the storage whose drivers let kube-scheduler compare it with claims
//! (`hasEnoughCapacity` in `pkg/scheduler/framework/plugins/volumebinding/binder.go`).

use std::collections::{BTreeMap, BTreeSet};

use crate::scheduler::selector;
use crate::snapshot::{
    BindingMode, LabelSelector, Labels, MissingFact, Name, NodeSelectorOperator, Snapshot, StorageCapacity, StorageClass,
    Volume,
};

/// The plural name of the kind.
const CAPACITIES: &str = "csistoragecapacities";

/// What is left of each class whose driver wants it compared.
#[derive(Debug, Clone)]
pub struct Capacities<'a> {
    classes: BTreeMap<&'a str, ClassCapacities<'a>>,
    is_read: bool,
}

/// What is left of one class.
#[derive(Debug, Clone, Default)]
struct ClassCapacities<'a> {
    /// By a label that nodes must have, and its value: with node-local storage, there is an object
    /// for each node.
    by_label: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a StorageCapacity>>>,
    /// Those that select nodes in another way.
    others: Vec<&'a StorageCapacity>,
    /// How much the volumes of the class hold that only nodes with this label reach.
    held: BTreeMap<(&'a str, &'a str), i64>,
}

/// What a node that is not there yet will have for the volumes of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmptyStorage {
    /// The most bytes that one volume may have.
    pub largest_volume: i64,
    /// How many bytes there are for all volumes.
    pub total: i64,
}

/// By class, what a node that is not there yet will have where no object of the API says so;
/// `None` when that is not known.
pub type StorageOfNewNode = BTreeMap<String, Option<EmptyStorage>>;

impl<'a> Capacities<'a> {
    /// Joins the storage capacities of a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let is_gap = |fact: &MissingFact| matches!(fact, MissingFact::Objects { resource } if resource == CAPACITIES);
        let mut capacities = Self { classes: BTreeMap::new(), is_read: !snapshot.gaps.iter().any(|gap| is_gap(&gap.fact)) };
        let is_tracked = |class: &&StorageClass| {
            class.binding_mode == BindingMode::WaitForFirstConsumer && snapshot.capacity_drivers.contains(&class.provisioner)
        };
        let tracked = snapshot.storage_classes.iter().filter(is_tracked);
        capacities.classes.extend(tracked.map(|class| (class.name.as_str(), ClassCapacities::default())));
        if capacities.classes.is_empty() {
            return capacities;
        }
        let most_telling = most_telling_labels(snapshot);
        for capacity in &snapshot.storage_capacities {
            if let Some(class) = capacities.classes.get_mut(capacity.storage_class.as_str()) {
                class.add(capacity, &most_telling);
            }
        }
        for volume in &snapshot.volumes {
            let class = volume.storage_class.as_deref().and_then(|class| capacities.classes.get_mut(class));
            if let Some(class) = class {
                class.hold(volume);
            }
        }
        capacities
    }

    /// Whether what is left of the storage could be read.
    pub(in crate::scheduler) fn is_read(&self) -> bool {
        self.is_read
    }

    /// Whether claims of a class are compared with what is left.
    pub(in crate::scheduler) fn is_compared(&self, class: &str) -> bool {
        self.classes.contains_key(class)
    }

    /// Returns the classes whose claims are compared with what is left.
    pub fn compared(&self) -> impl Iterator<Item = &'a str> {
        self.classes.keys().copied()
    }

    /// Returns what is left of a class for a node with these labels.
    pub fn reaching(&self, class: &str, labels: &Labels) -> impl Iterator<Item = &'a StorageCapacity> {
        let found = self.classes.get(class);
        let by_label = found.into_iter().flat_map(|class| &class.by_label);
        let by_label = by_label.filter_map(|(key, by_value)| by_value.get(labels.get(key)?.as_str())).flatten();
        let all = by_label.chain(found.into_iter().flat_map(|class| &class.others)).copied();
        all.filter(|capacity| capacity.nodes.as_ref().is_some_and(|nodes| selector::matches(nodes, labels)))
    }

    /// Whether anything of a class is reported for a node with these labels.
    #[must_use]
    pub fn is_reported(&self, class: &str, labels: &Labels) -> bool {
        self.reaching(class, labels).next().is_some()
    }

    /// Returns what a node with these labels would have for a class if it had no volume of it.
    #[must_use]
    pub fn when_empty(&self, class: &str, labels: &Labels) -> Option<EmptyStorage> {
        let known = self.classes.get(class)?;
        let empty = |capacity: &StorageCapacity| {
            let held = capacity.nodes.as_ref().map_or(0, |nodes| known.held(nodes));
            let largest_volume = capacity.most_of_a_volume()?.saturating_add(held);
            Some(EmptyStorage { largest_volume, total: capacity.capacity.map_or(largest_volume, |left| left + held) })
        };
        self.reaching(class, labels).filter_map(empty).max()
    }

    /// Returns the labels of nodes by which they reach any of it.
    pub(super) fn node_label_keys(&self) -> impl Iterator<Item = &'a str> {
        let by_label =
            |class: &ClassCapacities<'a>| class.by_label.values().flat_map(BTreeMap::values).flatten().copied().collect();
        let all = self.classes.values().flat_map(move |class| {
            let objects: Vec<&'a StorageCapacity> = by_label(class);
            objects.into_iter().chain(class.others.iter().copied())
        });
        let keys: BTreeSet<&'a str> = all.filter_map(|capacity| capacity.nodes.as_ref()).flat_map(selector::keys).collect();
        keys.into_iter()
    }
}

impl<'a> ClassCapacities<'a> {
    fn add(&mut self, capacity: &'a StorageCapacity, most_telling: &BTreeMap<&'a str, usize>) {
        let labels = capacity.nodes.iter().flat_map(|nodes| &nodes.match_labels);
        match labels.max_by_key(|(key, _)| most_telling.get(key.as_str())) {
            Some((key, value)) => self.by_label.entry(key).or_default().entry(value).or_default().push(capacity),
            None => self.others.push(capacity),
        }
    }

    fn hold(&mut self, volume: &'a Volume) {
        let Some([term]) = volume.node_affinity.as_deref() else { return };
        for one in term.match_expressions.iter().filter(|one| one.operator == NodeSelectorOperator::In) {
            if let [value] = &one.values[..] {
                *self.held.entry((&one.key, value)).or_default() += volume.capacity;
            }
        }
    }

    /// Returns how much the volumes hold that exactly the nodes of a segment reach.
    fn held(&self, segment: &LabelSelector) -> i64 {
        let of_label = |(key, value): (&Name, &Name)| self.held.get(&(key.as_str(), value.as_str())).copied().unwrap_or(0);
        segment.match_labels.iter().map(of_label).min().unwrap_or(0)
    }
}

/// Returns how many values each label has by which capacities select nodes. The one with the most
/// leaves the fewest to look through.
fn most_telling_labels(snapshot: &Snapshot) -> BTreeMap<&str, usize> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let selectors = snapshot.storage_capacities.iter().filter_map(|capacity| capacity.nodes.as_ref());
    for (key, value) in selectors.flat_map(|nodes| &nodes.match_labels) {
        values.entry(key).or_default().insert(value);
    }
    values.into_iter().map(|(key, values)| (key, values.len())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::ClusterIdentity;

    fn snapshot(capacities: Value, volumes: Value) -> Snapshot {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        snapshot.capacity_drivers = vec!["local.csi".into()];
        snapshot.storage_classes = serde_json::from_value(json!([
            { "name": "fast", "provisioner": "local.csi", "binding_mode": "wait-for-first-consumer" },
            { "name": "far", "provisioner": "other.csi", "binding_mode": "wait-for-first-consumer" },
            { "name": "now", "provisioner": "local.csi", "binding_mode": "immediate" },
        ]))
        .expect("classes");
        snapshot.storage_capacities = serde_json::from_value(capacities).expect("capacities");
        snapshot.volumes = serde_json::from_value(volumes).expect("volumes");
        snapshot
    }

    fn at(node: &str) -> Labels {
        Labels::from([("node".to_owned(), node.to_owned()), ("zone".to_owned(), "a".to_owned())])
    }

    fn left(snapshot: &Snapshot, node: &str) -> Vec<Option<i64>> {
        Capacities::new(snapshot).reaching("fast", &at(node)).map(StorageCapacity::most_of_a_volume).collect()
    }

    #[test]
    fn what_reaches_a_node_is_what_selects_it() {
        let snapshot = snapshot(
            json!([
                { "storage_class": "fast", "nodes": { "match_labels": { "node": "n1", "zone": "a" } }, "capacity": 5 },
                { "storage_class": "fast", "nodes": { "match_labels": { "node": "n2", "zone": "b" } }, "capacity": 6 },
                { "storage_class": "fast", "nodes": { "match_labels": { "node": "n3" } }, "capacity": 9, "largest_volume": 7 },
                { "storage_class": "fast", "capacity": 8 },
                { "storage_class": "fast", "nodes": { "match_expressions": [
                    { "key": "node", "operator": "in", "values": ["n4"] }] } },
                { "storage_class": "far", "nodes": {}, "capacity": 10 }
            ]),
            json!([]),
        );
        for (node, expected) in
            [("n1", vec![Some(5)]), ("n2", vec![]), ("n3", vec![Some(7)]), ("n4", vec![None]), ("n5", vec![])]
        {
            assert_eq!(left(&snapshot, node), expected, "{node}");
        }
        let capacities = Capacities::new(&snapshot);
        assert_eq!(capacities.compared().collect::<Vec<_>>(), ["fast"]);
        assert_eq!(capacities.node_label_keys().collect::<Vec<_>>(), ["node", "zone"]);
        assert!(capacities.is_reported("fast", &at("n4")) && !capacities.is_reported("fast", &at("n5")));
    }

    #[test]
    fn an_empty_node_has_what_its_volumes_hold_as_well() {
        let of_node = |node: &str, capacity: i64| {
            json!({ "name": format!("{node}-{capacity}"), "available": false, "storage_class": "fast", "capacity": capacity,
                "node_affinity": [{ "match_expressions": [{ "key": "node", "operator": "in", "values": [node] }] }] })
        };
        let snapshot = snapshot(
            json!([{ "storage_class": "fast", "nodes": { "match_labels": { "node": "n1" } }, "capacity": 5, "largest_volume": 4 },
                { "storage_class": "fast", "nodes": { "match_labels": { "node": "n2" } }, "capacity": 5 }]),
            json!([of_node("n1", 10), of_node("n1", 20), of_node("n3", 40)]),
        );
        let capacities = Capacities::new(&snapshot);
        assert_eq!(capacities.when_empty("fast", &at("n1")), Some(EmptyStorage { largest_volume: 34, total: 35 }));
        assert_eq!(capacities.when_empty("fast", &at("n2")), Some(EmptyStorage { largest_volume: 5, total: 5 }));
        assert_eq!(capacities.when_empty("fast", &at("n3")), None);
    }
}
