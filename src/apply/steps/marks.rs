//! Writing and clearing the idle mark.
//!
//! Whether the node is still idle is not looked at again: a mark commits nobody to anything, and the next run corrects it.

use jiff::Timestamp;

use super::changed;
use crate::apply::kubernetes::{NodeChange, NodeNow, change_node};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::plan::NodeRef;

/// Takes the mark off, if it still says `since`.
pub(in crate::apply) async fn clear_idle(
    context: &StepContext<'_>,
    node: &NodeRef,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match now.node.idle_since() {
        None => Ok(NodeChange::Already),
        Some(found) if same_second(found, since) => Ok(NodeChange::Patch(node_marks::clear_idle(&now.object))),
        Some(found) => Err(SkipReason::MarkChanged { found }.into()),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Marks the node idle since then, unless it carries a mark that can be read.
pub(in crate::apply) async fn mark_idle(
    context: &StepContext<'_>,
    node: &NodeRef,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match now.node.idle_since() {
        None => Ok(NodeChange::Patch(node_marks::mark_idle(&now.object, since))),
        Some(found) if same_second(found, since) => Ok(NodeChange::Already),
        Some(found) => Err(SkipReason::MarkChanged { found }.into()),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Marks tell whole seconds.
fn same_second(a: Timestamp, b: Timestamp) -> bool {
    a.as_second() == b.as_second()
}
