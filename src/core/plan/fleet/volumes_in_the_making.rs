//! Volumes that are being made for a node: their pods are bound there as soon as the volumes are.
//!
//! Any user may write such a claim. It counts only while a pod that is not bound yet uses it, and
//! for an hour at most.

use std::collections::BTreeMap;

use super::{NodeEntry, NodeIx};
use crate::duration::Seconds;
use crate::index_vec::IndexVec;
use crate::snapshot::{ClaimPhase, ObjectName, Pod, PodVolume, Snapshot};

/// How long a node is kept for a pod that waits for its volume.
const PATIENCE: Seconds = Seconds::minutes(60);

/// A claim whose volume has been in the making for too long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IgnoredClaim {
    pub(crate) claim: ObjectName,
    pub(crate) node: String,
}

/// Adds each pod that waits for a volume to the node that the volume is made for. Returns the
/// claims that are too old to keep one.
pub(super) fn join<'a>(
    snapshot: &'a Snapshot,
    unbound: &[&'a Pod],
    nodes: &mut IndexVec<NodeIx, NodeEntry<'a>>,
    number: impl Fn(&str) -> Option<NodeIx>,
) -> Vec<IgnoredClaim> {
    let in_the_making = snapshot.claims.iter().filter(|claim| match claim.phase {
        ClaimPhase::Pending => !claim.deleting,
        ClaimPhase::Bound | ClaimPhase::Lost => false,
    });
    let selected: BTreeMap<(&str, &str), &str> = in_the_making
        .filter_map(|claim| Some(((claim.namespace.as_str(), claim.name.as_str()), claim.selected_node.as_deref()?)))
        .collect();
    if selected.is_empty() {
        return Vec::new();
    }
    let mut ignored = Vec::new();
    for pod in unbound {
        for claim in claims_of(pod) {
            let Some(name) = selected.get(&(&*pod.namespace, claim)) else { continue };
            let Some(node) = number(name) else { continue };
            if Seconds::between(pod.created_at, snapshot.taken_at) < PATIENCE {
                nodes[node].awaiting_volume.push(pod);
                break;
            }
            ignored.push(IgnoredClaim { claim: ObjectName::new(pod.namespace.clone(), claim), node: (*name).to_owned() });
        }
    }
    ignored.sort();
    ignored.dedup();
    ignored
}

fn claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.volumes.iter().filter_map(|volume| match volume {
        PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => Some(claim.as_str()),
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
    })
}
