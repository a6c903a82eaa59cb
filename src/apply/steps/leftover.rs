//! Node objects whose instance is gone: the mark, its removal, and the deletion.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node as ApiNode;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};

use super::changed;
use crate::apply::cloud::health_of;
use crate::apply::nodes::{NodeChange, NodeNow, change_node, read_node};
use crate::apply::proof::{Deletable, DeletionLooks, NodeDeletion, must_be_silent};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, node_marks};
use crate::kubernetes::write::{ATTEMPTS, WriteTrouble, pause, trouble, words};
use crate::plan::NodeRef;

/// Marks since when the node's instance has been gone, unless a mark does so already.
pub(in crate::apply) async fn mark_gone(
    context: &StepContext<'_>,
    node: &NodeRef,
    instance: &str,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| {
        must_be_silent(&now.node, instance)?;
        match now.node.gone_since() {
            Some(_) => Ok(NodeChange::Already),
            None => Ok(NodeChange::Patch(node_marks::mark_gone(since))),
        }
    };
    change_node(context, node, decide).await.map(changed)
}

/// Removes the mark, whatever its time: the instance exists.
pub(in crate::apply) async fn clear_gone(context: &StepContext<'_>, node: &NodeRef) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| match now.node.gone_since() {
        None => Ok(NodeChange::Already),
        Some(_) => Ok(NodeChange::Patch(node_marks::clear_gone())),
    };
    change_node(context, node, decide).await.map(changed)
}

/// Deletes the Node object, if it is the very one that was marked then, and EC2 reports once more
/// that its instance is gone.
pub(in crate::apply) async fn delete_node(
    context: &StepContext<'_>,
    node: &NodeRef,
    region: &str,
    instance: &str,
    since: Timestamp,
) -> Result<Ending, Obstacle> {
    let mut failure = None;
    for attempt in 0..ATTEMPTS {
        if context.is_over(attempt) {
            break;
        }
        pause(attempt).await;
        let proof = Box::pin(look(context, region, Deletable { node, instance, since })).await?;
        match delete(context, proof).await? {
            DeletionAnswer::Accepted => return Ok(Ending::done("")),
            DeletionAnswer::Gone => return Err(SkipReason::NodeGone.into()),
            DeletionAnswer::Passing(words) => failure = Some(words),
            DeletionAnswer::TooOld => {}
        }
    }
    Err(failure.map_or(SkipReason::LooksTooOld.into(), |words| deleting(&words)))
}

/// Reads everything that the proof is made from, in its order.
async fn look(context: &StepContext<'_>, region: &str, deletable: Deletable<'_>) -> Result<NodeDeletion, Obstacle> {
    let health = health_of(context, region, deletable.instance).await?;
    let lease = context.look_at_lease().await?;
    let asked_at = context.lease.now();
    let NodeNow { node, object } = read_node(context, deletable.node).await?;
    let version = object.metadata.resource_version.as_deref();
    let looks = DeletionLooks { health, lease: &lease, node: &node, version, asked_at, now: (context.clock)() };
    Ok(NodeDeletion::prove(deletable, &looks)?)
}

/// The outcome of a request to delete a Node.
enum DeletionAnswer {
    /// It is being deleted.
    Accepted,
    /// It did not exist.
    Gone,
    /// The trouble may pass, or the Node was changed in between.
    Passing(String),
    /// The proof had grown old; nothing was sent.
    TooOld,
}

/// Deletes the Node of the proof, if it was not written since: one made again has another UID, and
/// one whose kubelet reports again has another version.
async fn delete(context: &StepContext<'_>, proof: NodeDeletion) -> Result<DeletionAnswer, Obstacle> {
    let nodes: Api<ApiNode> = Api::all(context.kubernetes.clone());
    let (uid, resource_version) = (Some(proof.node().uid.clone()), proof.version().map(str::to_owned));
    let parameters = DeleteParams::default().preconditions(Preconditions { uid, resource_version });
    context.check_lease()?;
    if !proof.last_look().is_fresh(context.lease.now()) {
        return Ok(DeletionAnswer::TooOld);
    }
    let Err(error) = nodes.delete(&proof.node().name, &parameters).await else { return Ok(DeletionAnswer::Accepted) };
    match (trouble(&error), &error) {
        (_, kube::Error::Api(status)) if status.code == 404 => Ok(DeletionAnswer::Gone),
        (WriteTrouble::Passing | WriteTrouble::Conflict, _) => Ok(DeletionAnswer::Passing(words(error))),
        (WriteTrouble::Lasting, _) => Err(deleting(&words(error))),
    }
}

fn deleting(words: &str) -> Obstacle {
    Obstacle::Failed(format!("deleting the node: {words}"))
}
