//! Notes the instances that are in service and became no node, and the nodes that helped nobody and
//! go.

use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle};
use crate::snapshot::{FruitlessNote, InstanceNote};

/// Adds the notes of what this run saw, and removes those that are settled.
pub(in crate::apply) async fn note(
    context: &StepContext<'_>,
    seen: &[InstanceNote],
    settled: &[InstanceNote],
    fruitless: &[FruitlessNote],
) -> Result<Ending, Obstacle> {
    context.check_lease()?;
    let noted = async {
        if !fruitless.is_empty() {
            context.lease.note_fruitless(fruitless, context.known_groups()).await?;
        }
        if seen.is_empty() && settled.is_empty() {
            return Ok(());
        }
        context.lease.note_instances(seen, settled, context.known_groups()).await
    };
    noted.await.map(|()| Ending::done("")).map_err(|error| Obstacle::Failed(error.to_string()))
}
