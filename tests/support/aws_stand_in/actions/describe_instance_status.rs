//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Instance};
use crate::support::aws_stand_in::xml::Xml;

/// The most ids in one call.
const MOST_IDS: usize = 100;

/// Every instance of the stand-in runs and is well.
pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let ids = form::list(params, "InstanceId");
    if ids.len() > MOST_IDS {
        let message = format!("The maximum number of instance IDs is {MOST_IDS}; {} were given.", ids.len());
        return Err(Refusal::new("InvalidParameterValue", message));
    }
    let known = || account.groups_of(region).flat_map(|group| &group.instances);
    if let Some(unknown) = ids.iter().find(|id| known().all(|instance| instance.id != **id)) {
        return Err(Refusal::new("InvalidInstanceID.NotFound", format!("The instance ID '{unknown}' does not exist")));
    }
    let wanted: Vec<&Instance> = known().filter(|instance| ids.is_empty() || ids.contains(&instance.id)).collect();
    let mut xml = Xml::default();
    xml.list("instanceStatusSet", "item", wanted, |xml, instance| {
        xml.text("instanceId", &instance.id).text("availabilityZone", &instance.zone);
        xml.within("instanceState", |xml| {
            xml.text("code", 16).text("name", "running");
        });
        for summary in ["systemStatus", "instanceStatus"] {
            xml.within(summary, |xml| {
                xml.text("status", "ok");
            });
        }
    });
    Ok(xml)
}
