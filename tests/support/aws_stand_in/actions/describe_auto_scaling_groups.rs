//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html>

use crate::support::aws_stand_in::form::{self, Filters, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Group, Instance, Source, stamp};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 50;

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let most = form::max_records(params, PAGE)?;
    let names = form::list(params, "AutoScalingGroupNames.member");
    let filters = form::filters(params, "Filters.member", "Values.member");
    let is_wanted = |group: &&Group| (names.is_empty() || names.contains(&group.name)) && passes(group, &filters);
    let found: Vec<&Group> = account.groups_of(region).filter(is_wanted).collect();
    let (page, next) = form::page(&found, params, most, form::invalid_next_token)?;
    let mut xml = Xml::default();
    xml.list("AutoScalingGroups", "member", page, |xml, group| shape(xml, group)).maybe("NextToken", next);
    Ok(xml)
}

/// `tag:KEY` with its values is the one filter that is used.
fn passes(group: &Group, filters: &Filters) -> bool {
    filters.iter().all(|(name, values)| {
        let key = name.strip_prefix("tag:").unwrap_or_default();
        group.tags.iter().any(|(its, value)| its == key && values.contains(value))
    })
}

fn shape(xml: &mut Xml, group: &Group) {
    xml.text("AutoScalingGroupName", &group.name)
        .text("AutoScalingGroupARN", &group.arn)
        .text("MinSize", group.min)
        .text("MaxSize", group.max)
        .text("DesiredCapacity", group.desired)
        .text("DefaultCooldown", 300)
        .text("HealthCheckType", "EC2")
        .text("HealthCheckGracePeriod", 0)
        .text("CreatedTime", stamp(group.created))
        .text("VPCZoneIdentifier", group.subnets().join(","))
        .text("NewInstancesProtectedFromScaleIn", group.protected)
        .within("AvailabilityZones", |xml| {
            for zone in &group.zones {
                xml.text("member", zone);
            }
        })
        .list("Instances", "member", &group.instances, |xml, instance| member(xml, group, instance))
        .list("Tags", "member", &group.tags, |xml, (key, value)| tag(xml, group, key, value));
    launched_from(xml, group, "$Default");
}

fn launched_from(xml: &mut Xml, group: &Group, version: &str) {
    match &group.source {
        Source::Configuration { name, .. } => xml.text("LaunchConfigurationName", name),
        Source::Template { id, .. } => xml.within("LaunchTemplate", |xml| {
            xml.text("LaunchTemplateId", id)
                .text("LaunchTemplateName", format!("{}-template", group.name))
                .text("Version", version);
        }),
    };
}

fn member(xml: &mut Xml, group: &Group, instance: &Instance) {
    xml.text("InstanceId", &instance.id)
        .text("InstanceType", &instance.machine_type)
        .text("AvailabilityZone", &instance.zone)
        .text("LifecycleState", "InService")
        .text("HealthStatus", "Healthy")
        .text("ProtectedFromScaleIn", group.protected);
    launched_from(xml, group, &instance.version.map(|version| version.to_string()).unwrap_or_default());
}

fn tag(xml: &mut Xml, group: &Group, key: &str, value: &str) {
    xml.text("ResourceId", &group.name)
        .text("ResourceType", "auto-scaling-group")
        .text("Key", key)
        .text("Value", value)
        .text("PropagateAtLaunch", false);
}
