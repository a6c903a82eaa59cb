//! Cordons a node, which is the first of the two looks.

use crate::apply::nodes::{NodeChange, NodeNow, change_node};
use crate::apply::pods_on_node::refuse_if_busy;
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::plan::{CordonReason, NodeRef};
use crate::snapshot::Node;

use super::changed;

/// Cordons the node in our name, if no pod keeps it or its machine ends by itself.
///
/// A pod may still bind afterwards: binding ignores the cordon. The second look is in
/// [`super::terminate`].
pub(in crate::apply) async fn cordon(
    context: &StepContext<'_>,
    node: &NodeRef,
    reason: CordonReason,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| {
        if is_cordoned(&now.node)? {
            return Ok(NodeChange::Already);
        }
        match reason {
            CordonReason::Idle { .. } => refuse_if_busy(context, &node.name).await?,
            // What runs there goes on.
            CordonReason::ReservationEnds { .. } => {}
        }
        Ok(NodeChange::Patch(node_marks::cordon((context.clock)())))
    };
    change_node(context, node, decide).await.map(changed)
}

/// Whether the node is cordoned by us already; refuses one that may not be cordoned.
pub(super) fn is_cordoned(node: &Node) -> Result<bool, SkipReason> {
    node_marks::refuse_if_kept(node)?;
    match (node.unschedulable, node.cordoned_by_us()) {
        (true, Some(_)) => Ok(true),
        (true, None) => Err(SkipReason::CordonedByPerson),
        (false, _) if !node.is_ready() => Err(SkipReason::NotReady),
        (false, _) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Checks a Ready, schedulable node after one field was set.
    fn judge(field: &str, value: Value) -> Result<bool, SkipReason> {
        let mut node = json!({
            "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-22T00:00:00Z",
        });
        node[field] = value;
        is_cordoned(&serde_json::from_value(node).expect("a node"))
    }

    #[test]
    fn only_a_ready_node_that_nobody_keeps_is_cordoned() {
        let mark = "karpenter.sh/do-not-disrupt";
        assert_eq!(judge("unschedulable", json!(false)), Ok(false));
        assert_eq!(judge("ready", json!({ "status": "unknown" })), Err(SkipReason::NotReady));
        assert_eq!(judge("unschedulable", json!(true)), Err(SkipReason::CordonedByPerson));
        assert_eq!(judge("marks", json!({ mark: "true" })), Err(SkipReason::Kept { mark: mark.into() }));
        assert_eq!(
            judge("labels", json!({ "openai/detached": "true" })),
            Err(SkipReason::Kept { mark: "openai/detached".into() })
        );
    }
}
