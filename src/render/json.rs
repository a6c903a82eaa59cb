//! Documents as JSON: the bytes that `-o json` and `--out` write.

use serde::Serialize;

/// Pretty-printed JSON with a newline at the end. Keys come in the order of the schema, lists in the order of the document.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a document has string keys and finite numbers only");
    text.push('\n');
    text
}
