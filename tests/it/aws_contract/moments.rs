//! The ability of the emulator to stand still for a test, which no AWS has.

use super::{GROUP, REGION, autoscaling, described, set_desired};
use crate::support::aws::{AwsServer, Moment};

#[tokio::test]
async fn aws_call_waits_for_what_happens_right_before_it() {
    let aws = AwsServer::account();
    aws.group(GROUP).create();
    aws.group("other").create();
    let client = autoscaling(&aws).await;
    let person = aws.handle();
    let second = Moment::before("DescribeAutoScalingGroups").with_param("AutoScalingGroupNames.member.1", GROUP).number(2);
    aws.before(&second.region(REGION), move || person.set_desired(REGION, GROUP, 3));
    described(&client, "other").await;
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(0));
    assert_eq!(described(&client, GROUP).await.desired_capacity, Some(3));
    assert!(aws.mutations().is_empty(), "somebody else did it");
    set_desired(&client, GROUP, 4).await;
    assert_eq!(aws.group_state(REGION, GROUP).count("InService"), 4);
}
