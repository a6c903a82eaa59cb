//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>

use crate::support::aws_stand_in::world::zone_id;
use crate::support::aws_stand_in::xml::Xml;

pub(super) fn answer(region: &str) -> Xml {
    // As many as an account in Oregon sees, everywhere.
    let zones = ["a", "b", "c", "d"].map(|letter| format!("{region}{letter}"));
    let mut xml = Xml::default();
    xml.list("availabilityZoneInfo", "item", &zones, |xml, zone| {
        xml.text("zoneName", zone).text("zoneId", zone_id(zone)).text("zoneState", "available").text("regionName", region);
    });
    xml
}
