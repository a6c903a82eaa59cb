//! The zones of subnets, where a group has several subnets in a zone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::Filter;

use crate::snapshot::{Gap, MissingFact};

use crate::cloud::aws::error::AwsError;

const ACTION: &str = "ec2:DescribeSubnets";
/// EC2 takes at most this many values in one filter.
const BATCH: usize = 200;

/// The zone of each known subnet, by the subnet's id.
pub(crate) type ZonesOfSubnets = BTreeMap<String, String>;

/// Reads the zones of subnets; makes no call when there is none. It filters by id, since EC2 then
/// answers with those that exist. A failure is only a gap: a zone can be named without a subnet.
pub(crate) async fn zones_of(client: &Client, region: &str, subnets: &BTreeSet<String>) -> (ZonesOfSubnets, Option<Gap>) {
    let subnets: Vec<&String> = subnets.iter().collect();
    let (mut zones, mut gap) = (ZonesOfSubnets::new(), None);
    for batch in subnets.chunks(BATCH) {
        match describe_batch(client, region, batch).await {
            Ok(described) => zones.extend(described),
            Err(error) => {
                let fact = MissingFact::Subnets { region: region.to_owned() };
                gap.get_or_insert(Gap { fact, error: error.to_string() });
            }
        }
    }
    (zones, gap)
}

async fn describe_batch(client: &Client, region: &str, subnets: &[&String]) -> Result<ZonesOfSubnets, AwsError> {
    let ids = subnets.iter().map(|subnet| (*subnet).clone()).collect();
    let filter = Filter::builder().name("subnet-id").set_values(Some(ids)).build();
    let found = client.describe_subnets().filters(filter).into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let found = found.map_err(|error| AwsError::of(ACTION, region, &error))?;
    Ok(found.into_iter().filter_map(|subnet| Some((subnet.subnet_id?, subnet.availability_zone?))).collect())
}

/// Returns those of a group's subnets that share their zone with another one, by zone. The order is
/// the group's own.
pub(crate) fn shared_zones(subnets: &[String], zones: &ZonesOfSubnets) -> BTreeMap<String, Vec<String>> {
    let mut by_zone: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for subnet in subnets {
        if let Some(zone) = zones.get(subnet) {
            by_zone.entry(zone.clone()).or_default().push(subnet.clone());
        }
    }
    by_zone.retain(|_, subnets| subnets.len() > 1);
    by_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zones_with_several_subnets_are_told() {
        let own = ["subnet-3", "subnet-2", "subnet-1", "subnet-gone"].map(str::to_owned);
        let zones: ZonesOfSubnets = [("subnet-1", "a"), ("subnet-2", "b"), ("subnet-3", "a"), ("subnet-4", "b")]
            .map(|(subnet, zone)| (subnet.to_owned(), zone.to_owned()))
            .into();
        let expected = [("a".to_owned(), vec!["subnet-3".to_owned(), "subnet-1".to_owned()])];
        assert_eq!(shared_zones(&own, &zones), expected.into());
    }
}
