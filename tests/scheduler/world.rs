//! One random cluster whose pods depend on each other and on volumes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::case::{Case, existing_nodes, stranger};
use crate::cluster::{Cluster, names, namespace_of};
use crate::constraints::{constrain, plain_pod};
use crate::devices;
use crate::dice::Dice;
use crate::fleet::{RealGroup, group};
use crate::storage::{DRIVER, Storage};

/// A case, and what its pods need beside nodes.
pub(crate) struct World {
    pub(crate) case: Case,
    pub(crate) storage: Storage,
    /// ResourceClaims.
    devices: Vec<Value>,
    /// How many volumes of the driver a node takes, by group or by the name of a node that is in none.
    limits: BTreeMap<String, usize>,
    /// Residents that are being deleted.
    leaving: Vec<String>,
    /// Residents that have ended.
    finished: Vec<String>,
}

impl World {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let mut groups: Vec<RealGroup> = (0..=1 + dice.below(3)).map(|number| group(dice, number)).collect();
        for group in &mut groups {
            // Where a group launches next is AWS's choice: most have none.
            if !dice.once_in(4) {
                group.facts.zones.truncate(1);
            }
        }
        let mut nodes = existing_nodes(dice, &mut groups);
        for number in 2..2 + dice.below(4) {
            nodes.push(stranger(dice, &format!("stranger-{number}")));
        }
        for group in &mut groups {
            group.facts.max += i64::try_from(2 + dice.below(5)).expect("a small number");
        }
        let owners = names(&nodes).map(owner_of).chain(groups.iter().map(|group| group.facts.id.name.as_str()));
        let limits = owners.map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let limits = limits.into_iter().filter_map(|owner| dice.once_in(2).then(|| (owner, 1 + dice.below(3)))).collect();
        let node_names: Vec<String> = names(&nodes).map(str::to_owned).collect();
        let mut storage = Storage::new(dice, &node_names);
        let residents = residents(dice, &nodes, &mut storage);
        let mut some_of =
            |times: usize| -> Vec<String> { names(&residents).filter(|_| dice.once_in(times)).map(str::to_owned).collect() };
        let (leaving, mut finished) = (some_of(8), some_of(10));
        finished.retain(|name| !leaving.contains(name));
        let mut devices = Vec::new();
        let pending = pending(dice, &node_names, &residents, &mut storage, &mut devices);
        let case = Case {
            groups,
            nodes,
            resizes: residents.iter().map(|_| Value::Null).collect(),
            residents,
            pending,
            has_daemon: false,
            may_preempt: false,
        };
        Self { case, storage, devices, limits, leaving, finished }
    }

    /// Makes all of it but the pods that want a place.
    pub(crate) fn make(&mut self, cluster: &Cluster) {
        for node in names(&self.case.nodes) {
            self.make_csi_node(cluster, node, owner_of(node));
        }
        cluster.add_nodes(&self.case.nodes);
        self.storage.make(cluster);
        for claim in &self.devices {
            devices::make(cluster, claim);
        }
        self.case.residents.retain(|pod| cluster.try_add_pod(pod));
        let is_there = |name: &&String| names(&self.case.residents).any(|known| known == *name);
        for name in self.leaving.iter().filter(is_there) {
            cluster.let_leave(name);
        }
        for name in self.finished.iter().filter(is_there) {
            cluster.finish(name);
        }
        cluster.serve_volumes();
    }

    /// What a node that joins a group tells of its volumes. Of a group without nodes nobody could have known.
    pub(crate) fn join(&self, cluster: &Cluster, node: &str, group: &str) {
        if names(&self.case.nodes).any(|known| owner_of(known) == group) {
            self.make_csi_node(cluster, node, group);
        }
    }

    fn make_csi_node(&self, cluster: &Cluster, node: &str, owner: &str) {
        let Some(limit) = self.limits.get(owner) else { return };
        let driver = json!({ "name": DRIVER, "nodeID": node, "allocatable": { "count": limit } });
        let object = json!({ "metadata": { "name": node }, "spec": { "drivers": [driver] } });
        cluster.create("/apis/storage.k8s.io/v1/csinodes", &object);
    }
}

/// The group in the name of a node, or the name itself: `old-g0-1` is of `g0`.
fn owner_of(node: &str) -> &str {
    let group = node.strip_prefix("old-").and_then(|rest| rest.rsplit_once('-'));
    group.map_or(node, |(group, _)| group)
}

/// Up to two pods a node. What keeps others away from them counts, what they themselves need does not any more.
fn residents(dice: &mut Dice, nodes: &[Value], storage: &mut Storage) -> Vec<Value> {
    let mut residents = Vec::new();
    // A node that the planner may open must be idle.
    for node in nodes.iter().filter(|node| node["metadata"]["annotations"].is_null()) {
        let node = node["metadata"]["name"].as_str().expect("nodes have names");
        for number in 0..dice.below(3) {
            let mut resident = plain_pod(dice);
            if dice.once_in(2) {
                constrain(dice, &mut resident);
            }
            let name = in_some_namespace(dice, &format!("resident-{node}-{number}"));
            if dice.once_in(3) {
                let claim = format!("{name}-data");
                storage.add_bound(dice, &claim);
                mount(&mut resident, "data", &claim);
            }
            call(&mut resident, &name);
            resident["spec"]["nodeName"] = json!(node);
            residents.push(resident);
        }
    }
    residents
}

/// Pods of a few kinds, each once or several times.
fn pending(
    dice: &mut Dice,
    nodes: &[String],
    residents: &[Value],
    storage: &mut Storage,
    devices: &mut Vec<Value>,
) -> Vec<Value> {
    let mut pending = Vec::new();
    for kind in 0..3 + dice.below(5) {
        let mut template = plain_pod(dice);
        if !dice.once_in(8) {
            constrain(dice, &mut template);
        }
        let kind = in_some_namespace(dice, &format!("pod-{kind}"));
        if dice.once_in(8) {
            let claim = format!("{kind}-device");
            devices.push(devices::claim(dice, &claim, nodes));
            template["spec"]["resourceClaims"] = json!([{ "name": "device", "resourceClaimName": claim }]);
        }
        let has_claim = dice.once_in(4);
        let has_scratch = !has_claim && dice.once_in(8);
        let of_resident = claim_in(dice, residents, namespace_of(&kind)).filter(|_| dice.once_in(4));
        let shared = of_resident.or_else(|| {
            (has_claim && dice.once_in(3)).then(|| {
                storage.add(dice, &format!("{kind}-data"), nodes);
                format!("{kind}-data")
            })
        });
        for number in 0..dice.pick(&[1, 1, 2, 3, 4, 6]) {
            let mut one = template.clone();
            let name = format!("{kind}-{number}");
            if let Some(claim) = &shared {
                mount(&mut one, "data", claim);
            } else if has_claim {
                let claim = format!("{name}-data");
                storage.add(dice, &claim, nodes);
                mount(&mut one, "data", &claim);
            }
            if has_scratch && shared.is_none() {
                one["spec"]["volumes"] = json!([scratch(dice)]);
            }
            call(&mut one, &name);
            pending.push(one);
        }
    }
    pending
}

/// A volume that is made for the pod alone.
fn scratch(dice: &mut Dice) -> Value {
    let resources = json!({ "requests": { "storage": "1Gi" } });
    let class = dice.pick(&["late", "late-ab"]);
    let spec = json!({ "accessModes": ["ReadWriteOnce"], "storageClassName": class, "resources": resources });
    json!({ "name": "scratch", "ephemeral": { "volumeClaimTemplate": { "spec": spec } } })
}

/// The claim of some resident of the namespace.
fn claim_in(dice: &mut Dice, residents: &[Value], namespace: &str) -> Option<String> {
    let claims: Vec<&str> = residents
        .iter()
        .filter(|pod| pod["metadata"]["namespace"] == namespace)
        .filter_map(|pod| pod.pointer("/spec/volumes/0/persistentVolumeClaim/claimName")?.as_str())
        .collect();
    (!claims.is_empty()).then(|| dice.pick(&claims).to_owned())
}

/// One in four is in the second namespace, which its name tells.
fn in_some_namespace(dice: &mut Dice, name: &str) -> String {
    if dice.once_in(4) { format!("side-{name}") } else { name.to_owned() }
}

fn call(pod: &mut Value, name: &str) {
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["namespace"] = json!(namespace_of(name));
}

fn mount(pod: &mut Value, volume: &str, claim: &str) {
    pod["spec"]["volumes"] = json!([{ "name": volume, "persistentVolumeClaim": { "claimName": claim } }]);
}
