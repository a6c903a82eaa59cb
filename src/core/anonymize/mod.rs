//! A snapshot without the names of its cluster, of which the same plan is made up to names.
//!
//! What a text of a snapshot is follows from the schema of the document: enumerations, times and
//! amounts stay, and every other text is a name unless `fields` lists it as something else, so that
//! a field nobody thought of is hidden. Equal texts get equal pseudonyms, wherever they stand, and
//! pseudonyms have the order of the names, so that the planner decides ties alike. Sentences keep
//! the words of a fixed vocabulary alone.
//!
//! The order of names is all that pseudonyms show of them. The expander `random` draws by names,
//! and so draws otherwise.

mod compounds;
mod expressions;
mod fields;
mod form;
mod labels;
mod pseudonyms;
mod sentence;
mod texts;
mod walk;

use std::collections::BTreeMap;

use schemars::schema_for;

use crate::json_document;
use crate::snapshot::Snapshot;
use texts::Texts;
use walk::SchemaWalk;

/// Stands for the specification of pods that are not there any more.
const OF_OTHER_PODS: &str = "0000000000000000";

/// An anonymised snapshot, and what was replaced.
#[derive(Debug, Clone)]
pub struct Anonymized {
    /// The snapshot under other names.
    pub snapshot: Snapshot,
    /// What stands in place of each text: of names, and of whole sentences.
    pub names: BTreeMap<String, String>,
}

/// Returns the same snapshot under other names.
///
/// # Errors
/// When the result is no snapshot any more, which is a mistake in the rules of this folder.
pub fn anonymized(original: &Snapshot) -> Result<Anonymized, serde_json::Error> {
    let schema = schema_for!(Snapshot).to_value();
    let walk = SchemaWalk::new(&schema, labels::compared_as_numbers(original));
    let mut text = Vec::new();
    original.write_json(&mut text)?;
    let mut document = json_document::from_text(&text)?;
    let mut texts = Texts::new(compounds::compounds(original));
    walk.visit(&mut document, &mut |kind, text| texts.add(kind, text));
    let mut renamed = texts.renamed();
    walk.visit(&mut document, &mut |kind, text| *text = renamed.text(kind, text));
    let mut snapshot: Snapshot = json_document::from_value(&document)?;
    let mut names = renamed.into_replaced();
    rename_fingerprints(original, &mut snapshot, &mut names);
    snapshot.lay_names_together();
    Ok(Anonymized { snapshot, names })
}

/// Gives the notes on nodes that helped nobody the fingerprints that their pods have now.
fn rename_fingerprints(original: &Snapshot, snapshot: &mut Snapshot, names: &mut BTreeMap<String, String>) {
    let of_specs = original.pod_specs.values().zip(snapshot.pod_specs.values());
    names.extend(of_specs.map(|(old, new)| (old.fingerprint(), new.fingerprint())));
    for pod in snapshot.fruitless_notes.iter_mut().flat_map(|note| &mut note.pods) {
        *pod = names.get(pod).map_or(OF_OTHER_PODS, String::as_str).to_owned();
    }
}
