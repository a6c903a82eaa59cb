//! Notes the instances that are in service and became no node.

use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle};
use crate::snapshot::InstanceNote;

/// Adds the notes of what this run saw for the first time, and removes those that are settled.
pub(in crate::apply) async fn note_instances(
    context: &StepContext<'_>,
    seen: &[InstanceNote],
    settled: &[InstanceNote],
) -> Result<Ending, Obstacle> {
    context.check_lease()?;
    let noted = context.lease.note_instances(seen, settled, context.known_groups()).await;
    noted.map(|()| Ending::done("")).map_err(|error| Obstacle::Failed(error.to_string()))
}
