//! The pods that are about to exist.

use crate::plan::decisions::Decisions;
use crate::plan::report::{ExpectedReport, RoomKind};
use crate::plan::situation::Situation;

/// Reports on them, by the object that they are pods of.
pub(super) fn expected(situation: &Situation<'_>, decisions: &Decisions) -> Vec<ExpectedReport> {
    let fleet = &situation.fleet;
    let is_expected = |kind| match kind {
        RoomKind::Job | RoomKind::Gang => true,
        RoomKind::CapacityBuffer | RoomKind::ProvisioningRequest => false,
    };
    let absent = fleet.absent.iter_numbered().filter(|(_, absent)| is_expected(absent.room_for.kind));
    let report = absent.map(|(index, absent)| {
        let rulings = decisions.scale_up.rulings_on_absent(fleet, index);
        let verdicts = rulings.iter().map(|ruling| &ruling.ruling.verdict);
        ExpectedReport::new(absent.room_for.clone(), absent.count, verdicts)
    });
    report.collect()
}
