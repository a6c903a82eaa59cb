//! Reading and changing nodes for a step: bounded attempts, and every write guarded by what was just read.

use std::time::Duration;

use k8s_openapi::api::core::v1 as core;
use kube::api::{GetParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Api, Resource as _};
use serde_json::{Value, json};

use super::step_context::StepContext;
use super::{ApplyContext, Obstacle, SkipReason};
use crate::gather::kubernetes::call::CallError;
use crate::gather::kubernetes::nodes::read_node as convert;
use crate::gather::kubernetes::retry::fetch;
use crate::plan::NodeRef;
use crate::snapshot::Node;

/// How often a write is tried: once, and three times more.
pub(super) const ATTEMPTS: u32 = 4;
/// How long the second attempt waits; each later one waits twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Waits before an attempt, counted from 0; the first does not wait.
pub(super) async fn pause(attempt: u32) {
    if attempt > 0 {
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
    }
}

/// What a failed write means for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The object is not as it was read (409, 422, or gone): read it again.
    Conflict,
    /// It may pass (429, 5xx, a broken connection); the change may have happened.
    Passing,
    /// It will not pass.
    Lasting,
}

/// What an error means for another attempt.
pub(super) fn trouble(error: &kube::Error) -> Trouble {
    match error {
        kube::Error::Api(status) => match status.code {
            404 | 409 | 422 => Trouble::Conflict,
            429 | 500..=599 => Trouble::Passing,
            _ => Trouble::Lasting,
        },
        kube::Error::HyperError(_) | kube::Error::Service(_) => Trouble::Passing,
        _ => Trouble::Lasting,
    }
}

/// One line for an error: the API's own words, or the cause of a connection that failed.
pub(super) fn words(error: kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message,
        kube::Error::Api(status) => format!("{} {}", status.code, status.reason),
        other => CallError::from(other).to_string(),
    }
}

/// A node at this moment: as the rules see it, and the object for the fields that a patch must carry along.
pub(super) struct NodeNow {
    /// As the rules see it.
    pub(super) node: Node,
    /// The object itself.
    pub(super) object: core::Node,
}

/// What a look at a node says about changing it.
pub(super) enum NodeChange {
    /// It is as wanted.
    Already,
    /// This merge patch makes it so.
    Patch(Value),
}

/// How changing a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeChanged {
    /// It was as wanted.
    Already,
    /// It is now.
    Patched,
}

/// Reads a node, lets `decide` say what to change, and patches it unless it changed in between: then it looks again.
///
/// A merge patch replaces the whole list of taints, so it always carries the `resourceVersion` it was made from.
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
                Trouble::Conflict => {}
                Trouble::Passing => failure = words(error),
                Trouble::Lasting => return Err(patching(&words(error))),
            },
        }
    }
    Err(patching(&failure))
}

fn patching(words: &str) -> Obstacle {
    Obstacle::Failed(format!("patching the node: {words}"))
}

/// The node, if it is still the one the plan saw.
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
