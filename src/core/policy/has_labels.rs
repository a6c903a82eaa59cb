//! Whether something has the labels that a policy file names.

use std::collections::BTreeMap;

use crate::snapshot::Labels;

/// Whether labels have all these values.
pub(super) fn has_labels(labels: &Labels, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key).is_some_and(|label| label == value))
}
