//! Ending what does no work and never will: an instance that did not become a node, and one whose node is dead.

use k8s_openapi::api::core::v1::Node as ApiNode;

use super::end_instance::{Share, end_instance};
use super::refuse_if_kept;
use crate::apply::kubernetes::read_node;
use crate::apply::occupants::refuse_if_busy;
use crate::apply::{ApplyContext, Ending, Obstacle, SkipReason};
use crate::gather::kubernetes::list::list_all;
use crate::gather::kubernetes::nodes::read_node as convert;
use crate::plan::NodeRef;
use crate::snapshot::{GroupId, Node};

/// Terminates the instance, if it is still as unhealthy as the plan saw it. Without `decrement` AWS launches another in its place.
pub(in crate::apply) async fn terminate_unhealthy(
    context: &ApplyContext<'_>,
    group: &GroupId,
    instance: &str,
    node: Option<&NodeRef>,
    decrement: bool,
) -> Result<Ending, Obstacle> {
    match node {
        Some(node) => {
            still_dead(&read_node(context, node).await?.node, instance)?;
            refuse_if_busy(context, &node.name).await?;
        }
        None => refuse_if_registered(context, instance).await?,
    }
    let share = if decrement { Share::Goes } else { Share::Stays };
    end_instance(context, group, instance, share).await
}

/// Whether the node is still that instance, not Ready, and nobody spoke for it.
fn still_dead(node: &Node, instance: &str) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    if node.instance_id() != Some(instance) {
        return Err(SkipReason::OtherInstance);
    }
    if node.is_ready() { Err(SkipReason::Recovered) } else { Ok(()) }
}

/// A node of the instance may have come at the last moment, or be known by its address only.
async fn refuse_if_registered(context: &ApplyContext<'_>, instance: &str) -> Result<(), Obstacle> {
    let nodes = list_all(&context.kubernetes, |node: &ApiNode| convert(node)).await;
    let nodes = nodes.map_err(|error| Obstacle::Failed(format!("listing nodes: {error}")))?;
    match nodes.into_iter().find(|node| node.instance_id() == Some(instance)) {
        Some(node) => Err(SkipReason::Registered { node: node.name }.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_a_node_that_is_still_dead_goes() {
        let judge = |field: &str, value: Value| {
            let mut node = json!({
                "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "unknown" },
                "created_at": "2026-11-22T00:00:00Z", "provider_id": "aws:///us-west-2a/i-a",
            });
            node[field] = value;
            still_dead(&serde_json::from_value(node).expect("a node"), "i-a")
        };
        assert_eq!(judge("ready", json!({ "status": "false" })), Ok(()));
        assert_eq!(judge("ready", json!({ "status": "true" })), Err(SkipReason::Recovered));
        assert_eq!(judge("provider_id", json!("aws:///us-west-2a/i-b")), Err(SkipReason::OtherInstance));
        let mark = "karpenter.sh/do-not-disrupt";
        assert_eq!(judge("marks", json!({ mark: "true" })), Err(SkipReason::Kept { mark: mark.into() }));
    }
}
