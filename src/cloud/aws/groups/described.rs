//! The groups of a region, and how each becomes a group of the snapshot.

use aws_sdk_autoscaling::Client;
use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance as Member};

use crate::snapshot::{
    Group, GroupId, Instance, Lifecycle, LifecycleHooks, Membership, NodeFormula, NodeGroupFacts, Purchase, ReservedUse,
    Weight, ZoneChoice,
};

use super::set_up;
use crate::cloud::aws::error::AwsError;
use crate::cloud::group_tags::tags::{self, Tags};

const ACTION: &str = "autoscaling:DescribeAutoScalingGroups";
/// AWS puts at most this many on a page.
const PAGE: i32 = 100;

/// Reads every group of the region. The groups that are not ours are listed when none is ours.
pub(crate) async fn describe(client: &Client, region: &str) -> Result<Vec<AutoScalingGroup>, AwsError> {
    let groups = client.describe_auto_scaling_groups().into_paginator().page_size(PAGE).items().send();
    groups.collect::<Result<Vec<_>, _>>().await.map_err(|error| AwsError::of(ACTION, region, &error))
}

/// Returns a group's tags. AWS allows each key once.
pub(crate) fn tags_of(group: &AutoScalingGroup) -> Tags {
    group.tags().iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

/// Converts what a group states itself; its launch options, its instances in EC2 and its activities
/// are added later.
pub(crate) fn convert(group: &AutoScalingGroup, id: GroupId, managed_by: Membership, foreign_cluster: Option<String>) -> Group {
    let mut zones = group.availability_zones().to_vec();
    zones.sort();
    let mut instances: Vec<Instance> = group.instances().iter().filter_map(convert_member).collect();
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    let advice = set_up::advice(group, &id, &instances);
    Group {
        id,
        managed_by,
        min: i64::from(group.min_size.unwrap_or(0)),
        max: i64::from(group.max_size.unwrap_or(0)),
        desired: i64::from(group.desired_capacity.unwrap_or(0)),
        zones,
        launch_options: Vec::new(),
        // The optimised images of EKS (AL2, AL2023, Bottlerocket) keep memory back by this formula.
        node_formula: NodeFormula::ByNetworkPods,
        purchase: Purchase::OnDemand,
        lowest_spot_price: None,
        instances,
        activities: Vec::new(),
        cannot: set_up::cannot(group),
        rebalances_zones: set_up::rebalances_zones(group),
        zone_strategy: set_up::zone_strategy(group),
        zone_choice: ZoneChoice::default(),
        reserved: ReservedUse::default(),
        placement: None,
        launches_protected: set_up::protects_new_instances(group),
        advice,
        hooks: LifecycleHooks::default(),
        automatic: set_up::automatic(group),
        tags: tags::read_tags(&tags_of(group)),
        node_group: NodeGroupFacts::default(),
        foreign_cluster,
    }
}

/// Converts what a group states of one of its instances.
pub(crate) fn convert_member(member: &Member) -> Option<Instance> {
    Some(Instance {
        id: member.instance_id.clone()?,
        zone: member.availability_zone.clone().unwrap_or_default(),
        machine_type: member.instance_type.clone().unwrap_or_default(),
        lifecycle: lifecycle(member.lifecycle_state.as_ref().map_or("", |state| state.as_str())),
        protected: member.protected_from_scale_in.unwrap_or(false),
        launched_at: None,
        weight: weight(member.weighted_capacity.as_deref()),
        image: member.image_id.clone(),
        launch_version: launch_version(member),
        addresses: Vec::new(),
        spot: false,
        reservation: None,
    })
}

/// Returns the launch template with its version, or the launch configuration, from which an
/// instance was launched.
fn launch_version(member: &Member) -> Option<String> {
    let of_template = || {
        let template = member.launch_template.as_ref()?;
        Some(format!("{}:{}", template.launch_template_id.as_deref()?, template.version.as_deref()?))
    };
    of_template().or_else(|| member.launch_configuration_name.clone())
}

/// Returns how much one instance adds to the group's capacity. AWS writes numbers from 1 to 999,
/// and nothing for 1.
pub(crate) fn weight(text: Option<&str>) -> Weight {
    text.and_then(|text| text.parse().ok()).map_or(Weight::ONE, Weight::new)
}

/// Returns the lifecycle state of an AWS name
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>).
///
/// An unknown name counts as a state in which the instance is neither counted nor touched.
pub(crate) fn lifecycle(state: &str) -> Lifecycle {
    match state.split(':').next().unwrap_or_default() {
        "Pending" => Lifecycle::Pending,
        "ReplacingRootVolume" | "RootVolumeReplaced" => Lifecycle::ReplacingDisk,
        "InService" => Lifecycle::InService,
        "Terminating" => Lifecycle::Terminating,
        "Terminated" => Lifecycle::Terminated,
        "Detaching" | "Detached" => Lifecycle::Detached,
        "Warmed" => Lifecycle::Warm,
        // EnteringStandby, Standby, Quarantined, and unknown names.
        _ => Lifecycle::Standby,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::{
        AvailabilityZoneDistribution, CapacityDistributionStrategy, LifecycleState, SuspendedProcess, TagDescription,
    };

    use crate::snapshot::ZoneStrategy;

    use super::*;

    fn id() -> GroupId {
        GroupId { region: "us-west-2".into(), name: "p3".into() }
    }

    #[test]
    fn every_state_of_an_instance_has_its_place() {
        for (state, expected) in [
            ("Pending", Lifecycle::Pending),
            ("Pending:Wait", Lifecycle::Pending),
            ("Pending:Proceed", Lifecycle::Pending),
            ("InService", Lifecycle::InService),
            ("ReplacingRootVolume:Wait", Lifecycle::ReplacingDisk),
            ("RootVolumeReplaced", Lifecycle::ReplacingDisk),
            ("Terminating", Lifecycle::Terminating),
            ("Terminating:Wait", Lifecycle::Terminating),
            ("Terminating:Retained", Lifecycle::Terminating),
            ("Terminated", Lifecycle::Terminated),
            ("Detaching", Lifecycle::Detached),
            ("Detached", Lifecycle::Detached),
            ("EnteringStandby", Lifecycle::Standby),
            ("Standby", Lifecycle::Standby),
            ("Warmed:Pending:Wait", Lifecycle::Warm),
            ("Warmed:Stopped", Lifecycle::Warm),
            ("Warmed:Running", Lifecycle::Warm),
            ("Warmed:Terminating", Lifecycle::Warm),
            ("Quarantined", Lifecycle::Standby),
            ("SomethingNew", Lifecycle::Standby),
            ("", Lifecycle::Standby),
        ] {
            assert_eq!(lifecycle(state), expected, "{state}");
        }
    }

    #[test]
    fn a_weight_that_is_not_there_is_one() {
        for (text, expected) in [(Some("8"), 8), (None, 1), (Some(""), 1), (Some("x"), 1), (Some("0"), 1), (Some("999"), 999)] {
            assert_eq!(weight(text).get(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_group_is_told_as_aws_tells_it() {
        let suspended = |name: &str| SuspendedProcess::builder().process_name(name).build();
        let member = |id: &str, state| Member::builder().instance_id(id).lifecycle_state(state).weighted_capacity("4").build();
        let described = AutoScalingGroup::builder()
            .min_size(1)
            .max_size(20)
            .desired_capacity(8)
            .availability_zones("us-west-2b")
            .availability_zones("us-west-2a")
            .suspended_processes(suspended("Launch"))
            .suspended_processes(suspended("HealthCheck"))
            .suspended_processes(suspended("AZRebalance"))
            .status("Delete in progress")
            .new_instances_protected_from_scale_in(true)
            .availability_zone_distribution(
                AvailabilityZoneDistribution::builder()
                    .capacity_distribution_strategy(CapacityDistributionStrategy::BalancedOnly)
                    .build(),
            )
            .tags(TagDescription::builder().key("kube/pool").value("gpu").build())
            .instances(member("i-b", LifecycleState::PendingWait))
            .instances(member("i-a", LifecycleState::InService))
            .build();
        let group = convert(&described, id(), Membership::ClusterTag, Some("stage".into()));
        assert_eq!((group.min, group.max, group.desired), (1, 20, 8));
        assert_eq!(group.zones, ["us-west-2a", "us-west-2b"]);
        assert!(group.cannot.is_being_deleted() && group.launches_protected && !group.rebalances_zones);
        let words = [
            "the process Launch is suspended, so the group cannot grow",
            "the process HealthCheck is suspended, so AWS does not notice broken instances",
        ];
        let said = words.map(|words| format!("{}: {words}; resume it with aws autoscaling resume-processes", id()));
        assert_eq!(group.advice.iter().map(|advice| advice.message.clone()).collect::<Vec<_>>(), said);
        assert_eq!(group.zone_strategy, ZoneStrategy::BalancedOnly);
        assert_eq!(group.tags.labels.get("pool").map(|pool| &**pool), Some("gpu"));
        assert_eq!(group.foreign_cluster.as_deref(), Some("stage"));
        let instances: Vec<_> = group.instances.iter().map(|it| (it.id.as_str(), it.lifecycle, it.weight.get())).collect();
        assert_eq!(instances, [("i-a", Lifecycle::InService, 4), ("i-b", Lifecycle::Pending, 4)]);
    }
}
