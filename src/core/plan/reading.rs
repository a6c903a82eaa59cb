//! Reads a plan from a file. It is carried out later, so nothing of it may be guessed.

use serde::Deserialize;
use serde_json::Value;

use super::document::{Plan, SCHEMA};
use super::v1::{self, SCHEMA_V1};
use crate::json_document;

/// Why a text is not a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON, or a field is missing or of another form.
    #[error("not a plan: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has another format, perhaps that of another version of this program.
    #[error("its format is {found:?}, and this version carries out {SCHEMA:?} and {SCHEMA_V1:?} only")]
    OtherSchema {
        /// The name of its format.
        found: String,
    },
    /// It states something that this version would not do, perhaps of a newer one.
    #[error("this version does not know its field {field}")]
    UnknownField {
        /// The place, such as `actions[2].force`.
        field: String,
    },
}

impl Plan {
    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// When the text is not JSON of this format or of v1, or has anything in it that this version
    /// does not know.
    pub fn from_json(text: &[u8]) -> Result<Self, PlanError> {
        /// The field that names the format of the rest.
        #[derive(Deserialize)]
        struct Format {
            schema: String,
        }
        let format: Format = json_document::from_text(text)?;
        let (plan, document): (Self, Value) = match format.schema.as_str() {
            // It is read twice from the text, so that an error of the form has its line.
            SCHEMA => (json_document::from_text(text)?, json_document::from_text(text)?),
            SCHEMA_V1 => {
                let document = v1::upgraded(json_document::from_text(text)?);
                (json_document::from_value(&document)?, document)
            }
            _ => return Err(PlanError::OtherSchema { found: format.schema }),
        };
        match unknown_field(&document, &json_document::from_text(&serde_json::to_vec(&plan)?)?) {
            Some(field) => Err(PlanError::UnknownField { field }),
            None => Ok(plan),
        }
    }
}

/// Returns the first field of a document that is not among what was read of it.
fn unknown_field(document: &Value, read: &Value) -> Option<String> {
    match (document, read) {
        (Value::Object(document), Value::Object(read)) => {
            document.iter().filter(|(_, value)| !is_empty_value(value)).find_map(|(name, value)| match read.get(name) {
                None => Some(name.clone()),
                Some(read) => unknown_field(value, read).map(|field| joined(name, &field)),
            })
        }
        (Value::Array(document), Value::Array(read)) => {
            let mut items = document.iter().zip(read).enumerate();
            items.find_map(|(position, (value, read))| Some(joined(&format!("[{position}]"), &unknown_field(value, read)?)))
        }
        _ => None,
    }
}

/// Whether a value is one that is left out when a plan is written.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty_value),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn joined(name: &str, rest: &str) -> String {
    if rest.starts_with('[') { format!("{name}{rest}") } else { format!("{name}.{rest}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{ClusterIdentity, Snapshot};

    fn document() -> Value {
        let snapshot = Snapshot::empty(ClusterIdentity::default(), jiff::Timestamp::UNIX_EPOCH);
        serde_json::to_value(plan(&snapshot, &Policy::default())).expect("a plan is plain data")
    }

    fn read(document: &Value) -> Result<Plan, String> {
        Plan::from_json(document.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    fn with(path: &str, value: Value) -> String {
        let mut document = document();
        *document.pointer_mut(path).expect("a field") = value;
        read(&document).expect_err("not as this version writes it")
    }

    #[test]
    fn what_was_written_is_read() {
        let mut written = document();
        assert!(read(&written).is_ok());
        written["replay"] = Value::Null;
        written["looked_at"] = json!({"group_tags": [], "groups": [], "spot_prices": false});
        assert!(read(&written).is_ok(), "it is left out when a plan is written");
    }

    #[test]
    fn what_this_version_does_not_know_is_refused_by_name() {
        let group = json!({"action": "revert-desired", "group": {"region": "r", "name": "g"}, "from": 3, "to": 2,
            "failed_at": "1970-01-01T00:00:00Z", "message": "", "gently": true});
        assert_eq!(with("/actions", json!([group])), "this version does not know its field actions[0].gently");
        let summary = json!({"groups_changed": 0, "nodes_added": 0, "nodes_removed": 0, "nodes_cordoned": 0,
            "nodes_uncordoned": 0, "pods_helped": 0, "pods_waiting": 0, "pods_unhelped": 0, "complete": true, "mood": "good"});
        assert_eq!(with("/summary", summary), "this version does not know its field summary.mood");
        assert!(with("/actions", json!([{"action": "reboot"}])).contains("reboot"));
        assert!(with("/policy/seed", json!("x")).starts_with("not a plan: "));
        assert!(with("/schema", json!("ec2-autoscale/plan/v3")).contains("\"ec2-autoscale/plan/v3\""));
        assert!(read(&json!({"plan": document()})).is_err_and(|error| error.contains("missing field `schema`")));
    }
}
