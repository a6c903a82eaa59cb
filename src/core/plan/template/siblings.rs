//! The nodes of a group that show what its next one will be like.

use std::collections::BTreeMap;

use crate::plan::fleet::{Fleet, GroupEntry};
use crate::snapshot::{MachineType, Node};

/// The Ready, settled nodes of a group, by machine type.
pub(crate) struct Siblings<'a> {
    by_type: BTreeMap<&'a str, Vec<&'a Node>>,
}

impl<'a> Siblings<'a> {
    pub(crate) fn of(fleet: &'a Fleet<'_>, group: &'a GroupEntry<'_>) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for member in group.live() {
            let Some(entry) = member.node.map(|node| &fleet.nodes[node]) else { continue };
            if entry.node.is_ready() && !fleet.is_starting(entry) {
                by_type.entry(&member.instance.machine_type).or_default().push(entry.node);
            }
        }
        for (machine_type, nodes) in &mut by_type {
            if let Some(machine) = fleet.machine_type(&group.id().region, machine_type) {
                leave_out_broken(nodes, machine);
            }
        }
        Self { by_type }
    }

    /// Returns those of one machine type.
    pub(crate) fn of_type(&self, machine_type: &str) -> &[&'a Node] {
        self.by_type.get(machine_type).map_or(&[], Vec::as_slice)
    }

    /// Returns all, by type.
    pub(crate) fn all(&self) -> Vec<&'a Node> {
        self.by_type.values().flatten().copied().collect()
    }
}

/// Leaves out nodes without the devices of their machine, as long as another node has them. Such a
/// node has a broken device plugin, whatever its age. As an example for new nodes it would close
/// the group to all pods that request a device.
fn leave_out_broken(nodes: &mut Vec<&Node>, machine: &MachineType) {
    if nodes.iter().any(|node| has_its_devices(node, machine)) {
        nodes.retain(|node| has_its_devices(node, machine));
    }
}

/// Whether pods may request each kind of device that the machine has.
pub(super) fn has_its_devices(node: &Node, machine: &MachineType) -> bool {
    machine.devices.iter().all(|(name, amount)| amount == 0 || node.allocatable.get(name) > 0)
}

#[cfg(test)]
mod tests {
    use crate::plan::template::test_group::SampleGroup;
    use crate::snapshot::ReadyStatus;

    fn gpus(sample: &SampleGroup) -> i64 {
        sample.template().expect("a template").allocatable.get("nvidia.com/gpu")
    }

    #[test]
    fn a_node_whose_devices_are_gone_is_no_example() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["p3.2xlarge"]);
        sample.node("broken", "p3.2xlarge", "us-west-2a").allocatable.set("nvidia.com/gpu", 0);
        assert_eq!(gpus(&sample), 0, "when no node has them, new ones will not, either");
        sample.node("whole", "p3.2xlarge", "us-west-2a").allocatable.set("nvidia.com/gpu", 1);
        assert_eq!(gpus(&sample), 1);
    }

    #[test]
    fn only_ready_and_settled_nodes_are_examples() {
        let mut sample = SampleGroup::new(&["us-west-2a"], &["m5.large"]);
        sample.node("ready", "m5.large", "us-west-2a").allocatable.set("cpu", 1900);
        let broken = sample.node("not-ready", "m5.large", "us-west-2a");
        broken.ready.status = ReadyStatus::Unknown;
        broken.allocatable.set("cpu", 100);
        let young = sample.node("starting", "m5.large", "us-west-2a");
        young.created_at = "2026-11-22T11:59:00Z".parse().expect("a timestamp");
        young.taints.push(crate::snapshot::Taint {
            key: "node.cloudprovider.kubernetes.io/uninitialized".into(),
            value: String::new(),
            effect: crate::snapshot::TaintEffect::NoSchedule,
        });
        young.allocatable.set("cpu", 200);
        assert_eq!(sample.template().expect("a template").allocatable.get("cpu"), 1900);
    }
}
