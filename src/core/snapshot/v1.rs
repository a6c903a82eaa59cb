//! Snapshots of the format v1, in which groups have the terms of Auto Scaling.
//!
//! The differences: `suspended` and `being_deleted` became what a group cannot do;
//! `rebalances_zones` follows from them and from the zones; `protects_new_instances` is
//! `launches_protected`, and `spot.lowest_price` is `lowest_spot_price`; `launch_configuration` and
//! `spot.waiting` became advice, in the words that plans had for it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Advice, AdviceCode, Cannot, GroupId, Hindrance, UsdPerHour};
use crate::duration::Seconds;
use crate::json_document;

/// The name of the format.
pub const SCHEMA_V1: &str = "ec2-autoscale/snapshot/v1";

/// The JSON Schema of the format, as the last version that wrote it printed it, without the
/// descriptions.
pub const JSON_SCHEMA_V1: &str = include_str!("v1.schema.json");

/// The fields of a group that later formats do not have.
const OLD_FIELDS: [&str; 5] = ["suspended", "being_deleted", "launch_configuration", "protects_new_instances", "spot"];

/// The fields of a group of v1 that are converted.
#[derive(Deserialize)]
struct OldGroup {
    id: GroupId,
    #[serde(default)]
    zones: Vec<String>,
    #[serde(default)]
    suspended: Vec<Process>,
    #[serde(default)]
    being_deleted: bool,
    #[serde(default)]
    launch_configuration: bool,
    #[serde(default)]
    protects_new_instances: bool,
    #[serde(default)]
    spot: OldSpot,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OldSpot {
    #[serde(default)]
    lowest_price: Option<Value>,
    #[serde(default)]
    waiting: Vec<OldRequest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OldRequest {
    id: String,
    since: Timestamp,
    status: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Process {
    Launch,
    Terminate,
    AzRebalance,
    ReplaceUnhealthy,
    HealthCheck,
}

impl Process {
    /// Returns its name, and what does not happen while it is suspended. Rebalancing has no name: a
    /// group reports what it does instead.
    fn lint(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Launch => Some(("Launch", "the group cannot grow")),
            Self::Terminate => Some(("Terminate", "its nodes cannot go")),
            Self::AzRebalance => None,
            Self::ReplaceUnhealthy => Some(("ReplaceUnhealthy", "broken instances are not replaced")),
            Self::HealthCheck => Some(("HealthCheck", "AWS does not notice broken instances")),
        }
    }
}

/// Returns a document of v1 as one of this version's format.
///
/// # Errors
/// When what is converted is not as v1 has it.
pub(super) fn upgraded(mut document: Value) -> serde_json::Result<Value> {
    document["schema"] = super::SCHEMA.into();
    document.get_mut("groups").map_or(Ok(()), upgrade_groups)?;
    Ok(document)
}

/// Turns the groups of v1 into those of this version's format.
fn upgrade_groups(groups: &mut Value) -> serde_json::Result<()> {
    for group in groups.as_array_mut().into_iter().flatten() {
        let Value::Object(fields) = group else { continue };
        upgrade_group(fields)?;
    }
    Ok(())
}

fn upgrade_group(fields: &mut Map<String, Value>) -> serde_json::Result<()> {
    let mut old: OldGroup = json_document::from_value(&Value::Object(fields.clone()))?;
    old.suspended.sort_unstable();
    for field in OLD_FIELDS {
        fields.remove(field);
    }
    let advice = advice(&old);
    fields.insert("cannot".into(), serde_json::to_value(cannot(&old))?);
    fields.insert("rebalances_zones".into(), rebalances_zones(&old).into());
    fields.insert("launches_protected".into(), old.protects_new_instances.into());
    fields.insert("advice".into(), serde_json::to_value(advice)?);
    let lowest = old.spot.lowest_price.filter(|lowest| is_price(&lowest["price"]));
    fields.extend(lowest.map(|lowest| ("lowest_spot_price".to_owned(), lowest)));
    if let Some(Value::Object(purchase)) = fields.get_mut("purchase") {
        purchase.retain(|name, value| name != "max_price" || is_price(value));
    }
    Ok(())
}

/// Whether a value may be read as a price. A text that is no price was kept in v1 and never
/// compared.
fn is_price(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.parse::<UsdPerHour>().is_ok())
}

fn cannot(group: &OldGroup) -> Cannot {
    let hindrance = |process: Process, name: &str| match group.being_deleted {
        true => Some(Hindrance::BeingDeleted),
        false => group.suspended.contains(&process).then(|| Hindrance::suspended(name)),
    };
    Cannot::launch_or_remove(hindrance(Process::Launch, "Launch"), hindrance(Process::Terminate, "Terminate"))
}

fn rebalances_zones(group: &OldGroup) -> bool {
    group.zones.len() > 1 && !group.suspended.contains(&Process::AzRebalance)
}

fn advice(old: &OldGroup) -> Vec<Advice> {
    /// How long the old kind of spot request may wait before it is reported.
    const PATIENCE: Seconds = Seconds::minutes(5);
    let group = &old.id;
    let unprotected = (rebalances_zones(old) && !old.protects_new_instances).then(|| {
        let words =
            "AWS may terminate busy nodes to even the zones out; protect new instances from scale-in or suspend AZRebalance";
        Advice::new(AdviceCode::Unprotected, format!("{group}: {words}"))
    });
    let launch_configuration = old.launch_configuration.then(|| {
        let words = "launches by a launch configuration, which AWS does not develop any more; give it a launch template";
        Advice::new(AdviceCode::LaunchConfiguration, format!("{group} {words}"))
    });
    let suspended = old.suspended.iter().filter_map(|process| process.lint()).map(|(name, loss)| {
        let words = format!("the process {name} is suspended, so {loss}; resume it with aws autoscaling resume-processes");
        Advice::new(AdviceCode::ProcessSuspended, format!("{group}: {words}"))
    });
    let waiting = old.spot.waiting.iter().map(|OldRequest { id, since, status }| Advice {
        code: AdviceCode::SpotRequestWaits,
        message: format!(
            "{group}: spot request {id} waits since {}: {status}; cancel it with aws ec2 cancel-spot-instance-requests --region {} \
             --spot-instance-request-ids {id}",
            since.strftime("%F %H:%M UTC"),
            group.region
        ),
        after: Some(PATIENCE.after(*since)),
    });
    unprotected.into_iter().chain(launch_configuration).chain(suspended).chain(waiting).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn upgraded_group(old: &Value) -> Value {
        let mut group = json!({"id": {"region": "us-west-2", "name": "g"}, "zones": ["a", "b"]});
        group.as_object_mut().expect("an object").extend(old.as_object().expect("an object").clone());
        let document = upgraded(json!({"schema": SCHEMA_V1, "groups": [group]})).expect("a document of v1");
        assert_eq!(document["schema"], super::super::SCHEMA);
        document["groups"][0].clone()
    }

    fn codes(group: &Value) -> Vec<&str> {
        group["advice"].as_array().expect("a list").iter().filter_map(|advice| advice["code"].as_str()).collect()
    }

    #[test]
    fn switches_become_what_a_group_cannot_do() {
        let group = upgraded_group(&json!({"suspended": ["terminate", "az-rebalance"], "protects_new_instances": true}));
        let suspended = json!({"because": "suspended", "process": "Terminate"});
        assert_eq!(group["cannot"], json!({"remove": suspended, "replace": suspended}));
        assert_eq!((&group["rebalances_zones"], &group["launches_protected"]), (&json!(false), &json!(true)));
        assert_eq!(codes(&group), ["process-suspended"]);
        let deleted = upgraded_group(&json!({"suspended": ["launch"], "being_deleted": true}));
        let because = json!({"because": "being-deleted"});
        assert_eq!(deleted["cannot"], json!({"launch": because, "remove": because, "replace": because}));
        assert!(OLD_FIELDS.iter().all(|field| deleted.get(*field).is_none()));
    }

    #[test]
    fn lints_become_advice_in_their_order() {
        let waiting = json!([{"id": "sir-1", "since": "2026-11-22T11:00:00Z", "status": "price too low"}]);
        let lowest = json!({"price": "0.04", "machine_type": "m5.large", "zone": "a"});
        let group = upgraded_group(&json!({
            "suspended": ["health-check", "launch"], "launch_configuration": true,
            "spot": {"lowest_price": lowest, "waiting": waiting},
        }));
        let all = ["unprotected", "launch-configuration", "process-suspended", "process-suspended", "spot-request-waits"];
        assert_eq!(codes(&group), all);
        assert_eq!(group["lowest_spot_price"], lowest);
        assert_eq!(group["advice"][4]["after"], "2026-11-22T11:05:00Z");
        assert_eq!(
            group["advice"][4]["message"],
            "g (us-west-2): spot request sir-1 waits since 2026-11-22 11:00 UTC: price too low; cancel it with aws ec2 \
             cancel-spot-instance-requests --region us-west-2 --spot-instance-request-ids sir-1"
        );
    }

    #[test]
    fn a_text_that_is_no_price_is_left_out() {
        let priced = |max_price: &str, lowest: &str| {
            upgraded_group(&json!({
                "purchase": {"kind": "spot", "max_price": max_price},
                "spot": {"lowest_price": {"price": lowest, "machine_type": "m5.large", "zone": "a"}},
            }))
        };
        let kept = priced("0.050000", "0.04");
        assert_eq!((&kept["purchase"]["max_price"], &kept["lowest_spot_price"]["price"]), (&json!("0.050000"), &json!("0.04")));
        let left_out = priced("", "much");
        assert_eq!((&left_out["purchase"], left_out.get("lowest_spot_price")), (&json!({"kind": "spot"}), None));
    }

    #[test]
    fn what_v1_did_not_allow_is_refused() {
        for (field, value) in [("suspended", json!(["sleep"])), ("being_deleted", json!("yes")), ("spot", json!({"x": 1}))] {
            let mut group = json!({"id": {"region": "us-west-2", "name": "g"}});
            group[field] = value;
            assert!(upgraded(json!({"schema": SCHEMA_V1, "groups": [group]})).is_err(), "{field}");
        }
    }
}
