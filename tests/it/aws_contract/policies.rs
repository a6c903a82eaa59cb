//! Scaling policies.
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribePolicies.html>

use aws_sdk_autoscaling::types::PredictiveScalingMode;
use serde_json::json;

use super::{GROUP, REGION, autoscaling, code_and_message};
use crate::support::aws::AwsServer;

/// "At most 100 on a page", of all groups where none is named.
#[tokio::test]
async fn aws_lists_the_policies_of_all_groups_page_by_page() {
    let aws = AwsServer::account();
    let forecast = json!({"MetricSpecifications": [], "Mode": "ForecastOnly"});
    for (group, name, policy) in [
        (GROUP, "cpu", json!({"PolicyType": "TargetTrackingScaling"})),
        ("web-b", "off", json!({"PolicyType": "StepScaling", "Enabled": false})),
        ("web-b", "daily", json!({"PolicyType": "PredictiveScaling", "PredictiveScalingConfiguration": forecast})),
    ] {
        aws.scaling_policy(REGION, group, name, &policy);
    }
    aws.short_pages(2);
    let client = autoscaling(&aws).await;
    let first = client.describe_policies().max_records(100).send().await.expect("the first page");
    let token = first.next_token().expect("token of the next page");
    let rest = client.describe_policies().next_token(token).send().await.expect("the second page");
    assert_eq!(rest.next_token(), None);
    let all: Vec<_> = first.scaling_policies().iter().chain(rest.scaling_policies()).collect();
    let shown: Vec<_> = all.iter().map(|it| (it.policy_name(), it.policy_type(), it.enabled())).collect();
    let expected = [
        (Some("cpu"), Some("TargetTrackingScaling"), Some(true)),
        (Some("off"), Some("StepScaling"), Some(false)),
        (Some("daily"), Some("PredictiveScaling"), Some(true)),
    ];
    assert_eq!(shown, expected);
    let mode = all[2].predictive_scaling_configuration().and_then(|configuration| configuration.mode());
    assert_eq!(mode, Some(&PredictiveScalingMode::ForecastOnly));
    let error = client.describe_policies().max_records(101).send().await;
    assert_eq!(code_and_message(&error.expect_err("refusal")).0, "ValidationError");
}
