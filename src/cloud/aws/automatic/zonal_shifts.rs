//! Zonal shifts: whether a group takes part in them is on the group, and whether one is active only
//! in the list of another service
//! (<https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_ListManagedResources.html>).

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{AutoScalingGroup, ImpairedZoneHealthCheckBehavior};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::cloud::aws::error::AwsError;
use crate::cloud::aws::sign_in::clients::RegionClients;
use crate::snapshot::{Group, ZonalShift, Zone};

const ACTION: &str = "arc-zonal-shift:ListManagedResources";
/// AWS puts at most this many on a page.
const PAGE: &str = "100";
/// The status of a shift that is in effect.
const APPLIED: &str = "APPLIED";

/// The ids of the zones that are given up, by the ARN of the resource.
pub(super) type Shifts = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListAnswer {
    #[serde(default)]
    items: Vec<ManagedResource>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct ManagedResource {
    arn: String,
    /// Shifts that a person began.
    zonal_shifts: Vec<ShiftAnswer>,
    /// Shifts that AWS began.
    autoshifts: Vec<ShiftAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct ShiftAnswer {
    applied_status: String,
    away_from: String,
}

/// Returns what a group states of zonal shifts, if it takes part in them.
pub(super) fn of_group(group: &AutoScalingGroup) -> Option<ZonalShift> {
    let policy = group.availability_zone_impairment_policy().filter(|policy| policy.zonal_shift_enabled() == Some(true))?;
    let behavior = policy.impaired_zone_health_check_behavior();
    let replaces_unhealthy = behavior == Some(&ImpairedZoneHealthCheckBehavior::ReplaceUnhealthy);
    Some(ZonalShift { away_from: None, replaces_unhealthy })
}

/// Reads the shifts of a region that are in effect.
pub(super) async fn describe(clients: &RegionClients) -> Result<Shifts, AwsError> {
    let client = clients.zonal_shift.client(ACTION)?;
    let (mut shifts, mut token) = (Shifts::new(), None);
    loop {
        let answer = page(clients, &client, token.as_deref()).await?;
        shifts.extend(answer.items.into_iter().filter_map(in_effect));
        token = answer.next_token;
        if token.is_none() {
            return Ok(shifts);
        }
    }
}

async fn page(clients: &RegionClients, client: &Client, token: Option<&str>) -> Result<ListAnswer, AwsError> {
    let parameters = [("maxResults", PAGE)].into_iter().chain(token.map(|token| ("nextToken", token)));
    let not_understood =
        |error: String| AwsError::Other { action: ACTION, code: "an answer that is not understood".to_owned(), message: error };
    // Only its escapes are wanted; the service's own address comes before them.
    let query = Url::parse_with_params("https://arc-zonal-shift/managedresources", parameters);
    let query = query.map_err(|error| not_understood(error.to_string()))?;
    let path = format!("{}?{}", query.path(), query.query().unwrap_or_default());
    let document: Value = clients.zonal_shift.get(client, ACTION, &path).await?;
    serde_json::from_value(document).map_err(|error| not_understood(error.to_string()))
}

fn in_effect(resource: ManagedResource) -> Option<(String, Vec<String>)> {
    let shifts = resource.zonal_shifts.into_iter().chain(resource.autoshifts);
    let zones: Vec<String> = shifts.filter(|shift| shift.applied_status == APPLIED).map(|shift| shift.away_from).collect();
    (!zones.is_empty()).then_some((resource.arn, zones))
}

/// Gives up the zones of a group from which a shift leads away. `None` where an id of a zone is not
/// known.
pub(super) fn apply(away_from: &[String], zones: &[Zone], group: &mut Group) -> Option<()> {
    let name = |id: &String| zones.iter().find(|zone| zone.id == *id).map(|zone| zone.name.clone());
    let mut given_up: Vec<String> = away_from.iter().map(name).collect::<Option<_>>()?;
    given_up.sort();
    given_up.dedup();
    group.zones.retain(|zone| !given_up.contains(zone));
    if let Some(shift) = &mut group.automatic.zonal_shift {
        shift.away_from = Some(given_up);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shifts_of_people_and_of_aws_count_while_they_are_in_effect() {
        let shift = |status: &str, zone: &str| json!({"appliedStatus": status, "awayFrom": zone});
        let answer: ListAnswer = serde_json::from_value(json!({"items": [
            {"arn": "a", "zonalShifts": [shift("APPLIED", "usw2-az1")], "autoshifts": [shift("APPLIED", "usw2-az2")]},
            {"arn": "b", "zonalShifts": [shift("NOT_APPLIED", "usw2-az1")], "appliedWeights": {"usw2-az1": 1.0}},
            {"arn": "c", "availabilityZones": ["usw2-az1"]}
        ]}))
        .expect("the answer");
        let found: Shifts = answer.items.into_iter().filter_map(in_effect).collect();
        assert_eq!(found, Shifts::from([("a".to_owned(), vec!["usw2-az1".to_owned(), "usw2-az2".to_owned()])]));
    }
}
