//! Documents as JSON: the bytes that `-o json` and `--out` write.

use std::io;

use serde::Serialize;

use crate::plain_text;

/// Returns indented JSON with a newline at the end. Keys come in the order of the schema, lists in
/// the order of the document.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    let mut json = Vec::new();
    write_json(&mut json, document).expect("memory takes everything");
    String::from_utf8(json).expect("JSON is text")
}

/// Writes the same without holding it: a plan for a large cluster has tens of megabytes.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_json(out: &mut dyn io::Write, document: &impl Serialize) -> io::Result<()> {
    plain_text::write_json(out, document)?;
    out.write_all(b"\n")
}
