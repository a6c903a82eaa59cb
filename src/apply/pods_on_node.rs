//! The pods of a node, as they are now.

use k8s_openapi::api::core::v1::Pod;

use super::proof::{PodRules, PodsNow};
use super::{ApplyContext, Obstacle};
use crate::kubernetes::list::list;
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::pods::{UNFINISHED, read_pod};

impl<'a> ApplyContext<'a> {
    /// Returns what the verdicts on pods depend on.
    pub(super) fn pod_rules(&self) -> PodRules<'a> {
        PodRules { own_pod: self.own_pod, expendable_below: self.policy.expendable_below }
    }
}

/// Reads every unfinished pod of a node at this moment, with their specifications.
///
/// The list is fully consistent: no `resourceVersion` is sent, for `0` would allow an old answer. A
/// pod that is not understood is an error, so that it forbids the step.
pub(super) async fn pods_on(context: &ApplyContext<'_>, node: &str) -> Result<PodsNow, Obstacle> {
    let selector = format!("spec.nodeName={node},{UNFINISHED}");
    let take = |(specs, pods): &mut (SpecTable, Vec<_>), object: &Pod| {
        pods.push(read_pod(object, specs)?);
        Ok(())
    };
    let asked_at = context.lease.now();
    let (specs, pods) = list(&context.kubernetes, Some(&selector), Default::default, take)
        .await
        .map_err(|error| Obstacle::Failed(format!("listing the node's pods: {error}")))?;
    Ok(PodsNow { asked_at, pods, specs: specs.into_map() })
}

/// Refuses a node that a pod keeps, or on which this run itself is.
pub(super) async fn refuse_if_busy(context: &ApplyContext<'_>, node: &str) -> Result<(), Obstacle> {
    let pods = pods_on(context, node).await?;
    pods.must_not_hold_us(context.pod_rules())?;
    Ok(pods.must_be_free(context.pod_rules())?)
}
