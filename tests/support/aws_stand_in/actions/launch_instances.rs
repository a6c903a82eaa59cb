//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchInstances.html>
//!
//! Everything that is requested comes, or nothing. The words of the refusals are the emulator's.

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{AnsweredCall, Group, Instance, Source, World, subnet, zone_id};
use crate::support::aws_stand_in::xml::Xml;

/// "The actual instance count is limited to 100 instances per launch."
const MOST: u32 = 100;
const PARAMS: [&str; 6] =
    ["AutoScalingGroupName", "RequestedCapacity", "AvailabilityZones", "AvailabilityZoneIds", "SubnetIds", "RetryStrategy"];

pub(super) fn answer(world: &mut World, key: &str, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let (name, token) = (form::text(params, "AutoScalingGroupName"), form::text(params, "ClientToken"));
    let units = check_form(params, token)?;
    let account = world.accounts.get_mut(key).expect("the account that calls");
    account.group(region, name)?;
    let body: Params =
        params.iter().filter(|(name, _)| is_body(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(earlier) = account.launches.get(&(region.to_owned(), token.to_owned())) {
        return match earlier.body == body {
            true => Ok(written(name, token, &earlier.instances)),
            false => Err(Refusal::new(
                "IdempotentParameterMismatch",
                "The parameters in the current request do not match the parameters from a previous request with the same \
                 client token within the idempotency window.",
            )),
        };
    }
    let group = account.group(region, name)?;
    let zone = zone_of(group, params)?;
    check_group(group, units)?;
    if account.is_short(region, name) {
        return Ok(without_capacity(account.group(region, name)?, token, &zone));
    }
    let instances = world.launch(key, region, name, &zone, units, token);
    let answer = written(name, token, &instances);
    let account = world.accounts.get_mut(key).expect("the account that calls");
    account.launches.insert((region.to_owned(), token.to_owned()), AnsweredCall { body, instances });
    Ok(answer)
}

fn is_body(name: &str) -> bool {
    PARAMS.iter().any(|param| name.starts_with(param))
}

/// Returns how many are requested.
fn check_form(params: &Params, token: &str) -> Result<u32, Refusal> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
    if !(1..=64).contains(&token.len()) || !token.bytes().all(is_token) {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{token}' at 'clientToken' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [A-Za-z0-9\\-_\\/]+, and have length between 1 and 64"
        )));
    }
    let places = ["AvailabilityZones", "AvailabilityZoneIds", "SubnetIds"];
    if places.iter().any(|place| form::list(params, &format!("{place}.member")).len() > 1) {
        return Err(Refusal::validation("Member must have length less than or equal to 1"));
    }
    if params.contains_key("AvailabilityZones.member.1") && params.contains_key("AvailabilityZoneIds.member.1") {
        return Err(Refusal::validation("You cannot specify both AvailabilityZones and AvailabilityZoneIds."));
    }
    if !["", "none"].contains(&form::text(params, "RetryStrategy")) {
        return Err(Refusal::validation("the stand-in has no such RetryStrategy; use the emulator"));
    }
    let units = form::text(params, "RequestedCapacity").parse().ok().filter(|units| *units > 0);
    units.ok_or_else(|| Refusal::validation("requestedCapacity: Member must have value greater than or equal to 1"))
}

/// Returns the zone that the call names, or the only one.
fn zone_of(group: &Group, params: &Params) -> Result<String, Refusal> {
    let named = |name: &str| params.get(&format!("{name}.member.1"));
    let (zone, id, own) = (named("AvailabilityZones"), named("AvailabilityZoneIds"), named("SubnetIds"));
    if zone.is_none() && id.is_none() && own.is_none() && group.zones.len() > 1 {
        return Err(Refusal::validation(
            "AvailabilityZones or SubnetIds is required for a group with several Availability Zones.",
        ));
    }
    let fits = |place: &&String| {
        zone.is_none_or(|zone| zone == *place)
            && id.is_none_or(|id| *id == zone_id(place))
            && own.is_none_or(|own| *own == subnet(place))
    };
    let found = group.zones.iter().find(fits).cloned();
    found.ok_or_else(|| Refusal::validation(format!("The place is not one of the Auto Scaling group {}.", group.name)))
}

fn check_group(group: &Group, units: u32) -> Result<(), Refusal> {
    if matches!(group.source, Source::Configuration { .. }) {
        return Err(Refusal::validation(
            "LaunchInstances is not supported for Auto Scaling groups that use a launch configuration.",
        ));
    }
    if units > MOST {
        return Err(Refusal::validation(format!("A call can launch at most {MOST} instances.")));
    }
    match group.desired.saturating_add(units) <= group.max {
        true => Ok(()),
        false => Err(Refusal::validation(format!(
            "RequestedCapacity {units} would take the desired capacity {} above max value {} for the AutoScalingGroup.",
            group.desired, group.max
        ))),
    }
}

fn without_capacity(group: &Group, token: &str, zone: &str) -> Xml {
    let mut xml = Xml::default();
    xml.text("AutoScalingGroupName", &group.name).text("ClientToken", token).within("Instances", |_| {});
    xml.list("Errors", "member", [zone], |xml, zone| {
        xml.text("MarketType", "OnDemand").text("SubnetId", subnet(zone));
        xml.text("AvailabilityZone", zone).text("AvailabilityZoneId", zone_id(zone));
        xml.text("ErrorCode", "InsufficientInstanceCapacity").text("ErrorMessage", group.words_of_shortage(zone));
    });
    xml
}

fn written(group: &str, token: &str, instances: &[Instance]) -> Xml {
    let mut xml = Xml::default();
    xml.text("AutoScalingGroupName", group).text("ClientToken", token);
    xml.list("Instances", "member", instances.first(), |xml, first| {
        xml.text("InstanceType", &first.machine_type).text("MarketType", "OnDemand").text("SubnetId", subnet(&first.zone));
        xml.text("AvailabilityZone", &first.zone).text("AvailabilityZoneId", zone_id(&first.zone));
        xml.within("InstanceIds", |xml| {
            for instance in instances {
                xml.text("member", &instance.id);
            }
        });
    });
    xml.within("Errors", |_| {});
    xml
}
