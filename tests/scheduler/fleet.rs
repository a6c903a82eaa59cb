//! Groups by chance, and the nodes they would have.

use ec2_autoscale::snapshot::{
    Architecture, AutomaticChanges, Cannot, Group, GroupId, Instance, Labels, LaunchDetails, LaunchOption, Lifecycle,
    LifecycleHooks, MachineDetails, MachineType, Membership, NodeFormula, NodeGroupFacts, Purchase, ReservedUse, Resources,
    TagFacts, Taint, TaintEffect, Weight, ZoneChoice, ZoneStrategy,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::dice::Dice;

pub(crate) const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// A group, its machine type, and what its nodes really offer to pods.
pub(crate) struct RealGroup {
    pub(crate) facts: Group,
    pub(crate) machine: MachineType,
    pub(crate) offer: Resources,
    /// Whether anything but the formula tells what a node of it offers.
    pub(crate) is_told: bool,
}

const GIB: i64 = 1 << 30;

/// The group of that number. Labels and taints come from a small vocabulary which the pods share.
pub(crate) fn group(dice: &mut Dice, number: usize) -> RealGroup {
    let cpus = dice.pick(&[2, 4, 8, 16]);
    let memory_gib = cpus * dice.pick(&[2, 4]);
    let gpus = dice.pick(&[0, 0, 0, 1, 4]);
    let devices: Resources = [("nvidia.com/gpu", gpus)].into_iter().filter(|(_, amount)| *amount > 0).collect();
    let mut offer: Resources = [
        ("cpu", cpus * 1000 - dice.pick(&[0, 70, 110])),
        ("memory", memory_gib * GIB - dice.pick(&[0, 123_456_789])),
        ("ephemeral-storage", dice.pick(&[8, 20]) * GIB),
        ("pods", dice.pick(&[4, 8, 29])),
    ]
    .into_iter()
    .collect();
    offer.add(&devices);
    if dice.once_in(4) {
        offer.set("example.com/nic", 2);
    }
    let is_told = !dice.once_in(4);
    let mut zones: Vec<String> = ZONES.map(str::to_owned).into();
    dice.shuffle(&mut zones);
    zones.truncate(dice.pick(&[1, 1, 2, 3]));
    let machine_type = format!("m{number}.x{cpus}");
    let architecture = if dice.once_in(4) { Architecture::Arm64 } else { Architecture::Amd64 };
    let facts = Group {
        id: GroupId { region: "us-west-2".into(), name: format!("g{number}") },
        managed_by: Membership::Named,
        min: 0,
        max: 0,
        desired: 0,
        zones,
        launch_options: vec![LaunchOption {
            machine_type: machine_type.clone(),
            weight: Weight::ONE,
            image: None,
            launch_version: None,
            root_volume_gib: None,
            efa_interfaces: 0,
            details: LaunchDetails::default(),
        }],
        purchase: Purchase::OnDemand,
        instances: vec![],
        activities: vec![],
        cannot: Cannot::default(),
        rebalances_zones: false,
        launches_protected: false,
        zone_strategy: ZoneStrategy::default(),
        zone_choice: ZoneChoice::default(),
        reserved: ReservedUse::default(),
        placement: None,
        node_group: NodeGroupFacts::default(),
        hooks: LifecycleHooks::default(),
        automatic: AutomaticChanges::default(),
        tags: TagFacts {
            labels: labels(dice),
            taints: taints(dice, gpus),
            resources: if is_told { offer.clone() } else { Resources::default() },
            ..TagFacts::default()
        },
        foreign_cluster: None,
        node_formula: NodeFormula::default(),
        lowest_spot_price: None,
        advice: vec![],
    };
    let machine = MachineType {
        region: "us-west-2".into(),
        name: machine_type,
        cpus,
        memory_mib: memory_gib * 1024,
        architecture,
        network_pods: 29,
        devices,
        max_efa_interfaces: 0,
        details: MachineDetails::default(),
    };
    RealGroup { facts, machine, offer, is_told }
}

fn labels(dice: &mut Dice) -> Labels {
    let mut labels = Labels::new();
    let mut say = |key: &str, value: &str| labels.insert(key.into(), value.into());
    say("pool", dice.pick(&["a", "b", "c"]));
    if !dice.once_in(3) {
        say("gen", dice.pick(&["1", "3", "5", "007", "x", ""]));
    }
    if dice.once_in(2) {
        say("tier", dice.pick(&["", "gold"]));
    }
    labels
}

fn taints(dice: &mut Dice, gpus: i64) -> Vec<Taint> {
    let mut taints = Vec::new();
    let mut say = |key: &str, value: &str, effect| taints.push(Taint { key: key.into(), value: value.into(), effect });
    if gpus > 0 && dice.once_in(2) {
        say("nvidia.com/gpu", "", TaintEffect::NoSchedule);
    }
    if dice.once_in(3) {
        say("dedicated", dice.pick(&["ml", "web"]), TaintEffect::NoSchedule);
    }
    if dice.once_in(5) {
        say("spot", "true", TaintEffect::NoExecute);
    }
    if dice.once_in(4) {
        say("soft", "x", TaintEffect::PreferNoSchedule);
    }
    taints
}

/// An instance of the group that is the node of that name.
pub(crate) fn add_instance(group: &mut RealGroup, node: &str, zone: &str, launched_at: Timestamp) {
    group.facts.instances.push(Instance {
        id: instance_id(node),
        zone: zone.to_owned(),
        machine_type: group.machine.name.clone(),
        lifecycle: Lifecycle::InService,
        protected: false,
        launched_at: Some(launched_at),
        weight: Weight::ONE,
        image: None,
        launch_version: None,
        addresses: vec![],
        spot: false,
        reservation: None,
    });
    group.facts.desired += 1;
    group.facts.max += 1;
}

fn instance_id(node: &str) -> String {
    format!("i-{node}")
}

/// A node of the group, as a kubelet and the cloud would make it.
pub(crate) fn node_of(group: &RealGroup, name: &str, zone: &str, allocatable: &Resources, taints: &[Taint]) -> Value {
    let mut labels = group.facts.tags.labels.clone();
    let arch = group.machine.architecture.label();
    for (key, value) in [
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", arch),
        ("beta.kubernetes.io/arch", arch),
        ("node.kubernetes.io/instance-type", &group.machine.name),
        ("topology.kubernetes.io/region", "us-west-2"),
        ("topology.kubernetes.io/zone", zone),
        ("topology.ebs.csi.aws.com/zone", zone),
    ] {
        labels.insert(key.into(), value.into());
    }
    node(name, &labels, allocatable, taints, Some(&format!("aws:///{zone}/{}", instance_id(name))))
}

/// A Ready node.
pub(crate) fn node(name: &str, labels: &Labels, allocatable: &Resources, taints: &[Taint], provider: Option<&str>) -> Value {
    let mut labels = labels.clone();
    labels.insert("kubernetes.io/hostname".into(), name.into());
    json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints, "providerID": provider.unwrap_or_default()},
        "status": {
            "allocatable": allocatable,
            "capacity": allocatable,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-22T10:00:00Z"}],
        },
    })
}
