//! The desired capacity of a group.

use super::answer::{answer, sent_once};
use crate::cloud::aws::sign_in::clients::AwsClients;
use crate::cloud::change::ChangeAnswer;
use crate::snapshot::GroupId;

/// Asks for a desired capacity, once.
pub(crate) async fn set_desired(clients: &AwsClients, group: &GroupId, desired: i64) -> ChangeAnswer {
    let clients = match clients.of(&group.region) {
        Ok(clients) => clients,
        Err(error) => return ChangeAnswer::Refused(error.to_string()),
    };
    let Ok(desired) = i32::try_from(desired) else {
        return ChangeAnswer::Refused(format!("{desired} is beyond what AWS counts"));
    };
    let request = clients.autoscaling.set_desired_capacity().auto_scaling_group_name(&group.name);
    let request = request.desired_capacity(desired).honor_cooldown(false);
    answer(request.customize().config_override(sent_once()).send().await, "autoscaling:SetDesiredCapacity")
}
