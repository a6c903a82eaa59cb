//! The ids of a region's zones.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::AvailabilityZone;

use crate::snapshot::{Gap, MissingFact, Zone};

use crate::cloud::aws::error::AwsError;

const ACTION: &str = "ec2:DescribeAvailabilityZones";

/// Reads the zones of a region that the account may use, sorted by name, in one call. A failure is
/// only a gap, since only pods that select a zone by its id need the zones.
pub(crate) async fn describe(client: &Client, region: &str) -> (Vec<Zone>, Option<Gap>) {
    match client.describe_availability_zones().send().await {
        Ok(answer) => {
            let mut zones: Vec<Zone> = answer.availability_zones().iter().filter_map(|zone| convert(region, zone)).collect();
            zones.sort_by(|a, b| a.name.cmp(&b.name));
            (zones, None)
        }
        Err(error) => {
            let error = AwsError::of(ACTION, region, &error).to_string();
            (Vec::new(), Some(Gap { fact: MissingFact::ZoneIds { region: region.to_owned() }, error }))
        }
    }
}

fn convert(region: &str, zone: &AvailabilityZone) -> Option<Zone> {
    Some(Zone { region: region.to_owned(), name: zone.zone_name.clone()?, id: zone.zone_id.clone()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_told_by_name_and_id() {
        let zone = AvailabilityZone::builder().zone_name("us-west-2a").zone_id("usw2-az2");
        let expected = Zone { region: "us-west-2".into(), name: "us-west-2a".into(), id: "usw2-az2".into() };
        assert_eq!(convert("us-west-2", &zone.build()), Some(expected));
        assert_eq!(convert("us-west-2", &AvailabilityZone::builder().zone_name("us-west-2a").build()), None);
    }
}
