//! Launch configurations and launch templates.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLaunchConfigurations.html>
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html>

use aws_sdk_ec2::types::{InstanceType, MarketType};

use super::{GROUP, REGION, autoscaling, code_and_message, described, ec2, on_each};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_describes_launch_configurations() {
    let aws = AwsServer::account();
    aws.group(GROUP).launch_configuration("m5.xlarge").spot_price("0.10").root_volume_gib(100).desired(1).create();
    let client = autoscaling(&aws).await;
    let group = described(&client, GROUP).await;
    let name = group.launch_configuration_name().expect("launch configuration");
    assert_eq!(group.instances()[0].launch_configuration_name(), Some(name));
    let answer = client.describe_launch_configurations().launch_configuration_names(name).send().await;
    let answer = answer.expect("launch configuration");
    let configuration = &answer.launch_configurations()[0];
    assert_eq!(configuration.instance_type(), Some("m5.xlarge"));
    assert_eq!(configuration.spot_price(), Some("0.10"));
    let volume = configuration.block_device_mappings()[0].ebs().expect("volume");
    assert_eq!(volume.volume_size(), Some(100));
    assert!(aws.group_state(REGION, GROUP).instances[0].spot);
}

#[tokio::test]
async fn aws_describes_launch_template_versions() {
    let aws = AwsServer::account();
    aws.group(GROUP).launch_template("m5.large").spot().root_volume_gib(80).create();
    aws.add_template_version(REGION, GROUP, "m5.xlarge", true);
    aws.add_template_version(REGION, GROUP, "m5.2xlarge", false);
    let group = described(&autoscaling(&aws).await, GROUP).await;
    let template = group.launch_template().expect("launch template");
    let id = template.launch_template_id().expect("id");
    let client = ec2(&aws).await;
    for (version, number, instance_type) in
        [("$Default", 2, InstanceType::M5Xlarge), ("$Latest", 3, InstanceType::M52xlarge), ("1", 1, InstanceType::M5Large)]
    {
        let answer = client.describe_launch_template_versions().launch_template_id(id).versions(version).send().await;
        let answer = answer.expect("version of the template");
        let found = &answer.launch_template_versions()[0];
        assert_eq!(found.version_number(), Some(number), "{version}");
        let data = found.launch_template_data().expect("data");
        assert_eq!(data.instance_type(), Some(&instance_type), "{version}");
        if number == 1 {
            let market = data.instance_market_options().and_then(|it| it.market_type());
            assert_eq!(market, Some(&MarketType::Spot));
            let volume = data.block_device_mappings()[0].ebs().expect("volume");
            assert_eq!(volume.volume_size(), Some(80));
        }
    }
    let error = client.describe_launch_template_versions().launch_template_id(id).versions("9").send().await;
    let error = error.expect_err("refusal");
    assert_eq!(code_and_message(&error).0, "InvalidLaunchTemplateId.VersionNotFound");
}

/// "To describe all launch templates in your account that are defined as the default version, the
/// valid value is $Default."
#[tokio::test]
async fn aws_describes_one_version_of_every_template() {
    on_each(async |aws| {
        aws.group(GROUP).launch_template("m5.large").create();
        aws.group("web-b").launch_template("m5.xlarge").create();
        aws.add_template_version(REGION, GROUP, "m5.2xlarge", false);
        let client = ec2(aws).await;
        for (version, expected) in [("$Default", ["m5.large", "m5.xlarge"]), ("$Latest", ["m5.2xlarge", "m5.xlarge"])] {
            let answer = client.describe_launch_template_versions().versions(version).send().await.expect("versions");
            let data = answer.launch_template_versions().iter().filter_map(|it| it.launch_template_data());
            let types: Vec<_> = data.filter_map(|data| data.instance_type()).map(InstanceType::as_str).collect();
            assert_eq!(types, expected, "{version}");
        }
    })
    .await;
}

/// At most 50 of them may be named in a call, and are on a page.
#[tokio::test]
async fn aws_describes_the_launch_configurations_that_are_named() {
    on_each(async |aws| {
        aws.group(GROUP).launch_configuration("m5.xlarge").desired(1).create();
        aws.group("web-b").launch_configuration("m5.large").create();
        let client = autoscaling(aws).await;
        let group = described(&client, GROUP).await;
        let name = group.launch_configuration_name().expect("launch configuration");
        assert_eq!(group.launch_template(), None);
        assert_eq!(group.instances()[0].launch_configuration_name(), Some(name));
        let answer = client.describe_launch_configurations().launch_configuration_names(name).send().await;
        let answer = answer.expect("launch configuration");
        let types: Vec<_> = answer.launch_configurations().iter().map(|it| it.instance_type()).collect();
        assert_eq!(types, [Some("m5.xlarge")]);
    })
    .await;
}

#[tokio::test]
async fn aws_pages_template_versions() {
    on_each(async |aws| {
        aws.group(GROUP).create();
        for _ in 0..20 {
            aws.add_template_version(REGION, GROUP, "m5.large", false);
        }
        let group = described(&autoscaling(aws).await, GROUP).await;
        let id = group.launch_template().and_then(|it| it.launch_template_id()).expect("id");
        let pages = ec2(aws).await.describe_launch_template_versions().launch_template_id(id).max_results(8);
        let all = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        assert_eq!(all.expect("all versions").len(), 21);
    })
    .await;
}
