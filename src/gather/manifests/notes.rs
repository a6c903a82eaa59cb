//! Notes about manifests, in few lines.

use super::error::SourcePlace;
use super::left_out::LeftOut;
use super::typed::UnknownField;

/// At most this many objects are named; the others are counted.
const MOST_NAMED: usize = 5;

/// The notes so far.
#[derive(Debug, Default)]
pub(super) struct ManifestNotes {
    /// Objects that have no pods.
    left_out: Vec<String>,
    templates: Vec<String>,
    unknown_kinds: Vec<String>,
    unknown_fields: Vec<String>,
    twice: Vec<String>,
    others: Vec<String>,
}

impl ManifestNotes {
    pub(super) fn leave_out(&mut self, why: &LeftOut, object: &str) {
        match why {
            LeftOut::NoPods => self.left_out.push(object.to_owned()),
            LeftOut::Template => self.templates.push(object.to_owned()),
            LeftOut::Unknown { version } => self.unknown_kinds.push(format!("{object} of {version}")),
        }
    }

    pub(super) fn add(&mut self, line: String) {
        if !self.others.contains(&line) {
            self.others.push(line);
        }
    }

    pub(super) fn unknown_fields(&mut self, place: &SourcePlace, fields: Vec<UnknownField>) {
        self.unknown_fields.extend(fields.into_iter().map(|field| placed(place, &field)));
    }

    pub(super) fn twice(&mut self, place: &SourcePlace, keys: Vec<UnknownField>) {
        self.twice.extend(keys.into_iter().map(|key| placed(place, &key)));
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, objects) in [
            ("left out, since they have no pods and change none", &self.left_out),
            ("templates, which make no pods of their own", &self.templates),
            ("of kinds that are not known here; whatever pods they have are not counted", &self.unknown_kinds),
            ("fields that Kubernetes does not know are ignored", &self.unknown_fields),
            ("keys that are written twice count as they are written last", &self.twice),
        ] {
            if !objects.is_empty() {
                lines.push(format!("{what}: {}", some_of(objects)));
            }
        }
        lines.extend(self.others);
        lines
    }
}

fn placed(place: &SourcePlace, field: &UnknownField) -> String {
    format!("{}:{}: {}", place.file, field.line, field.path)
}

fn some_of(all: &[String]) -> String {
    let named = all.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
