//! Documents as JSON: the bytes that `-o json` and `--out` write.

use serde::Serialize;

use crate::plain_text;

/// Returns pretty-printed JSON with a newline at the end. Keys come in the order of the schema,
/// lists in the order of the document.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    let mut json = Vec::new();
    plain_text::write_json(&mut json, document).expect("a document has string keys and finite numbers only");
    json.push(b'\n');
    String::from_utf8(json).expect("JSON is text")
}
