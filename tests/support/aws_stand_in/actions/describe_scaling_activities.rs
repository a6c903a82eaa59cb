//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::support::aws_stand_in::form::{self, Filters, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::world::{Account, Activity, Group, stamp, subnet};
use crate::support::aws_stand_in::xml::Xml;

const PAGE: usize = 100;

pub(super) fn answer(account: &Account, region: &str, params: &Params) -> Result<Xml, Refusal> {
    let name = form::text(params, "AutoScalingGroupName");
    let most = form::max_records(params, PAGE)?;
    let groups: Vec<&Group> = account.groups_of(region).filter(|group| name.is_empty() || group.name == name).collect();
    if groups.is_empty() && !name.is_empty() {
        return Err(Refusal::no_group(name));
    }
    let filters = form::filters(params, "Filters.member", "Values.member");
    let mut found: Vec<(&Group, &Activity)> = Vec::new();
    for group in groups {
        found.extend(group.activities.iter().filter(|it| passes(it, &filters)).map(|activity| (group, activity)));
    }
    // "Activities are sorted by start time. Activities still in progress are described first."
    found.sort_by_key(|(_, it)| (is_over(it), Reverse((it.start, it.id.clone()))));
    let (page, next) = form::page(&found, params, most, form::invalid_next_token)?;
    let mut xml = Xml::default();
    xml.list("Activities", "member", page, |xml, (group, activity)| shape(xml, &group.name, activity)).maybe("NextToken", next);
    Ok(xml)
}

fn is_over(activity: &Activity) -> bool {
    ["Successful", "Failed", "Cancelled"].contains(&activity.status.as_str())
}

fn passes(activity: &Activity, filters: &Filters) -> bool {
    filters.iter().all(|(name, values)| {
        let bound: Option<Timestamp> = values.first().and_then(|value| value.parse().ok());
        match name.as_str() {
            "Status" => values.contains(&activity.status),
            "StartTimeLowerBound" => bound.is_some_and(|bound| activity.start >= bound),
            "StartTimeUpperBound" => bound.is_some_and(|bound| activity.start <= bound),
            _ => false,
        }
    })
}

/// An activity as it is listed, and as a termination answers with it.
pub(super) fn shape(xml: &mut Xml, group: &str, activity: &Activity) {
    let details = |zone: &String| format!(r#"{{"Subnet ID":"{}","Availability Zone":"{zone}"}}"#, subnet(zone));
    xml.text("ActivityId", &activity.id)
        .text("AutoScalingGroupName", group)
        .text("Description", &activity.description)
        .text("Cause", &activity.cause)
        .text("StartTime", stamp(activity.start))
        .text("StatusCode", &activity.status)
        .maybe("StatusMessage", activity.message.as_ref())
        .text("Progress", if is_over(activity) { 100 } else { 30 })
        .text("Details", activity.zone.as_ref().map_or_else(|| "{}".to_owned(), details));
    if is_over(activity) {
        xml.text("EndTime", stamp(activity.start));
    }
}
