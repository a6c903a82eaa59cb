//! DescribeSpotPriceHistory and old-style spot requests.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html>
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotInstanceRequests.html>

use aws_sdk_ec2::types::{CancelSpotInstanceRequestState, InstanceType, SpotInstanceState};

use super::{GROUP, REGION, ec2};
use crate::support::aws::{AwsServer, SpotRequest};

#[tokio::test]
async fn aws_spot_prices_are_those_that_were_put_there() {
    let aws = AwsServer::account();
    let noon: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().expect("time");
    aws.spot_price("us-west-2a", "m5.large", "0.0350", noon);
    aws.spot_price("us-west-2a", "m5.xlarge", "0.0700", noon);
    aws.spot_price("us-east-1a", "m5.large", "0.0200", noon);
    let asked = ec2(&aws).await.describe_spot_price_history().instance_types(InstanceType::M5Large);
    let answer = asked.send().await.expect("prices");
    let prices: Vec<_> = answer.spot_price_history().iter().map(|it| (it.availability_zone(), it.spot_price())).collect();
    assert_eq!(prices, [(Some("us-west-2a"), Some("0.0350"))]);
}

#[tokio::test]
async fn aws_spot_requests_wait_until_they_are_cancelled() {
    let aws = AwsServer::account();
    aws.group(GROUP).launch_configuration("m5.large").spot_price("0.03").create();
    let id = aws.spot_request(&SpotRequest {
        group: GROUP,
        region: REGION,
        zone: "us-west-2a",
        instance_type: "m5.large",
        price: "0.03",
        code: "capacity-not-available",
        message: "There is no Spot capacity available that matches your request.",
        at: "2026-11-21T12:00:00Z".parse().expect("time"),
    });
    let client = ec2(&aws).await;
    let answer = client.describe_spot_instance_requests().send().await.expect("requests");
    let request = &answer.spot_instance_requests()[0];
    assert_eq!(request.spot_instance_request_id(), Some(id.as_str()));
    assert_eq!(request.state(), Some(&SpotInstanceState::Open));
    let status = request.status().and_then(|it| it.code());
    assert_eq!(status, Some("capacity-not-available"));

    let cancelled = client.cancel_spot_instance_requests().spot_instance_request_ids(&id).send().await;
    let cancelled = cancelled.expect("cancellation");
    let state = cancelled.cancelled_spot_instance_requests()[0].state();
    assert_eq!(state, Some(&CancelSpotInstanceRequestState::Cancelled));
    let answer = client.describe_spot_instance_requests().spot_instance_request_ids(&id).send().await;
    let answer = answer.expect("requests");
    assert_eq!(answer.spot_instance_requests()[0].state(), Some(&SpotInstanceState::Cancelled));
}
