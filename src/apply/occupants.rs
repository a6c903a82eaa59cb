//! Who needs a node right now: the pods on it, and those on their way to it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};

use super::{ApplyContext, Obstacle, SkipReason};
use crate::gather::kubernetes::SpecTable;
use crate::gather::kubernetes::list::list;
use crate::gather::kubernetes::pods::{UNFINISHED, read_pod};
use crate::gather::kubernetes::storage::read_claim;
use crate::snapshot::{Claim, ClaimPhase, ObjectName, PodSpec, SpecId, holds_its_node};

/// Every unfinished pod of a node at this moment, with the specifications they name. Refuses the node this very run is on.
///
/// The list is fully consistent: no `resourceVersion` is sent, for `0` would allow an old answer. A pod that is not understood is
/// an error, so that it forbids the step.
pub(super) async fn pods_on(
    context: &ApplyContext<'_>,
    node: &str,
) -> Result<(Vec<crate::snapshot::Pod>, BTreeMap<SpecId, PodSpec>), Obstacle> {
    let selector = format!("spec.nodeName={node},{UNFINISHED}");
    let take = |(specs, pods): &mut (SpecTable, Vec<_>), object: &Pod| {
        pods.push(read_pod(object, specs)?);
        Ok(())
    };
    let (specs, pods) = list(&context.kubernetes, Some(&selector), Default::default, take)
        .await
        .map_err(|error| Obstacle::Failed(format!("listing the node's pods: {error}")))?;
    if pods.iter().any(|pod: &crate::snapshot::Pod| context.own_pod == Some(&pod.id())) {
        return Err(SkipReason::OwnNode.into());
    }
    Ok((pods, specs.into_map()))
}

/// Refuses when a pod on the node keeps it, or when this very run is on it.
pub(super) async fn refuse_if_busy(context: &ApplyContext<'_>, node: &str) -> Result<(), Obstacle> {
    let (pods, specs) = pods_on(context, node).await?;
    let spec = |id: SpecId| -> &PodSpec { &specs[&id] };
    let holds = |pod: &&_| holds_its_node(pod, spec(pod.spec), context.own_pod, context.policy.expendable_below);
    match u32::try_from(pods.iter().filter(holds).count()).unwrap_or(u32::MAX) {
        0 => Ok(()),
        pods => Err(SkipReason::BecameBusy { pods }.into()),
    }
}

/// Refuses when a pod that is not bound yet counts on the node: by preemption, or by a volume that is being made for it.
///
/// Binding ignores the cordon, so such a pod may still land there.
pub(super) async fn refuse_if_expected(context: &ApplyContext<'_>, node: &str) -> Result<(), Obstacle> {
    let selector = format!("status.nominatedNodeName={node},spec.nodeName=,{UNFINISHED}");
    let nominated = list(&context.kubernetes, Some(&selector), Vec::new, |names, pod: &Pod| {
        names.push(object_name(&pod.metadata));
        Ok(())
    });
    let nominated =
        nominated.await.map_err(|error| Obstacle::Failed(format!("listing pods nominated to the node: {error}")))?;
    if let Some(pod) = nominated.into_iter().next() {
        return Err(SkipReason::PodNominated { pod }.into());
    }
    let selected = list(&context.kubernetes, None, Vec::new, |claims, claim: &PersistentVolumeClaim| {
        claims.extend(Some(read_claim(claim)?).filter(|claim| is_made_for(claim, node)));
        Ok(())
    });
    let selected = selected.await.map_err(|error| Obstacle::Failed(format!("listing persistentvolumeclaims: {error}")))?;
    match selected.into_iter().next() {
        Some(Claim { namespace, name, .. }) => {
            Err(SkipReason::VolumeSelected { claim: ObjectName::new(namespace, name) }.into())
        }
        None => Ok(()),
    }
}

/// Whether the claim's volume is being made for the node. The annotation stays on claims that are bound.
fn is_made_for(claim: &Claim, node: &str) -> bool {
    let unbound = match claim.phase {
        ClaimPhase::Pending => true,
        ClaimPhase::Bound | ClaimPhase::Lost => false,
    };
    unbound && claim.selected_node.as_deref() == Some(node)
}

fn object_name(metadata: &kube::api::ObjectMeta) -> ObjectName {
    ObjectName::new(metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}
