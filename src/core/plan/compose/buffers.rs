//! The CapacityBuffers of a snapshot.

use crate::plan::absent_pods::wanted;
use crate::plan::decisions::Decisions;
use crate::plan::report::{BufferReport, RoomFor, RoomKind};
use crate::plan::situation::Situation;
use crate::snapshot::CapacityBuffer;

/// Reports on them, by namespace and name.
pub(super) fn buffers(situation: &Situation<'_>, decisions: &Decisions) -> Vec<BufferReport> {
    let fleet = &situation.fleet;
    let report = |buffer: &CapacityBuffer| {
        let room_for = RoomFor { kind: RoomKind::CapacityBuffer, object: buffer.id() };
        let own = fleet.absent.position(|absent| absent.room_for == room_for);
        let rulings = own.map(|own| decisions.scale_up.rulings_on_absent(fleet, own)).unwrap_or_default();
        BufferReport::new(buffer, wanted(fleet.snapshot, buffer), rulings.iter().map(|one| &*one.ruling))
    };
    let mut reports: Vec<BufferReport> = fleet.snapshot.capacity_buffers.iter().map(report).collect();
    reports.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    reports
}
