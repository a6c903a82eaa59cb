//! Begins to drain a node: the cordon with the mark of a drain, if every pod on it may leave.

use super::changed;
use super::cordon::is_cordoned;
use super::drain_terms::{budgets, terms};
use crate::apply::nodes::{NodeChange, NodeNow, change_node};
use crate::apply::pods_on_node::pods_on;
use crate::apply::proof::nobody_may_stay;
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::plan::{EvictionLimits, NodeRef};
use crate::snapshot::Node;

/// Cordons the node in our name and marks it as being drained, in one patch, if every pod on it may
/// leave.
pub(in crate::apply) async fn begin_drain(
    context: &StepContext<'_>,
    node: &NodeRef,
    limits: EvictionLimits,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| {
        if is_begun(&now.node)? {
            return Ok(NodeChange::Already);
        }
        let budgets = budgets(context).await?;
        let pods = pods_on(context, &node.name).await?;
        pods.must_not_hold_us(context.pod_rules())?;
        nobody_may_stay(&pods, &terms(context, limits, &budgets))?;
        Ok(NodeChange::Patch(node_marks::start_drain((context.clock)())))
    };
    change_node(context, node, decide).await.map(changed)
}

/// Whether the drain has begun already; refuses a node that may not be drained.
fn is_begun(node: &Node) -> Result<bool, SkipReason> {
    Ok(is_cordoned(node)? && node.draining_since().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SINCE: &str = "2026-11-22T10:00:00Z";

    fn node(field: &str, value: Value) -> Node {
        let mut node = json!({
            "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-22T00:00:00Z",
            "marks": { "ec2-autoscale/cordoned-at": SINCE, "ec2-autoscale/draining-since": SINCE }, "unschedulable": true,
        });
        node[field] = value;
        serde_json::from_value(node).expect("a node")
    }

    #[test]
    fn a_drain_begins_on_a_ready_node_that_nobody_keeps() {
        let judge = |field: &str, value: Value| {
            let mut idle = node("unschedulable", json!(false));
            idle.marks.clear();
            let mut idle = serde_json::to_value(idle).expect("plain data");
            idle[field] = value;
            is_begun(&serde_json::from_value(idle).expect("a node"))
        };
        assert_eq!(judge("unschedulable", json!(false)), Ok(false));
        assert_eq!(judge("unschedulable", json!(true)), Err(SkipReason::CordonedByPerson));
        assert_eq!(judge("ready", json!({ "status": "false" })), Err(SkipReason::NotReady));
        assert_eq!(is_begun(&node("unschedulable", json!(true))), Ok(true));
        let only_cordoned = node("marks", json!({ "ec2-autoscale/cordoned-at": SINCE }));
        assert_eq!(is_begun(&only_cordoned), Ok(false), "the mark is still to be written");
    }
}
