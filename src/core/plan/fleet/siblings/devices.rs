//! Whether a node offers the devices of its machine, under whichever name.

use std::collections::BTreeSet;

use crate::snapshot::{MachineType, Node};
use crate::well_known::resources::device_family;

/// Whether pods may request each kind of device that the machine has. A device plugin may cut or
/// rename them, as with MIG slices: another device of the same family counts as well.
/// What a DeviceClass serves no node lists.
pub(crate) fn has_devices_of(node: &Node, machine: &MachineType, served: &BTreeSet<&str>) -> bool {
    let offers = |family: &str| node.allocatable.iter().any(|(name, amount)| amount > 0 && device_family(name) == Some(family));
    machine
        .devices
        .iter()
        .filter(|(name, amount)| *amount > 0 && !served.contains(name))
        .filter_map(|(name, _)| device_family(name))
        .all(offers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Architecture, Readiness, ReadyStatus, Resources};

    #[test]
    fn a_device_under_another_name_is_the_same_device() {
        for (of_the_machine, of_the_node, expected) in [
            ("nvidia.com/gpu", ("nvidia.com/gpu", 8), true),
            ("nvidia.com/gpu", ("nvidia.com/gpu", 0), false),
            ("nvidia.com/gpu", ("nvidia.com/mig-3g.20gb", 16), true),
            ("aws.amazon.com/neuron", ("aws.amazon.com/neurondevice", 1), true),
            ("nvidia.com/gpu", ("amd.com/gpu", 8), false),
            ("nvidia.com/gpu", ("cpu", 8000), false),
        ] {
            let machine = MachineType {
                region: "r".into(),
                name: "m".into(),
                cpus: 8,
                memory_mib: 1024,
                architecture: Architecture::Amd64,
                network_pods: 29,
                devices: [(of_the_machine, 8)].into_iter().collect(),
                max_efa_interfaces: 0,
                details: crate::snapshot::MachineDetails::default(),
            };
            let node = Node {
                name: "n".into(),
                uid: "u".into(),
                labels: crate::snapshot::Labels::new(),
                marks: crate::snapshot::Labels::new(),
                taints: vec![],
                unschedulable: false,
                provider_id: None,
                allocatable: [of_the_node].into_iter().collect::<Resources>(),
                ready: Readiness { status: ReadyStatus::True, since: None },
                created_at: jiff::Timestamp::UNIX_EPOCH,
                addresses: vec![],
            };
            assert_eq!(has_devices_of(&node, &machine, &BTreeSet::new()), expected, "{of_the_machine} {of_the_node:?}");
            assert!(has_devices_of(&node, &machine, &BTreeSet::from([of_the_machine])), "a DeviceClass serves them");
        }
    }
}
