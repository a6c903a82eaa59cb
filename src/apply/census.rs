//! Every Node of the cluster, and every bound pod whose node name may mean an instance.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1 as core;
use tokio::sync::Mutex;

use super::proof::{BoundPod, InstanceNames};
use super::steady::SteadyTime;
use super::{ApplyContext, Obstacle};
use crate::kubernetes::list::{list, list_all};
use crate::kubernetes::reading::nodes::read_node;
use crate::kubernetes::reading::pods::UNFINISHED;
use crate::snapshot::{Node, ObjectName};

/// One list serves for this long the steps that only check whether two Nodes claim one instance.
/// The Node of a step is read anew.
const SERVES_FOR: Duration = Duration::from_mins(1);

/// Every Node, listed once for many steps.
#[derive(Default)]
pub(super) struct Census(Mutex<Option<(SteadyTime, Arc<Vec<Node>>)>>);

impl Census {
    /// Returns every Node as of at most a minute ago.
    pub(super) async fn recent(&self, context: &ApplyContext<'_>) -> Result<Arc<Vec<Node>>, Obstacle> {
        let mut last = self.0.lock().await;
        let asked_at = context.lease.now();
        if let Some((at, nodes)) = &*last
            && serves(*at, asked_at)
        {
            return Ok(Arc::clone(nodes));
        }
        let nodes = Arc::new(every_node(context).await?);
        *last = Some((asked_at, Arc::clone(&nodes)));
        Ok(nodes)
    }
}

/// Whether a list that was requested then serves a step of this moment.
fn serves(listed_at: SteadyTime, now: SteadyTime) -> bool {
    now.since(listed_at) < SERVES_FOR
}

/// Reads every Node as it is now. One that is not understood is an error: it might be the one in
/// question.
pub(super) async fn every_node(context: &ApplyContext<'_>) -> Result<Vec<Node>, Obstacle> {
    let nodes = list_all(&context.kubernetes, |node: &core::Node| read_node(node)).await;
    nodes.map_err(|error| Obstacle::Failed(format!("listing nodes: {error}")))
}

/// Returns the unfinished pods that are bound to any of the instance's names, whatever their
/// domain, and when the last list was requested.
///
/// Every bound pod is listed first, which takes long in a large cluster. Those of the names that
/// EC2 knows are listed again then, one quick list for each.
pub(super) async fn pods_bound_to(
    context: &ApplyContext<'_>,
    names: &InstanceNames,
) -> Result<(Vec<BoundPod>, SteadyTime), Obstacle> {
    let mut bound = bound_pods(context, "spec.nodeName!=", names).await?;
    let asked_at = context.lease.now();
    for name in names.exact() {
        bound.extend(bound_pods(context, &format!("spec.nodeName={name}"), names).await?);
    }
    Ok((bound, asked_at))
}

async fn bound_pods(context: &ApplyContext<'_>, place: &str, names: &InstanceNames) -> Result<Vec<BoundPod>, Obstacle> {
    let selector = format!("{place},{UNFINISHED}");
    let listed = list(&context.kubernetes, Some(&selector), Vec::new, |bound, pod: &core::Pod| {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
        if names.mean(node) {
            let (namespace, name) = (pod.metadata.namespace.clone(), pod.metadata.name.clone());
            let pod = ObjectName::new(namespace.unwrap_or_default(), name.unwrap_or_default());
            bound.push(BoundPod { pod, node: node.to_owned() });
        }
        Ok(())
    });
    listed.await.map_err(|error| Obstacle::Failed(format!("listing bound pods: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_nodes_serves_for_less_than_a_minute() {
        let at = |milliseconds| SteadyTime::after_start(Duration::from_millis(milliseconds));
        for (now, is_served) in [(10_000, true), (69_999, true), (70_000, false), (610_000, false)] {
            assert_eq!(serves(at(10_000), at(now)), is_served, "{now}");
        }
    }
}
