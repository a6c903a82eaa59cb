//! The volumes in use: how many of each driver a node has, which claims for one pod only have
//! theirs, and which volumes are taken.

use std::collections::{BTreeMap, BTreeSet};

use super::NodeId;
use crate::scheduler::NodeView;
use crate::scheduler::matching::reaches;
use crate::scheduler::storage::{
    ClaimNeed, Storage, StorageOfNewNode, VolumeName, VolumeNeed, VolumeNeeds, VolumeProblem, VolumeRequest,
};
use crate::snapshot::PodVolume;

/// Returns the claims of a pod, each once: a pod may name one twice.
fn distinct<'n, 'a>(needs: &'n VolumeNeeds<'a>) -> impl Iterator<Item = &'n ClaimNeed<'a>> {
    let is_first = |position: usize| {
        let name = needs.claims[position].claim.0;
        needs.claims[..position].iter().all(|earlier| earlier.claim.0 != name)
    };
    needs.claims.iter().enumerate().filter(move |(position, _)| is_first(*position)).map(|(_, claim)| claim)
}

/// A claim, by namespace and name.
type ClaimKey<'a> = (&'a str, &'a str);

/// The volumes in use.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct VolumeUse<'a> {
    limits: BTreeMap<NodeId, &'a BTreeMap<String, i32>>,
    /// What nodes that are not there yet will have for volumes.
    empty: BTreeMap<NodeId, &'a StorageOfNewNode>,
    /// How many bytes of each class were given to pods placed here, where drivers count them.
    given: BTreeMap<(NodeId, &'a str), i64>,
    /// Volumes on a node by driver, each with the pods that use it there.
    named: BTreeMap<(NodeId, &'a str, VolumeName<'a>), u32>,
    /// How many more there are on a node that belong to one pod alone.
    own: BTreeMap<(NodeId, &'a str), u32>,
    /// Claims for one pod only that have it.
    one_pod_claims: BTreeSet<ClaimKey<'a>>,
    /// Claims whose volume is made for a pod placed here: the others that use it have to follow.
    made_for: BTreeMap<ClaimKey<'a>, NodeId>,
    /// Volumes that were free and are meant for pods placed here.
    taken: BTreeSet<&'a str>,
    placed: Vec<VolumePlacement<'a>>,
    /// The claims for one pod only that each eviction released.
    evicted: Vec<Vec<ClaimKey<'a>>>,
}

/// What one placement changed beside the counts.
#[derive(Debug, Clone)]
struct VolumePlacement<'a> {
    namespace: &'a str,
    claims: Vec<ClaimNeed<'a>>,
    taken: Vec<&'a str>,
    given: Vec<(&'a str, i64)>,
    made_for: Vec<ClaimKey<'a>>,
}

/// Where the claims of one pod get their volumes.
#[derive(Debug, Clone, Default)]
struct VolumeChoice<'a> {
    /// Existing volumes.
    taken: Vec<&'a str>,
    /// The bytes of volumes to be made, by class, where drivers count them.
    given: Vec<(&'a str, i64)>,
}

/// A driver of which a node takes no more volumes.
pub(in crate::scheduler) struct Exceeded<'a> {
    pub(in crate::scheduler) driver: &'a str,
    pub(in crate::scheduler) limit: u32,
    pub(in crate::scheduler) in_use: u32,
    pub(in crate::scheduler) asked: u32,
}

impl<'a> VolumeUse<'a> {
    pub(super) fn limit(&mut self, node: NodeId, limits: &'a BTreeMap<String, i32>) {
        if !limits.is_empty() {
            self.limits.insert(node, limits);
        }
    }

    pub(super) fn expect_storage(&mut self, node: NodeId, empty: &'a StorageOfNewNode) {
        if !empty.is_empty() {
            self.empty.insert(node, empty);
        }
    }

    /// Forgets a node that was only tried out.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.limits.remove(&node);
        self.empty.remove(&node);
    }

    pub(super) fn add_resident(&mut self, storage: &Storage<'a>, node: NodeId, namespace: &'a str, volumes: &'a [PodVolume]) {
        for attached in volumes.iter().filter_map(|volume| storage.attached(namespace, volume)) {
            if attached.one_pod_only {
                self.one_pod_claims.insert((namespace, attached.claim));
            }
            if let Some(driver) = attached.driver {
                *self.named.entry((node, driver, attached.name)).or_default() += 1;
            }
        }
    }

    /// Returns the claim of these pods that another pod has for itself.
    pub(in crate::scheduler) fn taken_claim(&self, namespace: &str, needs: &VolumeNeeds<'a>) -> Option<&'a str> {
        let claims = needs.claims.iter().filter(|claim| claim.one_pod_only).map(|claim| claim.claim.0);
        claims.into_iter().find(|claim| self.one_pod_claims.contains(&(namespace, *claim)))
    }

    /// Returns the driver whose limit one more such pod would exceed on a node.
    pub(in crate::scheduler) fn exceeded(&self, needs: &VolumeNeeds<'a>, node: NodeId) -> Option<Exceeded<'a>> {
        let limits = self.limits.get(&node)?;
        let drivers: BTreeSet<&'a str> = needs.claims.iter().filter_map(|claim| claim.driver).collect();
        drivers.into_iter().find_map(|driver| {
            let limit = limits.get(driver).map(|limit| u32::try_from(*limit).unwrap_or(0))?;
            let is_new = |claim: &&ClaimNeed<'a>| {
                claim.driver == Some(driver) && claim.name.is_none_or(|name| !self.named.contains_key(&(node, driver, name)))
            };
            let asked = u32::try_from(distinct(needs).filter(is_new).count()).unwrap_or(u32::MAX);
            let in_use = self.in_use(node, driver);
            (asked > 0 && in_use + asked > limit).then_some(Exceeded { driver, limit, in_use, asked })
        })
    }

    fn in_use(&self, node: NodeId, driver: &'a str) -> u32 {
        let first = (node, driver, VolumeName::FIRST);
        let named = self.named.range(first..).take_while(|((at, of, _), _)| *at == node && *of == driver).count();
        u32::try_from(named).unwrap_or(u32::MAX) + self.own.get(&(node, driver)).copied().unwrap_or(0)
    }

    /// Returns why the unbound claims of these pods get no volume on a node.
    pub(in crate::scheduler) fn binding_problem(
        &self,
        storage: &Storage<'a>,
        namespace: &str,
        needs: &VolumeNeeds<'a>,
        node: (NodeId, &NodeView<'_>),
    ) -> Option<VolumeProblem> {
        self.choose(storage, namespace, needs, node).err()
    }

    /// Returns where the claims of one such pod would get their volumes.
    fn choose(
        &self,
        storage: &Storage<'a>,
        namespace: &str,
        needs: &VolumeNeeds<'a>,
        (id, view): (NodeId, &NodeView<'_>),
    ) -> Result<VolumeChoice<'a>, VolumeProblem> {
        let mut chosen = VolumeChoice::default();
        for need in &needs.claims {
            let VolumeNeed::Unbound { class, wanted, .. } = &need.volume else { continue };
            let claim = need.claim.0;
            if let Some(elsewhere) = self.made_for.get(&(namespace, claim)).filter(|_| need.name.is_some()) {
                if *elsewhere == id {
                    continue;
                }
                return Err(VolumeProblem::MadeElsewhere { claim: claim.to_owned(), node: None });
            }
            let kept = storage.kept_for(namespace, claim);
            let free = wanted.iter().flat_map(|wanted| storage.available(class, wanted)).filter(|_| kept.is_none());
            let found = kept
                .into_iter()
                .chain(free)
                .filter(|volume| !self.taken.contains(volume.name.as_str()) && !chosen.taken.contains(&volume.name.as_str()))
                .find(|volume| reaches(volume.node_affinity.as_deref(), view));
            match (found, storage.makes_volumes(class, view.labels)) {
                (Some(volume), _) => chosen.taken.push(volume.name.as_str()),
                (None, Some(true)) => {
                    let bytes = wanted.as_ref().map_or(0, VolumeRequest::bytes);
                    if bytes > 0 && storage.capacities.is_compared(class) {
                        self.check_storage(storage, claim, (*class, bytes), (id, view), &chosen.given)?;
                        chosen.given.push((*class, bytes));
                    }
                }
                (None, Some(false)) => {
                    return Err(VolumeProblem::OutsideAllowedTopologies {
                        claim: claim.to_owned(),
                        class: (*class).to_owned(),
                    });
                }
                (None, None) => return Err(VolumeProblem::NoneAvailable { claim: claim.to_owned() }),
            }
        }
        Ok(chosen)
    }

    /// Checks that a node has enough storage for one more volume. kube-scheduler forgets what it
    /// has just given away until the driver reports it; a plan that did so would promise the same
    /// bytes to many pods.
    fn check_storage(
        &self,
        storage: &Storage<'a>,
        claim: &str,
        (class, bytes): (&'a str, i64),
        (id, view): (NodeId, &NodeView<'_>),
        to_this_pod: &[(&str, i64)],
    ) -> Result<(), VolumeProblem> {
        let not_known = || VolumeProblem::StorageNotKnown { claim: claim.to_owned(), class: class.to_owned() };
        if !storage.capacities.is_read() {
            return Err(not_known());
        }
        let given = self.given.get(&(id, class)).copied().unwrap_or(0);
        let mut reported = storage.capacities.reaching(class, view.labels).peekable();
        let is_enough = match self.empty.get(&id).and_then(|empty| empty.get(class)) {
            Some(empty) if reported.peek().is_none() => {
                let empty = empty.ok_or_else(not_known)?;
                let of_pod: i64 = to_this_pod.iter().filter(|(its, _)| *its == class).map(|(_, bytes)| bytes).sum();
                empty.largest_volume >= bytes && empty.total - given - of_pod >= bytes
            }
            _ => reported.any(|it| {
                it.most_of_a_volume().is_some_and(|most| most >= bytes)
                    && it.capacity.is_none_or(|left| given == 0 || left - given >= bytes)
            }),
        };
        let too_little = || VolumeProblem::NotEnoughStorage { claim: claim.to_owned(), class: class.to_owned() };
        is_enough.then_some(()).ok_or_else(too_little)
    }

    pub(super) fn place(
        &mut self,
        storage: &Storage<'a>,
        namespace: &'a str,
        needs: &VolumeNeeds<'a>,
        node: (NodeId, &NodeView<'_>),
    ) {
        let id = node.0;
        let VolumeChoice { taken, given } = self.choose(storage, namespace, needs, node).unwrap_or_default();
        self.taken.extend(&taken);
        for (class, bytes) in &given {
            *self.given.entry((id, class)).or_default() += bytes;
        }
        let mut made_for = Vec::new();
        for claim in distinct(needs) {
            let key = (namespace, claim.claim.0);
            if claim.one_pod_only {
                self.one_pod_claims.insert(key);
            }
            let is_unbound = matches!(claim.volume, VolumeNeed::Unbound { .. });
            if is_unbound && claim.name.is_some() && !self.made_for.contains_key(&key) {
                self.made_for.insert(key, id);
                made_for.push(key);
            }
            match (claim.driver, claim.name) {
                (Some(driver), Some(name)) => *self.named.entry((id, driver, name)).or_default() += 1,
                (Some(driver), None) => *self.own.entry((id, driver)).or_default() += 1,
                (None, _) => {}
            }
        }
        let claims = distinct(needs).cloned().collect();
        self.placed.push(VolumePlacement { namespace, claims, taken, given, made_for });
    }

    /// Releases the claims that pods which leave have for themselves.
    pub(super) fn evict(&mut self, namespace: &'a str, needs: &VolumeNeeds<'a>) {
        let own = distinct(needs).filter(|claim| claim.one_pod_only).map(|claim| (namespace, claim.claim.0));
        let freed: Vec<ClaimKey<'a>> = own.filter(|key| self.one_pod_claims.contains(key)).collect();
        for key in &freed {
            self.one_pod_claims.remove(key);
        }
        self.evicted.push(freed);
    }

    /// Takes back the newest eviction.
    pub(super) fn bring_back(&mut self) {
        self.one_pod_claims.extend(self.evicted.pop().unwrap_or_default());
    }

    /// Takes back the newest placement, which was on this node.
    pub(super) fn take_back(&mut self, node: NodeId) {
        let Some(placement) = self.placed.pop() else { return };
        for claim in &placement.claims {
            if claim.one_pod_only {
                self.one_pod_claims.remove(&(placement.namespace, claim.claim.0));
            }
            match (claim.driver, claim.name) {
                (Some(driver), Some(name)) => {
                    let users = self.named.entry((node, driver, name)).or_insert(1);
                    *users -= 1;
                    if *users == 0 {
                        self.named.remove(&(node, driver, name));
                    }
                }
                (Some(driver), None) => *self.own.entry((node, driver)).or_insert(1) -= 1,
                (None, _) => {}
            }
        }
        for volume in placement.taken {
            self.taken.remove(volume);
        }
        for (class, bytes) in placement.given {
            *self.given.entry((node, class)).or_default() -= bytes;
        }
        for claim in placement.made_for {
            self.made_for.remove(&claim);
        }
    }
}
