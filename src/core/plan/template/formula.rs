//! What the kubelet leaves to pods of a new machine, by the formula that its group names.

use std::collections::BTreeMap;

use crate::plan::report::FactSource;
use crate::policy::GroupPolicy;
use crate::snapshot::{Architecture, CPU, EPHEMERAL_STORAGE, LaunchOption, MEMORY, MachineType, NodeFormula, PODS, Resources};
use crate::well_known::resources::EFA;

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;
/// The root volume of the images when the launch template names none.
const DEFAULT_ROOT_VOLUME_GIB: i64 = 20;
/// `evictionHard` memory.available of the images.
const EVICTION_MEMORY: i64 = 100 * MIB;
/// The memory that arm64 machines reserve before the hypervisor's share.
const ARM64_FIRMWARE_MIB: i64 = 64;

/// Returns what pods may request of a new machine of this type.
pub(super) fn allocatable(
    formula: NodeFormula,
    machine: &MachineType,
    option: &LaunchOption,
    policy: &GroupPolicy,
) -> Resources {
    match formula {
        NodeFormula::ByNetworkPods => by_network_pods(machine, option, policy),
    }
}

/// Follows Karpenter's `instancetype/types.go`.
fn by_network_pods(machine: &MachineType, option: &LaunchOption, policy: &GroupPolicy) -> Resources {
    let pods = policy.max_pods.map_or(machine.network_pods, i64::from);
    let storage = option.root_volume_gib.unwrap_or(DEFAULT_ROOT_VOLUME_GIB) * GIB;
    let mut offer: Resources = [
        (CPU, machine.cpus * 1000 - reserved_millicores(machine.cpus)),
        (MEMORY, memory_capacity(machine, policy.vm_memory_overhead) - reserved_memory(machine.network_pods) - EVICTION_MEMORY),
        (EPHEMERAL_STORAGE, storage - GIB - (storage + 9) / 10),
        (PODS, pods),
    ]
    .into_iter()
    .collect();
    offer.add(&machine.devices);
    if option.efa_interfaces > 0 {
        offer.set(EFA, option.efa_interfaces.min(machine.max_efa_interfaces));
    }
    offer
}

/// Returns the sources of the amounts that are stated somewhere and not computed.
pub(super) fn other_sources(
    machine: &MachineType,
    option: &LaunchOption,
    policy: &GroupPolicy,
) -> BTreeMap<String, FactSource> {
    let devices = machine.devices.iter().map(|(name, _)| (name.to_owned(), FactSource::MachineType));
    let efa = (option.efa_interfaces > 0).then(|| (EFA.to_owned(), FactSource::LaunchTemplate));
    let storage = option.root_volume_gib.map(|_| (EPHEMERAL_STORAGE.to_owned(), FactSource::LaunchTemplate));
    let pods = policy.max_pods.map(|_| (PODS.to_owned(), FactSource::Setting { name: "max-pods".to_owned() }));
    devices.chain(efa).chain(storage).chain(pods).collect()
}

/// Returns the bytes that the operating system sees: the hypervisor keeps a share.
fn memory_capacity(machine: &MachineType, overhead: f64) -> i64 {
    let stated = match machine.architecture {
        Architecture::Amd64 => machine.memory_mib,
        Architecture::Arm64 => machine.memory_mib - ARM64_FIRMWARE_MIB,
    };
    (stated - share_rounded_up(stated, overhead)) * MIB
}

/// Returns `ceil(amount × share)`. The share is taken in millionths, so that 0.075 means 0.075 and
/// not the nearest binary fraction.
fn share_rounded_up(amount: i64, share: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a share is between 0 and 1")]
    let millionths = (share * 1e6).round() as i64;
    (amount * millionths + 999_999) / 1_000_000
}

/// Returns the CPU of kube-reserved: 6 % of the first core, 1 % of the second, 0.5 % of the next
/// two, 0.25 % of the others.
fn reserved_millicores(cpus: i64) -> i64 {
    let tiers = [(1, 600), (1, 100), (2, 50), (i64::MAX, 25)];
    let mut rest = cpus;
    let mut reserved = 0;
    for (cores, share_of_10_000) in tiers {
        let counted = rest.min(cores);
        reserved += counted * 1000 * share_of_10_000 / 10_000;
        rest -= counted;
    }
    reserved
}

/// Returns the memory of kube-reserved. It depends on the pods that the network interfaces allow,
/// even where `--max-pods` is set.
fn reserved_memory(network_pods: i64) -> i64 {
    (11 * network_pods + 255) * MIB
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::snapshot::Weight;

    /// The amounts were computed by hand from the descriptions of the machine types.
    #[test]
    fn check_vectors() {
        use Architecture::{Amd64, Arm64};
        for (name, cpus, memory_mib, architecture, network_pods, gpus, milli, mebi) in [
            ("a1.medium", 1, 2048, Arm64, 8, 0, 940, 1392),
            ("t3.medium", 2, 4096, Amd64, 17, 0, 1930, 3246),
            ("m5.large", 2, 8192, Amd64, 29, 0, 1930, 6903),
            ("c7g.xlarge", 4, 8192, Arm64, 58, 0, 3920, 6525),
            ("p4d.24xlarge", 96, 1_179_648, Amd64, 737, 8, 95_690, 1_082_712),
        ] {
            let devices = if gpus > 0 { [("nvidia.com/gpu", gpus)].into_iter().collect() } else { Resources::default() };
            let machine = MachineType {
                region: "us-west-2".into(),
                name: name.into(),
                cpus,
                memory_mib,
                architecture,
                network_pods,
                devices,
                max_efa_interfaces: 4,
            };
            let option = LaunchOption {
                machine_type: name.into(),
                weight: Weight::ONE,
                image: None,
                launch_version: None,
                root_volume_gib: None,
                efa_interfaces: 0,
            };
            let group: crate::snapshot::Group = serde_json::from_value(serde_json::json!({
                "id": {"region": "us-west-2", "name": "g"}, "managed_by": "cluster-tag", "min": 0, "max": 1, "desired": 0,
                "purchase": {"kind": "on-demand"}
            }))
            .expect("a group");
            let (policy, _) = Policy::default().for_group(&group);
            let offer = allocatable(group.node_formula, &machine, &option, &policy);
            assert_eq!((offer.get(CPU), offer.get(MEMORY)), (milli, mebi * MIB), "{name}");
            assert_eq!((offer.get(PODS), offer.get("nvidia.com/gpu")), (network_pods, gpus), "{name}");
            assert_eq!(offer.get(EFA), 0, "{name}: only when the launch template has EFA interfaces");
        }
    }
}
