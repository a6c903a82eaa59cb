//! The plan as JSON: the bytes that `-o json` and `--out` write.

use crate::plan::Plan;

/// Pretty-printed JSON with a newline at the end. Keys come in the order of the schema, lists in the order of the plan.
#[must_use]
pub fn json(plan: &Plan) -> String {
    let mut text = serde_json::to_string_pretty(plan).expect("a plan has string keys and finite numbers only");
    text.push('\n');
    text
}
