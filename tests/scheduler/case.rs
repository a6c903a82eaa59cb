//! One random cluster: groups, nodes that are there and partly used, and pods that want a place.

use std::collections::BTreeMap;

use ec2_autoscale::cloud::CloudFacts;
use ec2_autoscale::snapshot::{Labels, Region, Resources, Taint, TaintEffect};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::fleet::{RealGroup, ZONES, add_instance, group, node, node_of};
use crate::pods::{Names, pod};

/// What is put before the scheduler and the planner.
pub(crate) struct Case {
    pub(crate) groups: Vec<RealGroup>,
    pub(crate) nodes: Vec<Value>,
    /// Pods that have their node already.
    pub(crate) residents: Vec<Value>,
    /// What nodes say that residents hold, for some of them and in any order; `Null` says nothing.
    pub(crate) resizes: Vec<Value>,
    pub(crate) pending: Vec<Value>,
    /// Whether every node carries a pod of one DaemonSet.
    pub(crate) has_daemon: bool,
    /// Whether some pods may push others out.
    pub(crate) may_preempt: bool,
}

impl Case {
    pub(crate) fn new(dice: &mut Dice, seed: u64) -> Self {
        let may_preempt = seed.is_multiple_of(4);
        let mut groups: Vec<RealGroup> = (0..=dice.below(4)).map(|number| group(dice, number)).collect();
        let nodes = existing_nodes(dice, &mut groups);
        for group in &mut groups {
            group.facts.max += i64::try_from(dice.below(6)).expect("a small number");
        }
        let node_names: Vec<String> = crate::cluster::names(&nodes).map(str::to_owned).collect();
        let machine_types: Vec<String> = groups.iter().map(|group| group.machine.name.clone()).collect();
        let known = Names { nodes: &node_names, machine_types: &machine_types };
        let mut residents = Vec::new();
        for node in nodes.iter().filter(|node| node["metadata"]["annotations"].is_null()) {
            let name = node["metadata"]["name"].as_str().expect("nodes have names");
            for number in 0..dice.below(3) {
                let mut resident = pod(dice, &format!("resident-{name}-{number}"), &known, false);
                resident["spec"]["nodeName"] = json!(name);
                residents.push(resident);
            }
        }
        let resizes = residents.iter().map(|_| resize(dice)).collect();
        let mut pending = Vec::new();
        for kind in 0..3 + dice.below(6) {
            let template = pod(dice, "", &known, may_preempt);
            for number in 0..dice.pick(&[1, 1, 2, 3, 5]) {
                let mut one = template.clone();
                one["metadata"]["name"] = json!(format!("pod-{kind}-{number}"));
                pending.push(one);
            }
        }
        Self { groups, nodes, residents, resizes, pending, has_daemon: dice.once_in(4), may_preempt }
    }

    /// What AWS would tell.
    pub(crate) fn cloud_facts(&self) -> CloudFacts {
        CloudFacts {
            regions: vec![Region { name: "us-west-2".into(), preference: 0, unreadable: None }],
            groups: self.groups.iter().map(|group| group.facts.clone()).collect(),
            machine_types: self.groups.iter().map(|group| group.machine.clone()).collect(),
            ..CloudFacts::default()
        }
    }

    /// The group of that name.
    pub(crate) fn group(&self, name: &str) -> &RealGroup {
        self.groups.iter().find(|group| group.facts.id.name == name).expect("plans name groups that are there")
    }

    /// The manifest of each pending pod.
    pub(crate) fn manifests(&self) -> BTreeMap<&str, &Value> {
        crate::cluster::names(&self.pending).zip(&self.pending).collect()
    }
}

/// Up to two nodes of each group, and one or two of nobody's.
pub(crate) fn existing_nodes(dice: &mut Dice, groups: &mut [RealGroup]) -> Vec<Value> {
    let mut nodes = Vec::new();
    for group in groups.iter_mut().filter(|group| group.is_told) {
        for number in 0..dice.below(3) {
            let name = format!("old-{}-{number}", group.facts.id.name);
            let zone = dice.pick(&group.facts.zones);
            add_instance(group, &name, &zone, Timestamp::now() - SignedDuration::from_mins(5));
            let mut node = node_of(group, &name, &zone, &group.offer, &group.facts.tags.taints);
            cordon(dice, &mut node, true);
            nodes.push(node);
        }
    }
    for number in 0..=dice.below(2) {
        let mut node = stranger(dice, &format!("stranger-{number}"));
        cordon(dice, &mut node, false);
        nodes.push(node);
    }
    nodes
}

/// A node that belongs to no group.
pub(crate) fn stranger(dice: &mut Dice, name: &str) -> Value {
    let mut labels = Labels::new();
    for (key, value) in [
        ("pool", dice.pick(&["a", "b", "d"])),
        ("gen", dice.pick(&["2", "4", "1.5", " 3"]).trim()),
        ("topology.kubernetes.io/zone", dice.pick(&ZONES)),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
    ] {
        if !dice.once_in(3) {
            labels.insert(key.into(), value.into());
        }
    }
    let allocatable: Resources = [
        ("cpu", dice.pick(&[1000, 1900, 3333])),
        ("memory", dice.pick(&[1 << 30, 3_456_789_012, 8 << 30])),
        ("pods", dice.pick(&[4, 10])),
        ("ephemeral-storage", 5 << 30),
    ]
    .into_iter()
    .collect();
    let taint = |key: &str, value: &str, effect| Taint { key: key.into(), value: value.into(), effect };
    let taints = match dice.below(4) {
        0 => vec![taint("maintenance", "", TaintEffect::NoSchedule)],
        1 => vec![taint("dedicated", "ml", TaintEffect::NoExecute), taint("soft", "", TaintEffect::PreferNoSchedule)],
        _ => vec![],
    };
    node(name, &labels, &allocatable, &taints, None)
}

/// Now and then a node is cordoned, with or without the taint that mirrors it; by us only if it is ours.
fn cordon(dice: &mut Dice, node: &mut Value, may_be_ours: bool) {
    if !dice.once_in(5) {
        return;
    }
    node["spec"]["unschedulable"] = json!(true);
    if dice.once_in(2) {
        let mirror = json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" });
        node["spec"]["taints"].as_array_mut().expect("taints are a list").push(mirror);
    }
    if may_be_ours && dice.once_in(2) {
        let at = Timestamp::now() - SignedDuration::from_mins(1);
        node["metadata"]["annotations"] = json!({ "ec2-autoscale/cordoned-at": at.to_string() });
    }
}

/// The status of a pod that was resized in place, or is to be: containers by the names that pods give them.
fn resize(dice: &mut Dice) -> Value {
    if !dice.once_in(3) {
        return Value::Null;
    }
    let mut status = json!({});
    for (list, name) in [("containerStatuses", "c0"), ("initContainerStatuses", "i0")] {
        let amounts =
            |dice: &mut Dice| json!({ "cpu": dice.pick(&["50m", "700m", "1200m"]), "memory": dice.pick(&["1Mi", "2Gi"]) });
        let mut one = json!({ "name": name, "image": "none", "imageID": "", "ready": false, "restartCount": 0 });
        // A kubelet always says both.
        one["allocatedResources"] = amounts(dice);
        one["resources"] = json!({ "requests": amounts(dice) });
        status[list] = json!([one]);
    }
    if dice.once_in(3) {
        let reason = dice.pick(&["Infeasible", "Deferred"]);
        status["conditions"] = json!([{ "type": "PodResizePending", "status": "True", "reason": reason }]);
    }
    if dice.once_in(2) {
        let amounts = json!({ "cpu": dice.pick(&["500m", "3", "7"]), "memory": "3Gi" });
        status["allocatedResources"] = amounts.clone();
        status["resources"] = json!({ "requests": amounts });
    }
    status
}
