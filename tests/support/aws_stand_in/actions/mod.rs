//! AWS's actions, one a file.

mod describe_auto_scaling_groups;
mod describe_availability_zones;
mod describe_instance_status;
mod describe_instance_types;
mod describe_instances;
mod describe_launch_configurations;
mod describe_launch_template_versions;
mod describe_scaling_activities;
mod get_caller_identity;
mod launch_instances;
mod nothing_there;
mod set_desired_capacity;
mod terminate_instance;

use super::form::Params;
use super::gateway::Scope;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

/// Answers a call; the account of the scope is there.
pub(super) fn carry_out(world: &mut World, scope: &Scope<'_>, action: &str, params: &Params) -> Result<Xml, Refusal> {
    let (key, region) = (scope.key, scope.region);
    let account = &world.accounts[key];
    match action {
        "DescribeAutoScalingGroups" => describe_auto_scaling_groups::answer(account, region, params),
        "DescribeAvailabilityZones" => Ok(describe_availability_zones::answer(region)),
        "DescribeCapacityReservations" => Ok(nothing_there::answer("capacityReservationSet")),
        "DescribeImages" => Ok(nothing_there::answer("imagesSet")),
        "DescribeInstanceStatus" => describe_instance_status::answer(account, region, params),
        "DescribeInstanceTypes" => describe_instance_types::answer(params),
        "DescribeInstances" => describe_instances::answer(account, region, params),
        "DescribeInstanceRefreshes" => Ok(nothing_there::answer("InstanceRefreshes")),
        "DescribeLaunchConfigurations" => describe_launch_configurations::answer(account, region, params),
        "DescribeLaunchTemplateVersions" => describe_launch_template_versions::answer(account, region, params),
        "DescribePlacementGroups" => Ok(nothing_there::answer("placementGroupSet")),
        "DescribePolicies" => Ok(nothing_there::answer("ScalingPolicies")),
        "DescribeScalingActivities" => describe_scaling_activities::answer(account, region, params),
        "DescribeScheduledActions" => Ok(nothing_there::answer("ScheduledUpdateGroupActions")),
        "DescribeSpotInstanceRequests" => Ok(nothing_there::answer("spotInstanceRequestSet")),
        "DescribeSpotPriceHistory" => Ok(nothing_there::answer("spotPriceHistorySet")),
        "GetCallerIdentity" => Ok(get_caller_identity::answer(account)),
        "LaunchInstances" => launch_instances::answer(world, key, region, params),
        "SetDesiredCapacity" => set_desired_capacity::answer(world, key, region, params),
        "TerminateInstanceInAutoScalingGroup" => terminate_instance::answer(world, key, region, params),
        other => Err(Refusal::new("InvalidAction", format!("the stand-in has no {other}; use the emulator"))),
    }
}
