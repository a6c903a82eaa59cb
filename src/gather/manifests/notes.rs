//! Notes about manifests, in few lines.

use super::error::SourcePlace;
use super::typed::UnknownField;

/// At most this many objects are named; the others are counted.
const MOST_NAMED: usize = 5;

/// The notes so far.
#[derive(Debug, Default)]
pub(super) struct ManifestNotes {
    /// Objects that have no pods.
    left_out: Vec<String>,
    unknown_fields: Vec<String>,
    others: Vec<String>,
}

impl ManifestNotes {
    pub(super) fn leave_out(&mut self, object: String) {
        self.left_out.push(object);
    }

    pub(super) fn add(&mut self, line: String) {
        if !self.others.contains(&line) {
            self.others.push(line);
        }
    }

    pub(super) fn unknown_fields(&mut self, place: &SourcePlace, fields: Vec<UnknownField>) {
        self.unknown_fields.extend(fields.into_iter().map(|field| format!("{}:{}: {}", place.file, field.line, field.path)));
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.left_out.is_empty() {
            lines.push(format!("left out, since they have no pods and change none: {}", some_of(&self.left_out)));
        }
        if !self.unknown_fields.is_empty() {
            lines.push(format!("fields that Kubernetes does not know are ignored: {}", some_of(&self.unknown_fields)));
        }
        lines.extend(self.others);
        lines
    }
}

fn some_of(all: &[String]) -> String {
    let named = all.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
