//! DescribeInstanceTypes, GetInstanceTypesFromInstanceRequirements and the zones.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html>

use aws_sdk_ec2::types::{
    ArchitectureType, InstanceRequirementsRequest, InstanceType, MemoryMiBRequest, VCpuCountRangeRequest, VirtualizationType,
};

use super::{code_and_message, ec2, on_each};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_describes_the_types_that_are_named() {
    on_each(async |aws| {
        let client = ec2(aws).await;
        let asked = client.describe_instance_types().instance_types(InstanceType::P4d24xlarge);
        let answer = asked.send().await.expect("types");
        let gpu = &answer.instance_types()[0];
        assert_eq!(gpu.v_cpu_info().expect("CPUs").default_v_cpus(), Some(96));
        assert_eq!(gpu.memory_info().expect("memory").size_in_mib(), Some(1_179_648));
        let gpus = gpu.gpu_info().expect("GPUs").gpus();
        assert_eq!((gpus[0].manufacturer(), gpus[0].count()), (Some("NVIDIA"), Some(8)));
        let network = gpu.network_info().expect("network");
        assert_eq!(network.ipv4_addresses_per_interface(), Some(50));
        assert_eq!(network.network_cards()[0].maximum_network_interfaces(), Some(15));
    })
    .await;
}

#[tokio::test]
async fn aws_knows_no_type_that_does_not_exist() {
    on_each(async |aws| {
        let asked = ec2(aws).await.describe_instance_types().instance_types("m99.large".into());
        let error = asked.send().await.expect_err("refusal");
        let (code, message) = code_and_message(&error);
        assert_eq!(code, "InvalidInstanceType");
        assert_eq!(message, "The following supplied instance types do not exist: [m99.large]");
    })
    .await;
}

#[tokio::test]
async fn aws_turns_requirements_into_types() {
    let aws = AwsServer::account();
    let needs = InstanceRequirementsRequest::builder()
        .v_cpu_count(VCpuCountRangeRequest::builder().min(4).max(16).build())
        .memory_mib(MemoryMiBRequest::builder().min(8192).max(32768).build())
        .allowed_instance_types("m5.*")
        .build();
    let answer = ec2(&aws)
        .await
        .get_instance_types_from_instance_requirements()
        .architecture_types(ArchitectureType::X8664)
        .virtualization_types(VirtualizationType::Hvm)
        .instance_requirements(needs)
        .send()
        .await
        .expect("types");
    let types = answer.instance_types();
    let names: Vec<_> = types.iter().filter_map(|it| it.instance_type()).collect();
    // An m5.large has too few vCPUs, an m5.4xlarge too much memory.
    assert_eq!(names, ["m5.2xlarge", "m5.xlarge"]);
}

#[tokio::test]
async fn aws_lists_the_zones_of_the_region() {
    on_each(async |aws| {
        let answer = ec2(aws).await.describe_availability_zones().send().await.expect("zones");
        let zones: Vec<_> = answer.availability_zones().iter().filter_map(|it| it.zone_name()).collect();
        assert_eq!(zones, ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]);
    })
    .await;
}
