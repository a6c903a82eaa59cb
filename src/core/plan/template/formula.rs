//! What the kubelet leaves to pods of a new machine, by the formula that its group names.

use std::collections::BTreeMap;

use crate::plan::report::FactSource;
use crate::policy::GroupPolicy;
use crate::snapshot::{
    Architecture, Attachments, CPU, EPHEMERAL_STORAGE, LaunchOption, MEMORY, MachineType, NodeFormula, OperatingSystem, PODS,
    Resources,
};
use crate::well_known::drivers;
use crate::well_known::labels::{CINDER_ZONE, EBS_ZONE};
use crate::well_known::resources::{EFA, PRIVATE_ADDRESS};

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;
/// The volume of the images for containers when neither the launch template nor the image names a
/// size.
const DEFAULT_VOLUME_GIB: i64 = 20;
const DEFAULT_VOLUME_OF_WINDOWS_GIB: i64 = 50;
/// What most types have that state no number.
const USUAL_ATTACHMENTS: Attachments = Attachments { most: 27, with_interfaces: true };
/// The network interfaces that the network plugin adds while a node starts.
const INTERFACES_ADDED_AT_START: i64 = 1;
/// `evictionHard` memory.available of the images.
const EVICTION_MEMORY: i64 = 100 * MIB;
/// `maxPods` of the kubelet (`pkg/kubelet/apis/config/v1beta1/defaults.go`).
const DEFAULT_MAX_PODS: i64 = 110;
/// The share of the file system that `evictionHard` keeps free by default: nodefs.available 10 %.
const EVICTION_STORAGE_SHARE: i64 = 10;
/// What the Cinder driver reports (`pkg/csi/cinder/nodeserver.go`, `defaultMaxVolAttachLimit`).
const CINDER_VOLUMES: i32 = 256;
/// The memory that arm64 machines reserve before the hypervisor's share.
const ARM64_FIRMWARE_MIB: i64 = 64;

/// Returns the label by which the driver of the cloud's disks knows the zone of a node.
pub(super) fn zone_of_disks(formula: NodeFormula) -> &'static str {
    match formula {
        NodeFormula::ByNetworkPods => EBS_ZONE,
        NodeFormula::KubeletDefaults => CINDER_ZONE,
    }
}

/// Returns what pods may request of a new machine of this type.
pub(super) fn allocatable(
    formula: NodeFormula,
    machine: &MachineType,
    option: &LaunchOption,
    policy: &GroupPolicy,
) -> Resources {
    match formula {
        NodeFormula::ByNetworkPods => by_network_pods(machine, option, policy),
        NodeFormula::KubeletDefaults => by_kubelet_defaults(machine, option, policy),
    }
}

/// Returns how many volumes of which driver a new machine takes beside those that it has from its
/// start.
pub(super) fn volume_limit(formula: NodeFormula, machine: Option<&MachineType>, option: &LaunchOption) -> (&'static str, i32) {
    match formula {
        NodeFormula::ByNetworkPods => (drivers::EBS, by_attachments(machine, option)),
        NodeFormula::KubeletDefaults => (drivers::CINDER, CINDER_VOLUMES),
    }
}

/// Follows `getVolumesLimit` of the EBS driver (`pkg/driver/node.go`), which counts the interfaces
/// when it starts. By then the network plugin has added one.
fn by_attachments(machine: Option<&MachineType>, option: &LaunchOption) -> i32 {
    let attachments = machine.and_then(|machine| machine.details.attachments).unwrap_or(USUAL_ATTACHMENTS);
    let interfaces = match attachments.with_interfaces {
        true => option.details.network_interfaces.unwrap_or(1) - 1 + INTERFACES_ADDED_AT_START,
        false => 0,
    };
    let limit = attachments.most - option.details.volumes.unwrap_or(1) - interfaces;
    i32::try_from(limit.max(1)).unwrap_or(i32::MAX)
}

/// Follows Karpenter's `instancetype/types.go`.
fn by_network_pods(machine: &MachineType, option: &LaunchOption, policy: &GroupPolicy) -> Resources {
    let pods = policy.max_pods.map_or(machine.network_pods, i64::from);
    let is_windows = option.details.operating_system == Some(OperatingSystem::Windows);
    let usual_volume = if is_windows { DEFAULT_VOLUME_OF_WINDOWS_GIB } else { DEFAULT_VOLUME_GIB };
    let storage = option.root_volume_gib.unwrap_or(usual_volume) * GIB;
    let cpus = processors(machine, option);
    let mut offer: Resources = [
        (CPU, cpus * 1000 - reserved_millicores(cpus)),
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
    if let Some(addresses) = machine.details.pods_per_interface.filter(|_| is_windows) {
        offer.set(PRIVATE_ADDRESS, addresses);
    }
    offer
}

/// Follows the defaults of the kubelet: it reserves nothing for itself, and what it evicts for is
/// not for pods (`pkg/kubelet/cm/node_container_manager_linux.go`).
fn by_kubelet_defaults(machine: &MachineType, option: &LaunchOption, policy: &GroupPolicy) -> Resources {
    let storage = option.root_volume_gib.unwrap_or(DEFAULT_VOLUME_GIB) * GIB;
    let mut offer: Resources = [
        (CPU, processors(machine, option) * 1000),
        (MEMORY, memory_capacity(machine, policy.vm_memory_overhead) - EVICTION_MEMORY),
        (EPHEMERAL_STORAGE, storage - (storage + EVICTION_STORAGE_SHARE - 1) / EVICTION_STORAGE_SHARE),
        (PODS, policy.max_pods.map_or(DEFAULT_MAX_PODS, i64::from)),
    ]
    .into_iter()
    .collect();
    offer.add(&machine.devices);
    offer
}

/// Returns how many processors a new machine has: those of the type, or fewer cores or threads
/// where the launch template says so. The price stays that of the type.
fn processors(machine: &MachineType, option: &LaunchOption) -> i64 {
    let layout = option.details.cpu;
    if layout.is_of_the_type() {
        return machine.cpus;
    }
    let threads_of_the_type = machine.details.threads_per_core;
    // Where the type's own layout is not known, the smaller of the usual ones counts.
    let cores = layout.cores.unwrap_or(machine.cpus / threads_of_the_type.unwrap_or(2).max(1));
    let threads = layout.threads_per_core.or(threads_of_the_type).unwrap_or(1);
    cores.saturating_mul(threads).min(machine.cpus).max(1)
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
    use crate::snapshot::{CpuLayout, LaunchDetails, MachineDetails, Weight};

    fn machine(cpus: i64, memory_mib: i64) -> MachineType {
        serde_json::from_value(serde_json::json!({
            "region": "us-west-2", "name": "t", "cpus": cpus, "memory_mib": memory_mib, "architecture": "amd64", "network_pods": 29
        }))
        .expect("a machine type")
    }

    fn option() -> LaunchOption {
        serde_json::from_value(serde_json::json!({ "machine_type": "t", "weight": 1 })).expect("an option")
    }

    fn offered(machine: &MachineType, option: &LaunchOption, name: &str) -> i64 {
        let group = serde_json::json!({
            "id": {"region": "us-west-2", "name": "g"}, "managed_by": "cluster-tag", "min": 0, "max": 1, "desired": 0,
            "purchase": {"kind": "on-demand"}
        });
        let (policy, _) = Policy::default().for_group(&serde_json::from_value(group).expect("a group"));
        allocatable(NodeFormula::ByNetworkPods, machine, option, &policy).get(name)
    }

    /// 48 cores of one thread: 48000 − 60 − 10 − 2 × 5 − 44 × 2.5 millicores.
    #[test]
    fn fewer_cores_or_threads_leave_fewer_processors() {
        let (mut machine, mut option) = (machine(96, 786_432), option());
        assert_eq!(processors(&machine, &option), 96);
        for (cores, threads_per_core, of_the_type, processors_left) in [
            (Some(48), Some(1), Some(2), 48),
            (Some(24), None, Some(2), 48),
            (Some(24), None, None, 24),
            (None, Some(1), Some(2), 48),
            (None, Some(1), None, 48),
            (None, Some(2), Some(2), 96),
            (Some(400), Some(2), Some(2), 96),
        ] {
            option.details.cpu = CpuLayout { cores, threads_per_core };
            machine.details.threads_per_core = of_the_type;
            assert_eq!(processors(&machine, &option), processors_left, "{:?} of {of_the_type:?}", option.details.cpu);
        }
        option.details.cpu = CpuLayout { cores: Some(48), threads_per_core: Some(1) };
        assert_eq!(offered(&machine, &option, CPU), 48_000 - 60 - 10 - 10 - 110);
    }

    /// 8192 MiB − 7.5 % rounded up − 100 MiB, and 40 GiB − 10 %.
    #[test]
    fn the_kubelet_keeps_back_what_its_defaults_state() {
        let (machine, mut option) = (machine(4, 8192), option());
        option.root_volume_gib = Some(40);
        let group = serde_json::json!({
            "id": {"region": "r", "name": "g"}, "managed_by": "named", "min": 0, "max": 1, "desired": 0,
            "purchase": {"kind": "on-demand"}
        });
        let (policy, _) = Policy::default().for_group(&serde_json::from_value(group).expect("a group"));
        let offer = allocatable(NodeFormula::KubeletDefaults, &machine, &option, &policy);
        let amounts = [CPU, MEMORY, EPHEMERAL_STORAGE, PODS].map(|name| offer.get(name));
        assert_eq!(amounts, [4000, (8192 - 615 - 100) * MIB, 36 * GIB, 110]);
        assert_eq!(volume_limit(NodeFormula::KubeletDefaults, None, &option), (drivers::CINDER, 256));
    }

    /// The numbers are those of m5 and p5.48xlarge.
    #[test]
    fn volumes_share_the_attachments_with_interfaces_where_the_type_says_so() {
        let (mut machine, mut option) = (machine(4, 16_384), option());
        let mut limit = |attachments, volumes, network_interfaces| {
            machine.details.attachments = attachments;
            (option.details.volumes, option.details.network_interfaces) = (volumes, network_interfaces);
            volume_limit(NodeFormula::ByNetworkPods, Some(&machine), &option)
        };
        let shared = Some(Attachments { most: 27, with_interfaces: true });
        let dedicated = Some(Attachments { most: 64, with_interfaces: false });
        assert_eq!(limit(None, None, None), (drivers::EBS, 25));
        assert_eq!(limit(shared, Some(2), Some(1)).1, 24);
        assert_eq!(limit(shared, Some(1), Some(3)).1, 23);
        assert_eq!(limit(dedicated, Some(1), Some(32)).1, 63);
        assert_eq!(limit(Some(Attachments { most: 2, with_interfaces: true }), Some(2), None).1, 1);
        assert_eq!(volume_limit(NodeFormula::ByNetworkPods, None, &option).1, 24);
    }

    #[test]
    fn windows_has_a_larger_volume_and_an_address_for_each_pod() {
        let (mut machine, mut option) = (machine(4, 16_384), option());
        machine.details.pods_per_interface = Some(14);
        let amounts = |option: &LaunchOption| [EPHEMERAL_STORAGE, PRIVATE_ADDRESS].map(|name| offered(&machine, option, name));
        assert_eq!(amounts(&option), [17 * GIB, 0]);
        option.details.operating_system = Some(OperatingSystem::Windows);
        assert_eq!(amounts(&option), [44 * GIB, 14]);
        option.root_volume_gib = Some(100);
        assert_eq!(amounts(&option), [89 * GIB, 14]);
    }

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
                details: MachineDetails::default(),
            };
            let option = LaunchOption {
                machine_type: name.into(),
                weight: Weight::ONE,
                image: None,
                launch_version: None,
                root_volume_gib: None,
                efa_interfaces: 0,
                details: LaunchDetails::default(),
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
