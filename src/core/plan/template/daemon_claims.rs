//! What the pods of DaemonSets claim anew on each node.

use crate::scheduler::UnallocatedClaim;
use crate::snapshot::{DaemonSet, DeviceNeeds, Pod, PodResourceClaim, Snapshot};

/// Returns the claims that a pod of a DaemonSet gets of its own on a node, or nothing where they
/// are not known. `newest` is a pod of it. A claim that it names is one for all nodes.
pub(super) fn own_claims<'a>(
    snapshot: &'a Snapshot,
    set: &'a DaemonSet,
    newest: Option<&'a Pod>,
) -> Option<Vec<UnallocatedClaim<'a>>> {
    let entries = match newest {
        Some(pod) if set.resource_claims.is_empty() => &pod.resource_claims,
        Some(_) | None => &set.resource_claims,
    };
    if entries.is_empty() && !snapshot.pod_specs[&set.spec].resource_claims.is_empty() {
        return None;
    }
    let own = entries.iter().filter(|entry| entry.template.is_some());
    own.map(|entry| {
        let needs = of_template(snapshot, set, entry).or_else(|| of_pod(snapshot, newest?, &entry.name))?;
        let is_whole = needs.not_modelled.is_empty();
        is_whole.then_some(UnallocatedClaim { name: &entry.name, shared_in: None, needs })
    })
    .collect()
}

/// Returns what the template of an entry requests, where it was read.
fn of_template<'a>(snapshot: &'a Snapshot, set: &DaemonSet, entry: &PodResourceClaim) -> Option<&'a DeviceNeeds> {
    let name = entry.template.as_deref()?;
    let mut templates = snapshot.resource_claim_templates.iter();
    let template = templates.find(|template| template.namespace == set.namespace && template.name == name)?;
    Some(&template.needs)
}

/// Returns what the claim of a pod requests that was made for an entry.
fn of_pod<'a>(snapshot: &'a Snapshot, pod: &Pod, entry: &str) -> Option<&'a DeviceNeeds> {
    let name = pod.resource_claims.iter().find(|own| own.name == entry)?.claim.as_deref()?;
    let claim = snapshot.resource_claims.iter().find(|claim| claim.namespace == pod.namespace && claim.name == name)?;
    claim.needs.as_ref()
}
