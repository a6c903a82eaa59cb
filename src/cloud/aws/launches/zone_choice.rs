//! Whether a group launches in a zone that is named, by `autoscaling:LaunchInstances`
//! (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-instances-synchronously>).

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{AutoScalingGroup, MixedInstancesPolicy};

use crate::snapshot::{NoZoneChoice, Purchase, ZoneChoice};

use super::choices::distribution;

/// Returns whether a group launches in a zone that is named, without the subnets of its zones.
/// `reserved_by_kind` is whether what it launches goes into reservations of a kind that is named:
/// AWS documents the call for on-demand and spot instances alone.
pub(crate) fn of_group(group: &AutoScalingGroup, reserved_by_kind: bool) -> ZoneChoice {
    why_not(group)
        .or(reserved_by_kind.then_some(NoZoneChoice::Reserved))
        .map_or_else(|| ZoneChoice::Possible { subnets: BTreeMap::new() }, |because| ZoneChoice::NotPossible { because })
}

fn why_not(group: &AutoScalingGroup) -> Option<NoZoneChoice> {
    if group.launch_configuration_name().is_some() {
        return Some(NoZoneChoice::LaunchConfiguration);
    }
    if group.warm_pool_configuration().is_some() {
        return Some(NoZoneChoice::WarmPool);
    }
    match group.mixed_instances_policy() {
        Some(policy) if is_mixed(policy) => Some(NoZoneChoice::MixedPurchase),
        Some(_) => None,
        None if group.launch_template().is_some() => None,
        None => Some(NoZoneChoice::Unread),
    }
}

fn is_mixed(policy: &MixedInstancesPolicy) -> bool {
    matches!(distribution(policy.instances_distribution()), Purchase::Mixed { .. })
}

/// Returns the subnets of a group that has more of them than zones. In the others a zone has one.
pub(crate) fn subnets_to_tell_apart(group: &AutoScalingGroup) -> Vec<String> {
    let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',').map(str::trim);
    let subnets: Vec<String> = subnets.filter(|subnet| !subnet.is_empty()).map(str::to_owned).collect();
    if subnets.len() > group.availability_zones().len() { subnets } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::builders::AutoScalingGroupBuilder;
    use aws_sdk_autoscaling::types::{InstancesDistribution, LaunchTemplateSpecification, WarmPoolConfiguration};

    use super::*;

    fn by_template() -> AutoScalingGroupBuilder {
        let template = LaunchTemplateSpecification::builder().launch_template_id("lt-1").build();
        AutoScalingGroup::builder().launch_template(template)
    }

    fn mixed(base: i32, percentage: i32) -> AutoScalingGroupBuilder {
        let distribution =
            InstancesDistribution::builder().on_demand_base_capacity(base).on_demand_percentage_above_base_capacity(percentage);
        let policy = MixedInstancesPolicy::builder().instances_distribution(distribution.build());
        AutoScalingGroup::builder().mixed_instances_policy(policy.build())
    }

    #[test]
    fn a_zone_can_be_named_for_a_template_with_one_purchase_and_no_warm_pool() {
        let warm_pool = WarmPoolConfiguration::builder().min_size(0).build();
        for (group, because) in [
            (by_template(), None),
            (mixed(0, 100), None),
            (mixed(5, 100), None),
            (mixed(0, 0), None),
            (AutoScalingGroup::builder().mixed_instances_policy(MixedInstancesPolicy::builder().build()), None),
            (mixed(1, 0), Some(NoZoneChoice::MixedPurchase)),
            (mixed(0, 99), Some(NoZoneChoice::MixedPurchase)),
            (by_template().warm_pool_configuration(warm_pool), Some(NoZoneChoice::WarmPool)),
            (AutoScalingGroup::builder().launch_configuration_name("old"), Some(NoZoneChoice::LaunchConfiguration)),
            (AutoScalingGroup::builder(), Some(NoZoneChoice::Unread)),
        ] {
            let group = group.build();
            assert_eq!(why_not(&group), because, "{group:?}");
            assert_eq!(of_group(&group, false).is_possible(), because.is_none());
            assert_eq!(of_group(&group, true), ZoneChoice::NotPossible { because: because.unwrap_or(NoZoneChoice::Reserved) });
        }
    }

    #[test]
    fn subnets_matter_where_there_are_more_than_zones() {
        let group = |subnets: &str| {
            by_template().availability_zones("us-west-2a").availability_zones("us-west-2b").vpc_zone_identifier(subnets).build()
        };
        assert_eq!(subnets_to_tell_apart(&group("subnet-1,subnet-2, subnet-3")), ["subnet-1", "subnet-2", "subnet-3"]);
        assert!(subnets_to_tell_apart(&group("subnet-1,subnet-2")).is_empty());
        assert!(subnets_to_tell_apart(&by_template().availability_zones("us-west-2a").build()).is_empty());
    }
}
