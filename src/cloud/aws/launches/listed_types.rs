//! Machine types from a file: what `aws ec2 describe-instance-types` prints.

use std::io::Read;

use aws_sdk_ec2::types::{
    ArchitectureType, AttachmentLimitType, EbsInfo, EfaInfo, GpuDeviceInfo, GpuInfo, InstanceType, InstanceTypeHypervisor,
    InstanceTypeInfo, MemoryInfo, NetworkCardInfo, NetworkInfo, NeuronDeviceCoreInfo, NeuronDeviceInfo, NeuronInfo,
    PlacementGroupInfo, PlacementGroupStrategy, ProcessorInfo, VCpuInfo,
};
use serde::Deserialize;
use serde_json::Value;

use super::machine_types::convert;
use crate::snapshot::MachineType;

/// What the command prints.
#[derive(Deserialize)]
struct ListedTypes {
    #[serde(rename = "InstanceTypes")]
    types: Vec<Value>,
}

/// Reads a list of machine types, which holds in each of the regions. Types without a processor
/// that Kubernetes knows are left out.
///
/// # Errors
/// When it is no such list.
pub(crate) fn read(list: impl Read, regions: &[String]) -> Result<Vec<MachineType>, serde_json::Error> {
    let listed: ListedTypes = serde_json::from_reader(list)?;
    let infos: Vec<InstanceTypeInfo> = listed.types.iter().map(info).collect();
    let of_region = |region: &String| infos.iter().filter_map(|info| convert(region, info)).collect::<Vec<_>>();
    Ok(regions.iter().flat_map(of_region).collect())
}

/// Returns a description in the form in which EC2 answers.
fn info(listed: &Value) -> InstanceTypeInfo {
    let processor = ProcessorInfo::builder().set_supported_architectures(Some(
        texts(&listed["ProcessorInfo"]["SupportedArchitectures"]).map(ArchitectureType::from).collect(),
    ));
    let strategies = texts(&listed["PlacementGroupInfo"]["SupportedStrategies"]).map(PlacementGroupStrategy::from);
    InstanceTypeInfo::builder()
        .set_instance_type(text(&listed["InstanceType"]).map(InstanceType::from))
        .v_cpu_info(
            VCpuInfo::builder()
                .set_default_v_cpus(number(&listed["VCpuInfo"]["DefaultVCpus"]))
                .set_default_threads_per_core(number(&listed["VCpuInfo"]["DefaultThreadsPerCore"]))
                .build(),
        )
        .memory_info(MemoryInfo::builder().set_size_in_mib(listed["MemoryInfo"]["SizeInMiB"].as_i64()).build())
        .processor_info(processor.build())
        .network_info(network(&listed["NetworkInfo"]))
        .gpu_info(GpuInfo::builder().set_gpus(Some(list(&listed["GpuInfo"]["Gpus"]).map(gpu).collect())).build())
        .neuron_info(
            NeuronInfo::builder()
                .set_neuron_devices(Some(list(&listed["NeuronInfo"]["NeuronDevices"]).map(neuron).collect()))
                .build(),
        )
        .ebs_info(
            EbsInfo::builder()
                .set_maximum_ebs_attachments(number(&listed["EbsInfo"]["MaximumEbsAttachments"]))
                .set_attachment_limit_type(text(&listed["EbsInfo"]["AttachmentLimitType"]).map(AttachmentLimitType::from))
                .build(),
        )
        .set_hypervisor(text(&listed["Hypervisor"]).map(InstanceTypeHypervisor::from))
        .placement_group_info(PlacementGroupInfo::builder().set_supported_strategies(Some(strategies.collect())).build())
        .build()
}

fn network(listed: &Value) -> NetworkInfo {
    let card = |card: &Value| {
        NetworkCardInfo::builder()
            .set_network_card_index(number(&card["NetworkCardIndex"]))
            .set_maximum_network_interfaces(number(&card["MaximumNetworkInterfaces"]))
            .build()
    };
    let efa = EfaInfo::builder().set_maximum_efa_interfaces(number(&listed["EfaInfo"]["MaximumEfaInterfaces"])).build();
    NetworkInfo::builder()
        .set_maximum_network_interfaces(number(&listed["MaximumNetworkInterfaces"]))
        .set_default_network_card_index(number(&listed["DefaultNetworkCardIndex"]))
        .set_network_cards(Some(list(&listed["NetworkCards"]).map(card).collect()))
        .set_ipv4_addresses_per_interface(number(&listed["Ipv4AddressesPerInterface"]))
        .efa_info(efa)
        .build()
}

fn gpu(listed: &Value) -> GpuDeviceInfo {
    GpuDeviceInfo::builder()
        .set_manufacturer(text(&listed["Manufacturer"]).map(str::to_owned))
        .set_count(number(&listed["Count"]))
        .set_logical_gpu_count(number(&listed["LogicalGpuCount"]))
        .build()
}

fn neuron(listed: &Value) -> NeuronDeviceInfo {
    let cores = NeuronDeviceCoreInfo::builder().set_count(number(&listed["CoreInfo"]["Count"])).build();
    NeuronDeviceInfo::builder().set_count(number(&listed["Count"])).core_info(cores).build()
}

fn number(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same types stand in both files, one as EC2 lists them and one as a snapshot has them.
    #[test]
    fn listed_types_are_those_that_a_snapshot_has() {
        let listed = include_str!("../../../../tests/suggest/types.json");
        let known: Vec<MachineType> =
            serde_json::from_str(include_str!("../../../../tests/suggest/machines.json")).expect("machine types");
        let found = read(listed.as_bytes(), &["us-west-2".to_owned()]).expect("a list");
        let plain =
            |machine: &MachineType| MachineType { details: crate::snapshot::MachineDetails::default(), ..machine.clone() };
        assert_eq!(found.iter().map(plain).collect::<Vec<_>>(), known);
        assert!(found.iter().all(|machine| machine.details.attachments.is_some()));
        assert!(read(&b"[]"[..], &[]).is_err());
    }
}
