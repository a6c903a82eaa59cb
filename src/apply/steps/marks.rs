//! Writes and clears the marks of idle nodes and of those that are not Ready.
//!
//! Whether a node is still idle is not checked again: a mark commits no later run to anything, and
//! the next run corrects it.

use jiff::Timestamp;

use super::changed;
use crate::apply::nodes::{NodeChange, NodeNow, change_node};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::plan::NodeRef;

/// Removes the mark, if it is still that of `since`.
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

/// Removes the mark, unless the node is not Ready once more: then its silence continues.
pub(in crate::apply) async fn clear_not_ready(context: &StepContext<'_>, node: &NodeRef) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match (now.node.has_not_ready_mark(), now.node.is_ready()) {
        (false, _) => Ok(NodeChange::Already),
        (true, true) => Ok(NodeChange::Patch(node_marks::clear_not_ready())),
        (true, false) => Err(SkipReason::NotReady.into()),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Marks the node not Ready since then, unless it is Ready again or carries a mark that can be
/// read.
pub(in crate::apply) async fn mark_not_ready(
    context: &StepContext<'_>,
    node: &NodeRef,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match (now.node.is_ready(), now.node.not_ready_since()) {
        (true, _) => Err(SkipReason::Recovered.into()),
        (false, Some(_)) => Ok(NodeChange::Already),
        (false, None) => Ok(NodeChange::Patch(node_marks::mark_not_ready(since))),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Whether two moments are in the same second: marks hold whole seconds.
fn same_second(a: Timestamp, b: Timestamp) -> bool {
    a.as_second() == b.as_second()
}
