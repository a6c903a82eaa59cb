//! Makes a node schedulable again that we cordoned.

use super::changed;
use crate::apply::nodes::{NodeChange, NodeChanged, NodeNow, change_node};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::plan::NodeRef;
use crate::snapshot::Node;

/// Uncordons the node and clears our marks in one patch. A person's cordon is never undone.
pub(in crate::apply) async fn uncordon(context: &StepContext<'_>, node: &NodeRef) -> Result<Ending, Obstacle> {
    undo_cordon(context, node).await.map(changed)
}

/// Does the same for another step that finds the node needed.
pub(super) async fn undo_cordon(context: &StepContext<'_>, node: &NodeRef) -> Result<NodeChanged, Obstacle> {
    let decide = async |now: &NodeNow| match Cordon::on(&now.node) {
        Cordon::Persons => Err(SkipReason::CordonedByPerson.into()),
        Cordon::None => Ok(NodeChange::Already),
        Cordon::Leftover | Cordon::Ours => Ok(NodeChange::Patch(node_marks::clear_all(&now.object))),
    };
    change_node(context, node, decide).await
}

/// The cordon on a node, by its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cordon {
    /// There is none.
    None,
    /// A person uncordoned it by hand and left our mark, which would make a person's next cordon
    /// look like ours.
    Leftover,
    /// It is ours.
    Ours,
    /// It is a person's.
    Persons,
}

impl Cordon {
    fn on(node: &Node) -> Self {
        match (node.unschedulable, node.cordoned_by_us()) {
            (true, Some(_)) => Self::Ours,
            (true, None) => Self::Persons,
            (false, _) if node.has_stale_mark() => Self::Leftover,
            (false, _) => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mark_that_is_left_on_an_open_node_is_taken_off() {
        let cordon = |is_closed: bool, is_marked: bool| {
            let marks = if is_marked { json!({ "ec2-autoscale/cordoned-at": "2026-11-22T10:00:00Z" }) } else { json!({}) };
            let node = json!({
                "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" },
                "created_at": "2026-11-22T00:00:00Z", "unschedulable": is_closed, "marks": marks,
            });
            Cordon::on(&serde_json::from_value(node).expect("a node"))
        };
        assert_eq!(cordon(true, true), Cordon::Ours);
        assert_eq!(cordon(true, false), Cordon::Persons);
        assert_eq!(cordon(false, true), Cordon::Leftover);
        assert_eq!(cordon(false, false), Cordon::None);
    }
}
