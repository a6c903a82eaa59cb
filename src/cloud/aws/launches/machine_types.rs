//! The resources of the machine types in use.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    ArchitectureType, AttachmentLimitType, Filter, GpuInfo, InstanceTypeHypervisor, InstanceTypeInfo, NetworkInfo, NeuronInfo,
    PlacementGroupInfo,
};

use crate::snapshot::{Architecture, Attachments, Gap, MachineDetails, MachineType, MissingFact, Resources};

use crate::cloud::aws::error::AwsError;

const ACTION: &str = "ec2:DescribeInstanceTypes";
/// EC2 describes at most this many types on a page.
const BATCH: usize = 100;

/// Reads these machine types, sorted by name. A type that cannot be read becomes a gap and does not
/// affect the others.
pub(crate) async fn describe(client: &Client, region: &str, names: &BTreeSet<String>) -> (Vec<MachineType>, Vec<Gap>) {
    let (mut types, mut gaps) = (Vec::new(), Vec::new());
    let unknown_type = |error| Gap { fact: MissingFact::MachineTypes { region: region.to_owned() }, error };
    let unread = |error: AwsError| Gap { fact: MissingFact::Launches { region: region.to_owned() }, error: error.to_string() };
    let names: Vec<&String> = names.iter().collect();
    for batch in names.chunks(BATCH) {
        match describe_batch(client, region, batch).await {
            Ok(infos) => {
                let found: Vec<MachineType> = infos.iter().filter_map(|info| convert(region, info)).collect();
                gaps.extend(unknown(batch, &found).map(unknown_type));
                types.extend(found);
            }
            Err(error) => gaps.push(unread(error)),
        }
    }
    types.sort_by(|a, b| a.name.cmp(&b.name));
    (types, gaps)
}

/// Describes some types. It filters by name, since EC2 then answers with those that exist, where
/// one unknown name would otherwise fail the call.
async fn describe_batch(client: &Client, region: &str, names: &[&String]) -> Result<Vec<InstanceTypeInfo>, AwsError> {
    let values = names.iter().map(|name| (*name).clone()).collect();
    let filter = Filter::builder().name("instance-type").set_values(Some(values)).build();
    let types = client.describe_instance_types().filters(filter).into_paginator().page_size(100).items().send();
    types.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(ACTION, region, &error))
}

/// Names those types that got no usable answer.
fn unknown(names: &[&String], found: &[MachineType]) -> Option<String> {
    let is_found = |name: &str| found.iter().any(|machine_type| machine_type.name == name);
    let missing: Vec<&str> = names.iter().map(|name| name.as_str()).filter(|name| !is_found(name)).collect();
    (!missing.is_empty()).then(|| format!("EC2 describes no instance type {} there", missing.join(", ")))
}

/// Converts a machine type. Returns `None` for one without a processor that Kubernetes knows.
pub(super) fn convert(region: &str, info: &InstanceTypeInfo) -> Option<MachineType> {
    let network = info.network_info();
    Some(MachineType {
        region: region.to_owned(),
        name: info.instance_type()?.as_str().to_owned(),
        cpus: i64::from(info.v_cpu_info()?.default_v_cpus?),
        memory_mib: info.memory_info()?.size_in_mib?,
        architecture: architecture(info.processor_info()?.supported_architectures())?,
        network_pods: network.map_or(0, network_pods),
        devices: devices(info),
        max_efa_interfaces: network.and_then(|network| network.efa_info()?.maximum_efa_interfaces).map_or(0, i64::from),
        details: MachineDetails {
            threads_per_core: info.v_cpu_info()?.default_threads_per_core.map(i64::from),
            pods_per_interface: network.and_then(pods_per_interface),
            attachments: attachments(info),
            placements: placements(info),
        },
    })
}

/// Returns the strategies of placement groups that take a type.
fn placements(info: &InstanceTypeInfo) -> Vec<String> {
    let strategies = info.placement_group_info().map(PlacementGroupInfo::supported_strategies).unwrap_or_default();
    strategies.iter().map(|strategy| strategy.as_str().to_owned()).collect()
}

/// Returns the first architecture that Kubernetes has a name for: t2 types list i386 before
/// `x86_64`.
fn architecture(supported: &[ArchitectureType]) -> Option<Architecture> {
    supported.iter().find_map(|architecture| match architecture {
        ArchitectureType::X8664 | ArchitectureType::X8664Mac => Some(Architecture::Amd64),
        ArchitectureType::Arm64 | ArchitectureType::Arm64Mac => Some(Architecture::Arm64),
        _ => None,
    })
}

/// Returns how many pods the network interfaces can address. The first address of each is the
/// interface's own, and two pods use the host's network
/// (<https://github.com/awslabs/amazon-eks-ami>, `max-pods-calculator.sh`).
fn network_pods(network: &NetworkInfo) -> i64 {
    let default_card = network.default_network_card_index.unwrap_or(0);
    let card = network.network_cards().iter().find(|card| card.network_card_index == Some(default_card));
    let interfaces = card.and_then(|card| card.maximum_network_interfaces).or(network.maximum_network_interfaces).unwrap_or(0);
    let addresses = network.ipv4_addresses_per_interface.unwrap_or(0);
    match interfaces {
        0 => 0,
        n => i64::from(n) * (i64::from(addresses) - 1) + 2,
    }
}

/// Returns how much can be attached. EC2 has no number for types on Xen, which take 39 volumes
/// beside their root volume and count no interfaces (the EBS driver, `pkg/cloud/limits`).
fn attachments(info: &InstanceTypeInfo) -> Option<Attachments> {
    let ebs = info.ebs_info();
    if let Some(most) = ebs.and_then(|ebs| ebs.maximum_ebs_attachments).filter(|most| *most > 0) {
        let is_dedicated = ebs.and_then(|ebs| ebs.attachment_limit_type()) == Some(&AttachmentLimitType::Dedicated);
        return Some(Attachments { most: i64::from(most), with_interfaces: !is_dedicated });
    }
    (info.hypervisor() == Some(&InstanceTypeHypervisor::Xen)).then_some(Attachments { most: 39, with_interfaces: false })
}

/// Returns how many pods one network interface can address. Windows nodes use only one.
fn pods_per_interface(network: &NetworkInfo) -> Option<i64> {
    network.ipv4_addresses_per_interface.map(|addresses| i64::from(addresses) - 1)
}

/// Returns the devices under the resource names of their device plugins.
fn devices(info: &InstanceTypeInfo) -> Resources {
    let mut devices = Resources::default();
    let mut add = |name: &str, count: i64| {
        if count > 0 {
            devices.add(&[(name, count)].into_iter().collect());
        }
    };
    for gpu in info.gpu_info().map(GpuInfo::gpus).unwrap_or_default() {
        if let Some(name) = gpu_resource(gpu.manufacturer().unwrap_or_default()) {
            // Types with a part of a GPU state the number of parts here.
            add(name, gpu.logical_gpu_count.or(gpu.count).map_or(0, i64::from));
        }
    }
    for device in info.neuron_info().map(NeuronInfo::neuron_devices).unwrap_or_default() {
        let count = device.count.map_or(0, i64::from);
        let cores = device.core_info().and_then(|cores| cores.count).map_or(0, i64::from);
        add("aws.amazon.com/neuron", count);
        add("aws.amazon.com/neuroncore", count * cores);
    }
    devices
}

fn gpu_resource(manufacturer: &str) -> Option<&'static str> {
    match manufacturer.to_ascii_lowercase().as_str() {
        "nvidia" => Some("nvidia.com/gpu"),
        "amd" => Some("amd.com/gpu"),
        "habana" => Some("habana.ai/gaudi"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        EbsInfo, EfaInfo, GpuDeviceInfo, InstanceType, MemoryInfo, NetworkCardInfo, NeuronDeviceCoreInfo, NeuronDeviceInfo,
        ProcessorInfo, VCpuInfo,
    };

    use super::*;

    /// Returns a network of one card.
    fn network(interfaces: i32, addresses: i32) -> NetworkInfo {
        let card = NetworkCardInfo::builder().network_card_index(0).maximum_network_interfaces(interfaces).build();
        NetworkInfo::builder()
            .maximum_network_interfaces(interfaces)
            .network_cards(card)
            .default_network_card_index(0)
            .ipv4_addresses_per_interface(addresses)
            .build()
    }

    fn info(
        name: &str,
        cpus: i32,
        memory_mib: i64,
        architectures: &[ArchitectureType],
        network: NetworkInfo,
    ) -> InstanceTypeInfo {
        InstanceTypeInfo::builder()
            .instance_type(InstanceType::from(name))
            .v_cpu_info(VCpuInfo::builder().default_v_cpus(cpus).default_threads_per_core(1).build())
            .memory_info(MemoryInfo::builder().size_in_mib(memory_mib).build())
            .processor_info(ProcessorInfo::builder().set_supported_architectures(Some(architectures.to_vec())).build())
            .network_info(network)
            .build()
    }

    /// Interfaces and addresses as DescribeInstanceTypes states them; pods as in
    /// awslabs/amazon-eks-ami `eni-max-pods.txt`.
    #[test]
    fn pods_follow_from_interfaces_and_addresses() {
        for (name, interfaces, addresses, pods) in [
            ("m5.large", 3, 10, 29),
            ("t3.medium", 3, 6, 17),
            ("a1.medium", 2, 4, 8),
            ("c7g.xlarge", 4, 15, 58),
            ("none", 0, 0, 0),
        ] {
            assert_eq!(network_pods(&network(interfaces, addresses)), pods, "{name}");
        }
    }

    #[test]
    fn only_the_default_network_card_carries_pods() {
        let card = |index| NetworkCardInfo::builder().network_card_index(index).maximum_network_interfaces(15).build();
        let p4d = NetworkInfo::builder()
            .maximum_network_interfaces(60)
            .set_network_cards(Some((0..4).map(card).collect()))
            .default_network_card_index(0)
            .ipv4_addresses_per_interface(50)
            .build();
        assert_eq!(network_pods(&p4d), 737);
        let unlisted = NetworkInfo::builder().maximum_network_interfaces(3).ipv4_addresses_per_interface(10).build();
        assert_eq!(network_pods(&unlisted), 29);
    }

    #[test]
    fn a_type_is_told_as_ec2_states_it() {
        let x86 = [ArchitectureType::I386, ArchitectureType::X8664];
        let t2 = convert("us-west-2", &info("t2.micro", 1, 1024, &x86, network(2, 2)));
        let expected = MachineType {
            region: "us-west-2".into(),
            name: "t2.micro".into(),
            cpus: 1,
            memory_mib: 1024,
            architecture: Architecture::Amd64,
            network_pods: 4,
            devices: Resources::default(),
            max_efa_interfaces: 0,
            details: MachineDetails {
                threads_per_core: Some(1),
                pods_per_interface: Some(1),
                attachments: None,
                placements: vec![],
            },
        };
        assert_eq!(t2, Some(expected));
        let a1 = convert("us-west-2", &info("a1.medium", 1, 2048, &[ArchitectureType::Arm64], network(2, 4)));
        assert_eq!(a1.map(|a1| (a1.architecture, a1.network_pods)), Some((Architecture::Arm64, 8)));
        assert_eq!(convert("us-west-2", &info("old", 1, 1024, &[ArchitectureType::I386], network(2, 2))), None);
    }

    #[test]
    fn devices_have_the_names_of_their_plugins() {
        let gpu = |maker: &str, count| GpuDeviceInfo::builder().manufacturer(maker).count(count).build();
        let with = |gpu| InstanceTypeInfo::builder().gpu_info(GpuInfo::builder().gpus(gpu).build()).build();
        for (maker, count, resource) in
            [("NVIDIA", 8, "nvidia.com/gpu"), ("AMD", 4, "amd.com/gpu"), ("Habana", 8, "habana.ai/gaudi")]
        {
            let expected = [(resource, i64::from(count))].into_iter().collect();
            assert_eq!(devices(&with(gpu(maker, count))), expected, "{maker}");
        }
        assert_eq!(devices(&with(gpu("Xilinx", 2))), Resources::default());
        let part = GpuDeviceInfo::builder().manufacturer("NVIDIA").logical_gpu_count(1).gpu_partition_size(0.125).build();
        assert_eq!(devices(&with(part)).get("nvidia.com/gpu"), 1);
    }

    #[test]
    fn neuron_devices_are_counted_with_their_cores() {
        let cores = NeuronDeviceCoreInfo::builder().count(2).build();
        let device = NeuronDeviceInfo::builder().count(16).core_info(cores).build();
        let trn1 = InstanceTypeInfo::builder().neuron_info(NeuronInfo::builder().neuron_devices(device).build()).build();
        let expected = [("aws.amazon.com/neuron", 16), ("aws.amazon.com/neuroncore", 32)].into_iter().collect();
        assert_eq!(devices(&trn1), expected);
    }

    #[test]
    fn efa_interfaces_are_the_most_a_template_may_ask_for() {
        let efa = EfaInfo::builder().maximum_efa_interfaces(4).build();
        let network = NetworkInfo::builder().efa_info(efa).build();
        let p4d = convert("r", &info("p4d.24xlarge", 96, 1_179_648, &[ArchitectureType::X8664], network));
        assert_eq!(p4d.map(|p4d| p4d.max_efa_interfaces), Some(4));
    }

    #[test]
    fn what_can_be_attached_is_as_ec2_states_it_or_as_on_xen() {
        let with = |ebs| InstanceTypeInfo::builder().ebs_info(ebs).build();
        let stated = |most, kind| EbsInfo::builder().maximum_ebs_attachments(most).attachment_limit_type(kind).build();
        let shared = attachments(&with(stated(27, AttachmentLimitType::Shared)));
        assert_eq!(shared, Some(Attachments { most: 27, with_interfaces: true }));
        let dedicated = attachments(&with(stated(64, AttachmentLimitType::Dedicated)));
        assert_eq!(dedicated, Some(Attachments { most: 64, with_interfaces: false }));
        let on = |hypervisor| attachments(&InstanceTypeInfo::builder().hypervisor(hypervisor).build());
        assert_eq!(on(InstanceTypeHypervisor::Xen), Some(Attachments { most: 39, with_interfaces: false }));
        assert_eq!(on(InstanceTypeHypervisor::Nitro), None);
    }

    #[test]
    fn types_without_an_answer_are_named() {
        let names = ["m5.large".to_owned(), "m99.large".to_owned()];
        let found: Vec<MachineType> =
            convert("r", &info("m5.large", 2, 8192, &[ArchitectureType::X8664], network(3, 10))).into_iter().collect();
        let names: Vec<&String> = names.iter().collect();
        assert_eq!(unknown(&names, &found).as_deref(), Some("EC2 describes no instance type m99.large there"));
        assert_eq!(unknown(&names[..1], &found), None);
    }
}
