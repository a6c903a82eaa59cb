//! Reads and changes nodes for a step: with bounded attempts, and with every write guarded by what
//! was just read.

use k8s_openapi::api::core::v1 as core;
use kube::api::{GetParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Api, Resource as _};
use serde_json::{Value, json};

use super::step_context::StepContext;
use super::{ApplyContext, Obstacle, SkipReason};
use crate::kubernetes::reading::nodes::read_node as convert;
use crate::kubernetes::retry::fetch;
use crate::kubernetes::write::{ATTEMPTS, WriteTrouble, pause, trouble, words};
use crate::plan::NodeRef;
use crate::snapshot::Node;

/// A node at this moment: in the form that the rules read, and the object for the fields that a
/// patch must carry along.
pub(super) struct NodeNow {
    /// The form that the rules read.
    pub(super) node: Node,
    /// The object itself.
    pub(super) object: core::Node,
}

/// How a node is to be changed.
pub(super) enum NodeChange {
    /// The node is as wanted.
    Already,
    /// This merge patch makes it so.
    Patch(Value),
}

/// How changing a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeChanged {
    /// The node was as wanted.
    Already,
    /// The node was patched.
    Patched,
}

/// Reads a node, has `decide` choose the change, and patches it unless it changed in between: then
/// it reads it again.
///
/// A merge patch replaces the whole list of taints, so it always carries the `resourceVersion` it
/// was made from.
pub(super) async fn change_node(
    context: &StepContext<'_>,
    wanted: &NodeRef,
    mut decide: impl AsyncFnMut(&NodeNow) -> Result<NodeChange, Obstacle>,
) -> Result<NodeChanged, Obstacle> {
    let nodes: Api<core::Node> = Api::all(context.kubernetes.clone());
    let mut failure = "it was changed by others meanwhile".to_owned();
    for attempt in 0..ATTEMPTS {
        if context.is_over(attempt) {
            break;
        }
        pause(attempt).await;
        let now = read_node(context, wanted).await?;
        let mut patch = match decide(&now).await? {
            NodeChange::Already => return Ok(NodeChanged::Already),
            NodeChange::Patch(patch) => patch,
        };
        patch["metadata"]["resourceVersion"] = json!(now.object.metadata.resource_version);
        context.check_lease()?;
        match nodes.patch(&wanted.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            Ok(_) => return Ok(NodeChanged::Patched),
            Err(error) => match trouble(&error) {
                WriteTrouble::Conflict => {}
                WriteTrouble::Passing => failure = words(error),
                WriteTrouble::Lasting => return Err(patching(&words(error))),
            },
        }
    }
    Err(patching(&failure))
}

fn patching(words: &str) -> Obstacle {
    Obstacle::Failed(format!("patching the node: {words}"))
}

/// Reads the node, if it is still the one of the plan.
pub(super) async fn read_node(context: &ApplyContext<'_>, wanted: &NodeRef) -> Result<NodeNow, Obstacle> {
    let reading = |words: String| Obstacle::Failed(format!("reading the node: {words}"));
    let request = Request::new(core::Node::url_path(&(), None)).get(&wanted.name, &GetParams::default());
    let request = request.map_err(|error| reading(error.to_string()))?;
    let object: core::Node = match fetch(&context.kubernetes, &request).await {
        Ok(object) => object,
        Err(error) if error.code() == Some(404) => return Err(SkipReason::NodeGone.into()),
        Err(error) => return Err(reading(error.to_string())),
    };
    if object.metadata.uid.as_deref() != Some(&wanted.uid) {
        return Err(SkipReason::NodeReplaced.into());
    }
    let node = convert(&object).map_err(|error| reading(error.to_string()))?;
    Ok(NodeNow { node, object })
}
