//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html>

use jiff::Timestamp;

use super::describe_scaling_activities::shape;
use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Activity, World, stamp};
use crate::support::aws_stand_in::xml::Xml;

pub(super) fn answer(world: &mut World, key: &str, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let id = form::text(params, "InstanceId");
    let number = world.number();
    let account = world.accounts.get_mut(key).expect("the account that calls");
    let groups = account.groups.iter_mut().filter(|((its, _), _)| its == region).map(|(_, group)| group);
    let group = groups.into_iter().find(|group| group.instances.iter().any(|instance| instance.id == id)).ok_or_else(|| {
        Refusal::validation(format!("Instance Id not found - No managed instance found for instance ID {id}"))
    })?;
    let mut shrinking = String::new();
    if form::text(params, "ShouldDecrementDesiredCapacity") == "true" {
        let (before, min) = (group.desired, group.min);
        if before <= min {
            return Err(Refusal::validation(format!(
                "Currently, desiredSize equals minSize ({min}). Terminating instance without replacement will violate group's \
                 min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size."
            )));
        }
        group.desired = before - 1;
        shrinking = format!(", shrinking the capacity from {before} to {}", group.desired);
    }
    let at = stamp(Timestamp::now());
    let cause = format!("At {at} instance {id} was taken out of service in response to a user request{shrinking}.");
    let place = group.instances.iter().position(|instance| instance.id == id).expect("it was found");
    let zone = group.instances.remove(place).zone;
    group.note(number, format!("Terminating EC2 instance: {id}"), cause, Some(&zone));
    let noted = group.activities.last().expect("it was just noted");
    // The answer is from the moment before it was done.
    let begun = Activity { status: "InProgress".to_owned(), ..noted.clone() };
    let name = group.name.clone();
    world.settle(key, region, &name, None);
    let mut xml = Xml::default();
    xml.within("Activity", |xml| shape(xml, &name, &begun));
    Ok(xml)
}
