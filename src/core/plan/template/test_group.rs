//! A group with nodes, for the tests of this folder.

use serde_json::json;

use super::{Daemons, StaticPods, Template, TemplateProblem};
use crate::plan::fleet::Fleet;
use crate::policy::Policy;
use crate::snapshot::{
    Architecture, CPU, ClusterIdentity, Group, Instance, LaunchDetails, LaunchOption, MEMORY, MachineDetails, MachineType,
    Node, PODS, Resources, Snapshot, Weight,
};
use crate::well_known::provider_id;

const GIB: i64 = 1 << 30;

/// One group and what else a test adds.
pub(super) struct SampleGroup {
    pub(super) snapshot: Snapshot,
    pub(super) policy: Policy,
}

impl SampleGroup {
    /// Returns a group without nodes that launches these types; `m5.large` and `p3.2xlarge` are
    /// known.
    pub(super) fn new(zones: &[&str], machine_types: &[&str]) -> Self {
        let now = "2026-11-22T12:00:00Z".parse().expect("a timestamp");
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), now);
        snapshot.groups.push(group("g", zones, machine_types));
        snapshot.machine_types = vec![machine("m5.large", 2, 8, 0), machine("p3.2xlarge", 8, 61, 1)];
        Self { snapshot, policy: Policy::default() }
    }

    pub(super) fn group(&mut self) -> &mut Group {
        &mut self.snapshot.groups[0]
    }

    /// Adds another group, for nodes elsewhere.
    pub(super) fn add_group(&mut self, name: &str, machine_types: &[&str]) {
        self.snapshot.groups.push(group(name, &["us-west-2a"], machine_types));
    }

    /// Adds a Ready node of the first group, an hour old, with 2 cores, 4Gi and 20 pods.
    pub(super) fn node(&mut self, name: &str, machine_type: &str, zone: &str) -> &mut Node {
        self.node_of(0, name, machine_type, zone)
    }

    /// Adds such a node of another group.
    pub(super) fn node_of(&mut self, group: usize, name: &str, machine_type: &str, zone: &str) -> &mut Node {
        let instance: Instance = serde_json::from_value(json!({
            "id": format!("i-{name}"), "zone": zone, "machine_type": machine_type, "lifecycle": "in-service", "weight": 1,
            "image": "ami-1", "launched_at": "2026-11-22T10:58:00Z"
        }))
        .expect("an instance");
        self.snapshot.groups[group].instances.push(instance);
        self.snapshot.groups[group].desired += 1;
        let mut node: Node = serde_json::from_value(json!({
            "name": name, "uid": name, "provider_id": provider_id::of(zone, &format!("i-{name}")), "allocatable": {},
            "ready": {"status": "true"}, "created_at": "2026-11-22T11:00:00Z"
        }))
        .expect("a node");
        node.allocatable = [(CPU, 2000), (MEMORY, 4 * GIB), (PODS, 20)].into_iter().collect();
        self.snapshot.nodes.push(node);
        self.snapshot.nodes.last_mut().expect("it was just added")
    }

    /// Adds a label to the node of that name, which is added when it does not exist yet.
    pub(super) fn shared_label(&mut self, name: &str, machine_type: &str, key: &str, value: &str) {
        if self.snapshot.nodes.iter().all(|node| node.name != name) {
            self.node(name, machine_type, "us-west-2a");
        }
        let node = self.snapshot.nodes.iter_mut().find(|node| node.name == name).expect("it is there");
        node.labels.insert(key.into(), value.into());
    }

    /// Returns the template of the first group.
    pub(super) fn template(&self) -> Result<Template, TemplateProblem> {
        let fleet = Fleet::join(&self.snapshot, &self.policy);
        let group = fleet.groups.iter().find(|entry| entry.id() == &self.snapshot.groups[0].id).expect("the first group");
        Template::of(&fleet, group, &Daemons::new(&self.snapshot, fleet.gates()), &StaticPods::new(&fleet))
    }
}

fn group(name: &str, zones: &[&str], machine_types: &[&str]) -> Group {
    let mut group: Group = serde_json::from_value(json!({
        "id": {"region": "us-west-2", "name": name}, "managed_by": "cluster-tag", "min": 0, "max": 10, "desired": 0,
        "zones": zones, "purchase": {"kind": "on-demand"}
    }))
    .expect("a group");
    group.launch_options = machine_types
        .iter()
        .map(|machine_type| LaunchOption {
            machine_type: (*machine_type).to_owned(),
            weight: Weight::ONE,
            image: Some("ami-1".to_owned()),
            launch_version: None,
            root_volume_gib: None,
            efa_interfaces: 0,
            details: LaunchDetails::default(),
        })
        .collect();
    group
}

fn machine(name: &str, cpus: i64, memory_gib: i64, gpus: i64) -> MachineType {
    let devices = if gpus > 0 { [("nvidia.com/gpu", gpus)].into_iter().collect() } else { Resources::default() };
    MachineType {
        region: "us-west-2".into(),
        name: name.into(),
        cpus,
        memory_mib: memory_gib * 1024,
        architecture: Architecture::Amd64,
        network_pods: 29,
        devices,
        max_efa_interfaces: 4,
        details: MachineDetails::default(),
    }
}
