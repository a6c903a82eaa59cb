//! What a person should know of gangs.

use super::amounts::small;
use super::fleet::Fleet;
use super::report::{FellShort, FindingCode};
use super::scale_up::ShortGang;

/// Returns a finding on each gang for which nodes came while others did not.
pub(super) fn gangs_that_fell_short(fleet: &Fleet<'_>, short: &[ShortGang]) -> impl Iterator<Item = FindingCode> {
    short.iter().map(|short| {
        let gang = fleet.gangs.entry(short.gang).gang;
        let next = match (short.has_room, short.kept.is_empty()) {
            (true, false) => FellShort::RestElsewhere,
            (true, true) => FellShort::AllElsewhere,
            (false, _) => FellShort::NoRoom,
        };
        FindingCode::GangFellShort {
            namespace: gang.namespace.clone(),
            gang: gang.id.clone(),
            nodes: small(if next == FellShort::RestElsewhere { short.kept.len() } else { short.left.len() }),
            group: fleet.groups[short.failed].id().clone(),
            part: short.part.clone(),
            next,
        }
    })
}
