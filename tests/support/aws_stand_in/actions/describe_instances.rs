//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>

use std::collections::BTreeMap;

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Group, Instance, stamp, subnet};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 1000;
/// "The maximum number of filter values … is 200."
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>
const FILTER_VALUES: usize = 200;

type Known<'a> = BTreeMap<&'a str, (&'a Group, &'a Instance)>;

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let groups = account.groups_of(region);
    let instances = groups.flat_map(|group| group.instances.iter().map(move |instance| (group, instance)));
    let known: Known<'_> = instances.map(|(group, instance)| (instance.id.as_str(), (group, instance))).collect();
    let most = form::text(params, "MaxResults");
    let ids = form::list(params, "InstanceId");
    if !ids.is_empty() && !most.is_empty() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    if let Some(unknown) = ids.iter().find(|id| !known.contains_key(id.as_str())) {
        let message = format!("The instance ID '{unknown}' does not exist");
        return Err(Refusal::new("InvalidInstanceID.NotFound", message));
    }
    let found = wanted(&known, ids, params)?;
    let most = most.parse().unwrap_or(PAGE).min(PAGE);
    let (page, next) = form::page(&found, params, most, form::invalid_token_of_ec2)?;
    let mut xml = Xml::default();
    // A reservation for each: how they were launched together nobody asks.
    xml.list("reservationSet", "item", page, |xml, (group, instance)| {
        xml.text("reservationId", instance.id.replace("i-", "r-"))
            .list("instancesSet", "item", [instance], |xml, instance| shape(xml, group, instance));
    })
    .maybe("nextToken", next);
    Ok(xml)
}

fn wanted<'a>(known: &Known<'a>, ids: Vec<String>, params: &Params) -> Result<Vec<(&'a Group, &'a Instance)>, Refusal> {
    let filters = form::filters(params, "Filter", "Value");
    let ids = match filters.as_slice() {
        [] if ids.is_empty() => return Ok(known.values().copied().collect()),
        [] => ids,
        [(name, values)] if name == "instance-id" && ids.is_empty() => values.clone(),
        [(name, values)] if name == "private-ip-address" && ids.is_empty() => {
            let at = known.values().filter(|(_, instance)| values.contains(&instance.private_ip));
            at.map(|(_, instance)| instance.id.clone()).collect()
        }
        [(name, values)] if name == "client-token" && ids.is_empty() => {
            let has_it = |instance: &Instance| instance.token.as_ref().is_some_and(|token| values.contains(token));
            return Ok(known.values().filter(|(_, instance)| has_it(instance)).copied().collect());
        }
        [(name, values)] if name == "tag:aws:autoscaling:groupName" && ids.is_empty() => {
            if values.len() > FILTER_VALUES {
                return Err(too_many_values());
            }
            return Ok(known.values().filter(|(group, _)| values.contains(&group.name)).copied().collect());
        }
        _ => {
            let words =
                "the stand-in knows only the filters instance-id, private-ip-address, client-token and the tag of groups";
            return Err(Refusal::new("InvalidParameterValue", words));
        }
    };
    if ids.len() > FILTER_VALUES && !filters.is_empty() {
        return Err(too_many_values());
    }
    Ok(ids.iter().filter_map(|id| known.get(id.as_str()).copied()).collect())
}

fn too_many_values() -> Refusal {
    Refusal::new("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
}

fn shape(xml: &mut Xml, group: &Group, instance: &Instance) {
    xml.text("instanceId", &instance.id)
        .text("imageId", "ami-0123456789abcdef0")
        .within("instanceState", |xml| {
            xml.text("code", 16).text("name", "running");
        })
        .text("privateDnsName", &instance.private_dns)
        .text("instanceType", &instance.machine_type)
        .text("launchTime", stamp(instance.launched))
        .within("placement", |xml| {
            xml.text("availabilityZone", &instance.zone);
        })
        .text("subnetId", subnet(&instance.zone))
        .text("privateIpAddress", &instance.private_ip)
        .text("architecture", "x86_64")
        .text("rootDeviceName", "/dev/xvda")
        .list("tagSet", "item", [&group.name], |xml, name| {
            xml.text("key", "aws:autoscaling:groupName").text("value", name);
        });
}
