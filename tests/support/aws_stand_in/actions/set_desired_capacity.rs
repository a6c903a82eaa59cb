//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::World;
use crate::support::aws_stand_in::xml::Xml;

pub(super) fn answer(world: &mut World, key: &str, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let name = form::text(params, "AutoScalingGroupName");
    let account = world.accounts.get_mut(key).expect("the account that calls");
    let group = account.group(region, name)?;
    let wanted: u32 = form::text(params, "DesiredCapacity").parse().map_err(|_| Refusal::validation("DesiredCapacity"))?;
    let beyond = |side: &str, bound: u32| {
        let message = format!("New SetDesiredCapacity value {wanted} is {side} value {bound} for the AutoScalingGroup.");
        Err(Refusal::validation(message))
    };
    match () {
        () if wanted > group.max => return beyond("above max", group.max),
        () if wanted < group.min => return beyond("below min", group.min),
        () => {}
    }
    let before = std::mem::replace(&mut group.desired, wanted);
    let reason =
        format!("a user request explicitly set group desired capacity changing the desired capacity from {before} to {wanted}");
    world.settle(key, region, name, Some(&reason));
    Ok(Xml::default())
}
