//! Attribute-based machine types: the same requirements in the words of three API shapes, and the
//! types that meet them.
//!
//! Auto Scaling and launch templates state requirements, and only
//! `GetInstanceTypesFromInstanceRequirements` resolves them to types, in a third shape. Every field
//! is carried over: a missing one would allow types that the group never launches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_autoscaling::types as asg;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as ec2;
use aws_sdk_ec2::types::{ArchitectureType, InstanceRequirementsRequest, VirtualizationType};
use tokio::sync::OnceCell;

use crate::cloud::aws::error::AwsError;

const ACTION: &str = "ec2:GetInstanceTypesFromInstanceRequirements";

/// Converts a range from one shape to another.
macro_rules! range {
    ($from:expr, $to:ident) => {
        $from.as_ref().map(|range| ec2::$to::builder().set_min(range.min).set_max(range.max).build())
    };
}

/// Converts a list of words that both shapes spell alike.
macro_rules! words {
    ($from:expr, $to:ident) => {
        $from.as_ref().map(|words| words.iter().map(|word| ec2::$to::from(word.as_str())).collect())
    };
}

/// The answer to one question, which is asked once.
type ResolvedTypes = Arc<OnceCell<Result<Vec<String>, AwsError>>>;

/// The types that meet requirements in a region. Groups with the same requirements take one call.
#[derive(Debug, Default)]
pub(crate) struct MatchingTypes(Mutex<BTreeMap<String, ResolvedTypes>>);

impl MatchingTypes {
    /// Returns the types that meet the requirements for these architectures.
    pub(crate) async fn of(
        &self,
        client: &Client,
        region: &str,
        requirements: &InstanceRequirementsRequest,
        architectures: &[ArchitectureType],
    ) -> Result<Vec<String>, AwsError> {
        // The SDK's types have no order; their text shows every field.
        let question = format!("{requirements:?} {architectures:?}");
        let answer = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(question).or_default());
        answer.get_or_init(|| matching_types(client, region, requirements.clone(), architectures)).await.clone()
    }
}

/// Returns the types that meet the requirements in the region, for these architectures.
async fn matching_types(
    client: &Client,
    region: &str,
    requirements: InstanceRequirementsRequest,
    architectures: &[ArchitectureType],
) -> Result<Vec<String>, AwsError> {
    let call = client
        .get_instance_types_from_instance_requirements()
        .set_architecture_types(Some(architectures.to_vec()))
        .virtualization_types(VirtualizationType::Hvm)
        .instance_requirements(requirements);
    let types = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let types = types.map_err(|error| AwsError::of(ACTION, region, &error))?;
    Ok(types.into_iter().filter_map(|it| it.instance_type).collect())
}

/// Converts the requirements of an override of a group.
pub(crate) fn of_override(from: &asg::InstanceRequirements) -> InstanceRequirementsRequest {
    InstanceRequirementsRequest::builder()
        .set_v_cpu_count(range!(from.v_cpu_count, VCpuCountRangeRequest))
        .set_memory_mib(range!(from.memory_mib, MemoryMiBRequest))
        .set_cpu_manufacturers(words!(from.cpu_manufacturers, CpuManufacturer))
        .set_memory_gib_per_v_cpu(range!(from.memory_gib_per_v_cpu, MemoryGiBPerVCpuRequest))
        .set_excluded_instance_types(from.excluded_instance_types.clone())
        .set_instance_generations(words!(from.instance_generations, InstanceGeneration))
        .set_spot_max_price_percentage_over_lowest_price(from.spot_max_price_percentage_over_lowest_price)
        .set_max_spot_price_as_percentage_of_optimal_on_demand_price(
            from.max_spot_price_as_percentage_of_optimal_on_demand_price,
        )
        .set_on_demand_max_price_percentage_over_lowest_price(from.on_demand_max_price_percentage_over_lowest_price)
        .set_bare_metal(from.bare_metal.as_ref().map(|word| ec2::BareMetal::from(word.as_str())))
        .set_burstable_performance(
            from.burstable_performance.as_ref().map(|word| ec2::BurstablePerformance::from(word.as_str())),
        )
        .set_require_hibernate_support(from.require_hibernate_support)
        .set_network_interface_count(range!(from.network_interface_count, NetworkInterfaceCountRequest))
        .set_local_storage(from.local_storage.as_ref().map(|word| ec2::LocalStorage::from(word.as_str())))
        .set_local_storage_types(words!(from.local_storage_types, LocalStorageType))
        .set_total_local_storage_gb(range!(from.total_local_storage_gb, TotalLocalStorageGbRequest))
        .set_baseline_ebs_bandwidth_mbps(range!(from.baseline_ebs_bandwidth_mbps, BaselineEbsBandwidthMbpsRequest))
        .set_accelerator_types(words!(from.accelerator_types, AcceleratorType))
        .set_accelerator_count(range!(from.accelerator_count, AcceleratorCountRequest))
        .set_accelerator_manufacturers(words!(from.accelerator_manufacturers, AcceleratorManufacturer))
        .set_accelerator_names(words!(from.accelerator_names, AcceleratorName))
        .set_accelerator_total_memory_mib(range!(from.accelerator_total_memory_mib, AcceleratorTotalMemoryMiBRequest))
        .set_network_bandwidth_gbps(range!(from.network_bandwidth_gbps, NetworkBandwidthGbpsRequest))
        .set_allowed_instance_types(from.allowed_instance_types.clone())
        .set_baseline_performance_factors(from.baseline_performance_factors.as_ref().map(|factors| {
            let families = factors.cpu().map(asg::CpuPerformanceFactorRequest::references).unwrap_or_default();
            performance_factors(families.iter().map(|family| family.instance_family.clone()))
        }))
        .build()
}

/// Converts the requirements of a launch template.
pub(crate) fn of_template(from: &ec2::InstanceRequirements) -> InstanceRequirementsRequest {
    InstanceRequirementsRequest::builder()
        .set_v_cpu_count(range!(from.v_cpu_count, VCpuCountRangeRequest))
        .set_memory_mib(range!(from.memory_mib, MemoryMiBRequest))
        .set_cpu_manufacturers(from.cpu_manufacturers.clone())
        .set_memory_gib_per_v_cpu(range!(from.memory_gib_per_v_cpu, MemoryGiBPerVCpuRequest))
        .set_excluded_instance_types(from.excluded_instance_types.clone())
        .set_instance_generations(from.instance_generations.clone())
        .set_spot_max_price_percentage_over_lowest_price(from.spot_max_price_percentage_over_lowest_price)
        .set_max_spot_price_as_percentage_of_optimal_on_demand_price(
            from.max_spot_price_as_percentage_of_optimal_on_demand_price,
        )
        .set_on_demand_max_price_percentage_over_lowest_price(from.on_demand_max_price_percentage_over_lowest_price)
        .set_bare_metal(from.bare_metal.clone())
        .set_burstable_performance(from.burstable_performance.clone())
        .set_require_hibernate_support(from.require_hibernate_support)
        .set_network_interface_count(range!(from.network_interface_count, NetworkInterfaceCountRequest))
        .set_local_storage(from.local_storage.clone())
        .set_local_storage_types(from.local_storage_types.clone())
        .set_total_local_storage_gb(range!(from.total_local_storage_gb, TotalLocalStorageGbRequest))
        .set_baseline_ebs_bandwidth_mbps(range!(from.baseline_ebs_bandwidth_mbps, BaselineEbsBandwidthMbpsRequest))
        .set_accelerator_types(from.accelerator_types.clone())
        .set_accelerator_count(range!(from.accelerator_count, AcceleratorCountRequest))
        .set_accelerator_manufacturers(from.accelerator_manufacturers.clone())
        .set_accelerator_names(from.accelerator_names.clone())
        .set_accelerator_total_memory_mib(range!(from.accelerator_total_memory_mib, AcceleratorTotalMemoryMiBRequest))
        .set_network_bandwidth_gbps(range!(from.network_bandwidth_gbps, NetworkBandwidthGbpsRequest))
        .set_allowed_instance_types(from.allowed_instance_types.clone())
        .set_require_encryption_in_transit(from.require_encryption_in_transit)
        .set_baseline_performance_factors(from.baseline_performance_factors.as_ref().map(|factors| {
            let families = factors.cpu().map(ec2::CpuPerformanceFactor::references).unwrap_or_default();
            performance_factors(families.iter().map(|family| family.instance_family.clone()))
        }))
        .build()
}

fn performance_factors(families: impl Iterator<Item = Option<String>>) -> ec2::BaselinePerformanceFactorsRequest {
    let reference = |family| ec2::PerformanceFactorReferenceRequest::builder().set_instance_family(family).build();
    let cpu = ec2::CpuPerformanceFactorRequest::builder().set_references(Some(families.map(reference).collect())).build();
    ec2::BaselinePerformanceFactorsRequest::builder().cpu(cpu).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_and_a_template_that_say_the_same_ask_the_same() {
        let theirs = asg::InstanceRequirements::builder()
            .v_cpu_count(asg::VCpuCountRequest::builder().min(4).max(8).build())
            .memory_mib(asg::MemoryMiBRequest::builder().min(16_384).build())
            .cpu_manufacturers(asg::CpuManufacturer::Amd)
            .excluded_instance_types("t3*")
            .bare_metal(asg::BareMetal::Excluded)
            .local_storage(asg::LocalStorage::Required)
            .accelerator_count(asg::AcceleratorCountRequest::builder().max(0).build())
            .accelerator_names(asg::AcceleratorName::V100)
            .allowed_instance_types("m5.*")
            .build();
        let template = ec2::InstanceRequirements::builder()
            .v_cpu_count(ec2::VCpuCountRange::builder().min(4).max(8).build())
            .memory_mib(ec2::MemoryMiB::builder().min(16_384).build())
            .cpu_manufacturers(ec2::CpuManufacturer::Amd)
            .excluded_instance_types("t3*")
            .bare_metal(ec2::BareMetal::Excluded)
            .local_storage(ec2::LocalStorage::Required)
            .accelerator_count(ec2::AcceleratorCount::builder().max(0).build())
            .accelerator_names(ec2::AcceleratorName::V100)
            .allowed_instance_types("m5.*")
            .build();
        let asked = of_override(&theirs);
        assert_eq!(asked, of_template(&template));
        assert_eq!(asked.v_cpu_count().map(|range| (range.min, range.max)), Some((Some(4), Some(8))));
        assert_eq!(asked.accelerator_count().map(|range| (range.min, range.max)), Some((None, Some(0))));
        assert_eq!(asked.accelerator_names(), [ec2::AcceleratorName::V100]);
    }
}
