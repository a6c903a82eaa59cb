//! Labels by which volumes tell which nodes reach them.

use std::collections::BTreeSet;

use crate::snapshot::Volume;
use crate::well_known::labels::{PLACES_OF_A_VOLUME, PLACES_OF_THE_CLOUD};

/// Returns the labels that the node affinity of volumes asks for, without those of zone and region:
/// a driver gives each node its own value.
pub(super) fn of(volumes: &[Volume]) -> BTreeSet<&str> {
    let terms = volumes.iter().filter_map(|volume| volume.node_affinity.as_ref()).flatten();
    let keys = terms.flat_map(|term| &term.match_expressions).map(|requirement| requirement.key.as_str());
    keys.filter(|key| !PLACES_OF_A_VOLUME.contains(key) && !PLACES_OF_THE_CLOUD.contains(key)).collect()
}
