//! Pages are as long as AWS likes.
//!
//! "The maximum number of items to return" (MaxRecords, MaxResults) is a maximum: a page may hold
//! fewer and still have a token.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>

use super::{GROUP, autoscaling, ec2};
use crate::support::aws::AwsServer;

#[tokio::test]
async fn aws_pages_can_be_shorter_than_asked_for() {
    let aws = AwsServer::account();
    for name in ["web-b", "web-c"] {
        aws.group(name).create();
    }
    aws.group(GROUP).desired(5).create();
    aws.short_pages(2);

    let client = autoscaling(&aws).await;
    let mut pages = client.describe_auto_scaling_groups().into_paginator().page_size(100).send();
    let mut lengths = Vec::new();
    while let Some(page) = pages.next().await {
        lengths.push(page.expect("page of groups").auto_scaling_groups().len());
    }
    assert_eq!(lengths, [2, 1]);

    let mut pages = client.describe_scaling_activities().auto_scaling_group_name(GROUP).into_paginator().page_size(100).send();
    let mut lengths = Vec::new();
    while let Some(page) = pages.next().await {
        lengths.push(page.expect("page of activities").activities().len());
    }
    assert_eq!(lengths, [2, 2, 1]);

    let mut pages = ec2(&aws).await.describe_instances().into_paginator().page_size(1000).send();
    let mut lengths = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("page of instances");
        lengths.push(page.reservations().iter().map(|it| it.instances().len()).sum::<usize>());
    }
    assert_eq!(lengths, [2, 2, 1]);
}
