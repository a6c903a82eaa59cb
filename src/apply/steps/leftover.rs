//! Node objects whose instance is no more: the mark, its removal, and the deletion.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node as ApiNode;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};

use super::{changed, refuse_if_kept};
use crate::apply::aws::health_of;
use crate::apply::kubernetes::{ATTEMPTS, NodeChange, NodeNow, Trouble, change_node, pause, read_node, trouble, words};
use crate::apply::{ApplyContext, Ending, Obstacle, SkipReason, node_marks};
use crate::plan::NodeRef;
use crate::snapshot::Node;

/// Notes on the node since when its instance is no more, unless it says so already.
pub(in crate::apply) async fn mark_gone(
    context: &ApplyContext<'_>,
    node: &NodeRef,
    instance: &str,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| {
        still_silent(&now.node, instance)?;
        match now.node.gone_since() {
            Some(_) => Ok(NodeChange::Already),
            None => Ok(NodeChange::Patch(node_marks::mark_gone(since))),
        }
    };
    change_node(context, node, decide).await.map(changed)
}

/// Takes the mark off, whatever it says: the instance is there.
pub(in crate::apply) async fn clear_gone(context: &ApplyContext<'_>, node: &NodeRef) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match now.node.gone_since() {
        None => Ok(NodeChange::Already),
        Some(_) => Ok(NodeChange::Patch(node_marks::clear_gone())),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Deletes the Node object, if it is the very one that was marked then, and EC2 says once more that its instance is no more.
pub(in crate::apply) async fn delete_node(
    context: &ApplyContext<'_>,
    node: &NodeRef,
    region: &str,
    instance: &str,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let mut failure = String::new();
    for attempt in 0..ATTEMPTS {
        if context.is_over(attempt) {
            break;
        }
        pause(attempt).await;
        may_be_deleted(&read_node(context, node).await?.node, instance, since)?;
        let health = health_of(context, region, instance).await?;
        if !health.is_gone() {
            return Err(SkipReason::MachineThere { health }.into());
        }
        context.check_lease()?;
        let error = match request(context, node).await {
            Ok(()) => return Ok(Ending::done("")),
            Err(error) => error,
        };
        match (trouble(&error), &error) {
            (_, kube::Error::Api(status)) if status.code == 404 => return Err(SkipReason::NodeGone.into()),
            (_, kube::Error::Api(status)) if status.code == 409 => return Err(SkipReason::NodeReplaced.into()),
            (Trouble::Passing, _) => failure = words(error),
            (Trouble::Conflict | Trouble::Lasting, _) => return Err(deleting(&words(error))),
        }
    }
    Err(deleting(&failure))
}

/// Of that very object: one of the same name made again has another UID.
async fn request(context: &ApplyContext<'_>, node: &NodeRef) -> Result<(), kube::Error> {
    let nodes: Api<ApiNode> = Api::all(context.kubernetes.clone());
    let preconditions = Preconditions { uid: Some(node.uid.clone()), resource_version: None };
    nodes.delete(&node.name, &DeleteParams::default().preconditions(preconditions)).await.map(|_| ())
}

fn deleting(words: &str) -> Obstacle {
    Obstacle::Failed(format!("deleting the node: {words}"))
}

/// Whether the node is still that instance, not Ready, and nobody spoke for it.
fn still_silent(node: &Node, instance: &str) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    if node.ec2_place().is_none_or(|(_, id)| id != instance) {
        return Err(SkipReason::OtherInstance);
    }
    if node.is_ready() { Err(SkipReason::Recovered) } else { Ok(()) }
}

/// The same, and it carries the mark that the plan saw.
fn may_be_deleted(node: &Node, instance: &str, since: Timestamp) -> Result<(), SkipReason> {
    still_silent(node, instance)?;
    if node.gone_since() == Some(since) { Ok(()) } else { Err(SkipReason::NotMarkedGone) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_the_very_node_that_was_marked_is_deleted() {
        let judge = |field: &str, value: Value| {
            let mut node = json!({
                "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "unknown" },
                "created_at": "2026-11-22T00:00:00Z", "provider_id": "aws:///us-west-2a/i-a",
                "marks": { "ec2-autoscale/gone-since": "2026-11-22T10:00:00Z" },
            });
            node[field] = value;
            let since = "2026-11-22T10:00:00Z".parse().expect("a timestamp");
            may_be_deleted(&serde_json::from_value(node).expect("a node"), "i-a", since)
        };
        assert_eq!(judge("ready", json!({ "status": "false" })), Ok(()));
        assert_eq!(judge("ready", json!({ "status": "true" })), Err(SkipReason::Recovered));
        for provider_id in ["aws:///us-west-2a/i-b", "aws://us-west-2/i-a", "i-a"] {
            assert_eq!(judge("provider_id", json!(provider_id)), Err(SkipReason::OtherInstance), "{provider_id}");
        }
        assert_eq!(judge("marks", json!({})), Err(SkipReason::NotMarkedGone));
        let later = json!({ "ec2-autoscale/gone-since": "2026-11-22T10:00:01Z" });
        assert_eq!(judge("marks", later), Err(SkipReason::NotMarkedGone));
        let label = "ec2-autoscale/detached";
        assert_eq!(judge("labels", json!({ label: "" })), Err(SkipReason::Kept { mark: label.into() }));
    }
}
