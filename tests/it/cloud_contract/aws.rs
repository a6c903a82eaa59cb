//! An Auto Scaling Group on the emulator.

use ec2_autoscale::cloud::Cloud;
use ec2_autoscale::cloud::aws::AwsClients;

use super::{GROUP, GroupSize, GroupWorld, NextRequest, Overlap, read};
use crate::apply::sdk_config;
use crate::support::aws::{Account, AwsServer, Fault, LaunchDelay, LaunchFailure};

const REGION: &str = "us-west-2";

/// An account with one group.
pub(super) struct AwsGroup {
    account: Account,
    cloud: Cloud,
}

impl GroupWorld for AwsGroup {
    const ABOVE_MAX: &str = "New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.";
    const PERMISSION: &str = "(needs autoscaling:SetDesiredCapacity)";
    const NO_ROOM: &str = "We currently do not have sufficient m5.large capacity";
    const OVERLAP: Overlap = Overlap::KeepsApart;

    async fn start(size: GroupSize) -> Self {
        let account = AwsServer::account();
        account.group(GROUP).min(size.min).max(size.max).desired(size.machines).create();
        let cloud = Cloud::Aws(AwsClients::new(vec![REGION.to_owned()], &sdk_config(&account).await));
        read(&cloud).await;
        Self { account, cloud }
    }

    fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    fn region(&self) -> &str {
        REGION
    }

    fn machines(&self) -> Vec<String> {
        let instances = self.account.group_state(REGION, GROUP).instances.into_iter();
        instances.filter(|it| !it.lifecycle_state.starts_with("Terminat")).map(|it| it.id).collect()
    }

    fn provider_id(&self, machine: &str) -> String {
        self.account.register_spec(machine).provider_id()
    }

    fn requests(&self) -> usize {
        self.account.mutations().len()
    }

    fn next_request(&self, fate: NextRequest) {
        for action in ["SetDesiredCapacity", "TerminateInstanceInAutoScalingGroup"] {
            let fault = Fault::on(action).times(1);
            self.account.fault(&match fate {
                NextRequest::LostBefore => fault.cut_before_change(),
                NextRequest::LostAfter => fault.cut_after_change(),
                NextRequest::Throttled => fault.code("Throttling").message("Rate exceeded"),
                NextRequest::Forbidden => fault.status(403).code("AccessDenied").message("User: a is not authorized"),
            });
        }
    }

    fn set_limits(&self, min: u32, max: u32) {
        self.account.set_bounds(REGION, GROUP, min, max);
    }

    fn fill_up(&self) {
        self.account.fail_launches(&LaunchFailure::code("InsufficientInstanceCapacity"));
    }

    fn slow_down(&self) {
        self.account.launch_delay(LaunchDelay::Pending);
        self.account.hold_terminations();
    }

    fn settle(&self) {
        self.account.release_launches();
        self.account.release_terminations();
    }

    fn end_by_hand(&self, machine: &str) {
        self.account.lose_instance(machine);
    }

    async fn delete(&self) {
        let client = aws_sdk_autoscaling::Client::new(&sdk_config(&self.account).await);
        let deletion = client.delete_auto_scaling_group().auto_scaling_group_name(GROUP).force_delete(true);
        deletion.send().await.expect("a deletion");
    }
}
