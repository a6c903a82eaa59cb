//! The instances that a request with a token launched.

use aws_sdk_ec2::types::{Filter, Instance as Ec2Instance, InstanceLifecycleType, Reservation};

use crate::cloud::aws::changes::answer::error_words;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::cloud::change::CallFailed;
use crate::cloud::launch::LaunchedInstance;

const ACTION: &str = "ec2:DescribeInstances";
/// At most this many instances are on a page.
const PAGE: i32 = 1000;

/// Returns every instance that EC2 knows of a token, the ended ones as well.
///
/// # Errors
/// With AWS's words when a page cannot be read.
pub(crate) async fn by_token(clients: &RegionClients, token: &str) -> Result<Vec<LaunchedInstance>, CallFailed> {
    let filter = Filter::builder().name("client-token").values(token).build();
    let mut pages = clients.ec2.describe_instances().filters(filter).into_paginator().page_size(PAGE).send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CallFailed(error_words(&error, ACTION)))?;
        found.extend(page.reservations().iter().flat_map(Reservation::instances).filter_map(convert));
    }
    Ok(found)
}

fn convert(instance: &Ec2Instance) -> Option<LaunchedInstance> {
    let zone = instance.placement().and_then(|placement| placement.availability_zone());
    Some(LaunchedInstance {
        id: instance.instance_id.clone()?,
        machine_type: instance.instance_type().map_or_else(String::new, |name| name.as_str().to_owned()),
        zone: zone.unwrap_or_default().to_owned(),
        spot: instance.instance_lifecycle == Some(InstanceLifecycleType::Spot),
    })
}
