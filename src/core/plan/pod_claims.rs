//! The resource claims of pods.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::Fleet;
use crate::scheduler::{EXTENDED_RESOURCES, UnallocatedClaim};
use crate::snapshot::{DeviceNeeds, Pod, ResourceClaim};

/// The properties by which resource claims are alike.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum ClaimLikeness<'a> {
    /// It has devices, or other pods use it, too.
    Named(&'a str),
    /// It is the claim of one pod alone, and has no devices yet.
    Own(&'a DeviceNeeds),
}

/// The resource claims of a cluster, by namespace and name.
pub(crate) struct Devices<'a> {
    fleet: &'a Fleet<'a>,
    claims: BTreeMap<(&'a str, &'a str), &'a ResourceClaim>,
    /// Those that more than one pod uses.
    shared: BTreeSet<(&'a str, &'a str)>,
    /// Whether the devices of the cluster were read, so that it can be told who gets some.
    pub(super) are_known: bool,
}

impl<'a> Devices<'a> {
    pub(crate) fn new(fleet: &'a Fleet<'a>) -> Self {
        let snapshot = fleet.snapshot;
        let claims = snapshot.resource_claims.iter();
        let claims: BTreeMap<_, _> = claims.map(|claim| ((claim.namespace.as_str(), claim.name.as_str()), claim)).collect();
        let (mut used, mut shared) = (BTreeSet::new(), BTreeSet::new());
        let pods = snapshot.pods.iter().filter(|_| !claims.is_empty());
        for (pod, entry) in pods.flat_map(|pod| pod.resource_claims.iter().map(move |entry| (pod, entry))) {
            let Some(name) = entry.claim.as_deref() else { continue };
            if !used.insert((pod.namespace.as_str(), name)) {
                shared.insert((pod.namespace.as_str(), name));
            }
        }
        Self { fleet, claims, shared, are_known: snapshot.resource_slices.is_some() }
    }

    /// Returns the claims of a pod that exist and that the pod could use.
    pub(crate) fn of(&self, pod: &Pod) -> Vec<&'a ResourceClaim> {
        let names = pod.resource_claims.iter().filter_map(|entry| entry.claim.as_deref());
        let claims = names.filter_map(|name| self.claims.get(&(pod.namespace.as_str(), name)).copied());
        claims.filter(|claim| !claim.deleting && claim.takes(&pod.uid)).collect()
    }

    /// Returns the claims of a pod that have no devices yet, last the one that the scheduler makes.
    pub(crate) fn unallocated(&self, pod: &Pod) -> Vec<UnallocatedClaim<'a>> {
        let open = self.of(pod).into_iter().filter(|claim| claim.allocation.is_none());
        let unallocated = |claim: &'a ResourceClaim| {
            let namespace = claim.namespace.as_str();
            let shared_in = self.shared.contains(&(namespace, claim.name.as_str())).then_some(namespace);
            Some(UnallocatedClaim { name: &claim.name, shared_in, needs: claim.needs.as_ref()? })
        };
        let of_resources = self.fleet.claim_of_resources(pod);
        let of_resources = of_resources.map(|needs| UnallocatedClaim { name: EXTENDED_RESOURCES, shared_in: None, needs });
        open.filter_map(unallocated).chain(of_resources).collect()
    }

    /// Returns what makes the claims of pods alike: those that belong to one pod are so by what
    /// they request.
    pub(super) fn likeness(&self, pod: &Pod) -> Vec<ClaimLikeness<'a>> {
        let of_claim = |claim: &'a ResourceClaim| match (&claim.allocation, &claim.needs) {
            (None, Some(needs)) if !self.shared.contains(&(&claim.namespace, &claim.name)) => ClaimLikeness::Own(needs),
            (_, _) => ClaimLikeness::Named(&claim.name),
        };
        self.of(pod).into_iter().map(of_claim).collect()
    }
}
