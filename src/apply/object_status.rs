//! The statuses of objects by which people ask for room: what became of it is written where they,
//! and the controllers that work for them, look for it.
//!
//! Only the status is written, over the version of the object that the plan saw and no other. Where
//! somebody changed it meanwhile, the next run decides anew. That a write fails ends nothing.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::buffer_status::{DueBufferStatus, due_buffer_statuses};
use crate::duration::whole_seconds;
use crate::kubernetes::call::CallError;
use crate::kubernetes::retry::fetch;
use crate::plan::{DueCondition, Plan, RequestReport, RoomFor, RoomKind};
use crate::snapshot::{ObjectName, Snapshot};
use crate::well_known::{buffers, requests};

/// How the writing of one object's status ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusWrite {
    /// The object.
    #[serde(flatten)]
    pub object: RoomFor,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: StatusOutcome,
}

/// How the writing of a status ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "status")]
pub enum StatusOutcome {
    /// It was written.
    Written,
    /// Somebody changed the object meanwhile, so that the next run decides anew.
    Changed,
    /// The object is not there any more.
    Gone,
    /// It could not be written.
    Failed {
        /// Why not.
        error: String,
    },
}

impl StatusWrite {
    /// Whether it could not be written, for no good reason.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, StatusOutcome::Failed { .. })
    }
}

impl StatusOutcome {
    /// Returns one or two words for a column.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Written => "done",
            Self::Changed | Self::Gone => "skipped",
            Self::Failed { .. } => "failed",
        }
    }
}

impl fmt::Display for StatusWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match &self.outcome {
            StatusOutcome::Written => write!(f, "wrote the status of {object}"),
            StatusOutcome::Changed => write!(f, "{object} was changed meanwhile; the next run writes its status"),
            StatusOutcome::Gone => write!(f, "{object} is not there any more"),
            StatusOutcome::Failed { error } => write!(f, "the status of {object} could not be written: {error}"),
        }
    }
}

/// A status that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueStatus {
    object: RoomFor,
    /// Where the API server has the object.
    path: String,
    /// The version of the object that the plan saw.
    resource_version: String,
    change: StatusChange,
}

/// What a status gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum StatusChange {
    /// All of its fields that are known here, as they are to be.
    Fields(Value),
    /// These conditions, beside those of others, which are read first: a snapshot keeps only those
    /// that rules read.
    Conditions(Vec<DueCondition>),
}

/// Returns the statuses that a plan changes: first those for which a queue may be waiting.
#[must_use]
pub fn due_statuses(snapshot: &Snapshot, plan: &Plan) -> Vec<DueStatus> {
    let requests = plan.requests.iter().filter(|report| !report.conditions.is_empty()).map(of_request);
    requests.chain(due_buffer_statuses(snapshot, plan).into_iter().map(of_buffer)).collect()
}

fn of_request(report: &RequestReport) -> DueStatus {
    DueStatus {
        object: RoomFor { kind: RoomKind::ProvisioningRequest, object: report.request.clone() },
        path: path(&report.api_version, &report.request, requests::PLURAL),
        resource_version: report.resource_version.clone(),
        change: StatusChange::Conditions(report.conditions.clone()),
    }
}

fn of_buffer(due: DueBufferStatus) -> DueStatus {
    let DueBufferStatus { buffer, version, resource_version, status } = due;
    let path = path(&version, &buffer, buffers::PLURAL);
    let object = RoomFor { kind: RoomKind::CapacityBuffer, object: buffer };
    DueStatus { object, path, resource_version, change: StatusChange::Fields(json!(status)) }
}

fn path(version: &str, object: &ObjectName, plural: &str) -> String {
    format!("/apis/{}/{version}/namespaces/{}/{plural}/{}", buffers::GROUP, object.namespace, object.name)
}

/// Writes statuses, one after the other. `now` returns the API server's time.
pub async fn write_statuses(
    due: &[DueStatus],
    client: &kube::Client,
    now: &(dyn Fn() -> Timestamp + Sync),
) -> Vec<StatusWrite> {
    let mut writes = Vec::new();
    for status in due {
        let outcome = match write(status, client, now()).await {
            Ok(outcome) => outcome,
            Err(error) => StatusOutcome::from(error),
        };
        let write = StatusWrite { object: status.object.clone(), outcome };
        tracing::info!("{write}");
        writes.push(write);
    }
    writes
}

impl From<CallError> for StatusOutcome {
    fn from(error: CallError) -> Self {
        match error.code() {
            Some(404) => Self::Gone,
            Some(409) => Self::Changed,
            _ => Self::Failed { error: error.to_string() },
        }
    }
}

async fn write(due: &DueStatus, client: &kube::Client, now: Timestamp) -> Result<StatusOutcome, CallError> {
    let DueStatus { path, resource_version, change, .. } = due;
    let status = match change {
        StatusChange::Fields(status) => status.clone(),
        StatusChange::Conditions(conditions) => {
            let read = http::Request::get(path).body(Vec::new()).map_err(malformed)?;
            let object: Value = fetch(client, &read).await?;
            if object["metadata"]["resourceVersion"] != json!(resource_version) {
                return Ok(StatusOutcome::Changed);
            }
            json!({ "conditions": with_conditions(&object, conditions, now) })
        }
    };
    let body = json!({ "metadata": { "resourceVersion": resource_version }, "status": status });
    let patch = http::Request::patch(format!("{path}/status?fieldManager=ec2-autoscale"))
        .header(http::header::CONTENT_TYPE, "application/merge-patch+json")
        .body(body.to_string().into_bytes());
    let _: IgnoredAny = fetch(client, &patch.map_err(malformed)?).await?;
    Ok(StatusOutcome::Written)
}

fn malformed(error: impl fmt::Display) -> CallError {
    CallError::Malformed(error.to_string())
}

/// Returns the conditions of an object with these set. Others keep their place and their words; the
/// time of one changes only when it begins or ceases to hold.
fn with_conditions(object: &Value, due: &[DueCondition], now: Timestamp) -> Vec<Value> {
    let mut conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    for DueCondition { kind, holds, reason, message } in due {
        let status = if *holds { "True" } else { "False" };
        let place = conditions.iter().position(|known| known["type"] == kind.name());
        let known = place.map(|place| &conditions[place]).filter(|known| known["status"] == status);
        let since = known.map_or_else(|| json!(whole_seconds(now)), |known| known["lastTransitionTime"].clone());
        let mut condition =
            json!({ "type": kind.name(), "status": status, "reason": reason, "message": message, "lastTransitionTime": since });
        if let Some(generation) = object["metadata"]["generation"].as_i64() {
            condition["observedGeneration"] = json!(generation);
        }
        match place {
            Some(place) => conditions[place] = condition,
            None => conditions.push(condition),
        }
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RequestConditionKind;

    fn due(kind: RequestConditionKind, holds: bool, message: &str) -> DueCondition {
        DueCondition { kind, holds, reason: "R".into(), message: message.into() }
    }

    #[test]
    fn a_condition_keeps_its_time_until_it_begins_or_ceases_to_hold() {
        let theirs = json!({ "type": "Theirs", "status": "True" });
        let waits = json!({ "type": "Provisioned", "status": "False", "lastTransitionTime": "2026-11-22T10:00:00Z" });
        let object = json!({ "metadata": { "generation": 1 }, "status": { "conditions": [theirs, waits] } });
        let now = "2026-11-22T10:05:00.25Z".parse().expect("a time");
        for (holds, since) in [(false, "2026-11-22T10:00:00Z"), (true, "2026-11-22T10:05:00Z")] {
            let conditions = with_conditions(&object, &[due(RequestConditionKind::Provisioned, holds, "new words")], now);
            assert_eq!((conditions.len(), &conditions[0]), (2, &theirs));
            assert_eq!(conditions[1]["lastTransitionTime"], since);
            assert_eq!((&conditions[1]["message"], &conditions[1]["observedGeneration"]), (&json!("new words"), &json!(1)));
        }
    }

    #[test]
    fn a_first_condition_needs_no_status_before() {
        let now = "2026-11-22T10:05:00Z".parse().expect("a time");
        let conditions = with_conditions(&json!({ "metadata": {} }), &[due(RequestConditionKind::Accepted, true, "m")], now);
        assert_eq!(
            conditions,
            [json!({ "type": "Accepted", "status": "True", "reason": "R", "message": "m",
                "lastTransitionTime": "2026-11-22T10:05:00Z" })]
        );
    }
}
