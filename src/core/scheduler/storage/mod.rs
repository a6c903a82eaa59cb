//! The requirements of a pod's volumes on its node: claims joined with their volumes and classes.

mod capacity;
mod problem;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;

use crate::snapshot::{
    BindingMode, Claim, ClaimPhase, Labels, NodeSelectorTerm, Pod, PodVolume, Snapshot, StorageClass, TopologyRequirement,
    Volume,
};

use crate::well_known::drivers;
use crate::well_known::labels::PLACES_OF_A_VOLUME;
pub use capacity::{Capacities, EmptyStorage, StorageOfNewNode};
pub use problem::VolumeProblem;

/// A class with this provisioner makes no volumes: its volumes exist already or never will.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

/// The storage of a cluster, by name.
#[derive(Debug, Clone)]
pub struct Storage<'a> {
    claims: IndexMap<(&'a str, &'a str), &'a Claim>,
    volumes: IndexMap<&'a str, &'a Volume>,
    classes: IndexMap<&'a str, &'a StorageClass>,
    /// Volumes that any claim may take, by class, the smallest first.
    free: IndexMap<&'a str, Vec<&'a Volume>>,
    /// Volumes that are reserved for one claim, which is not bound to them yet.
    kept: IndexMap<(&'a str, &'a str), &'a Volume>,
    /// Claims that more than one unfinished pod uses: their volume counts once.
    shared: IndexMap<(&'a str, &'a str), u32>,
    pub(super) capacities: Capacities<'a>,
}

/// The requirements of a pod's volumes on its node.
///
/// Values are equal if the scheduler treats them alike, so that the pods of a StatefulSet, each
/// with a claim of its own, are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeNeeds<'a> {
    /// The problem that keeps the pod from every node.
    pub problem: Option<VolumeProblem>,
    /// One need for each claim.
    pub claims: Vec<ClaimNeed<'a>>,
}

/// A name that is reported but not compared: pods whose claims differ in nothing else are alike.
#[derive(Debug, Clone, Copy)]
pub struct Uncompared<'a>(pub &'a str);

impl PartialEq for Uncompared<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Uncompared<'_> {}

impl PartialOrd for Uncompared<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Uncompared<'_> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for Uncompared<'_> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// The requirements of one claim on the node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimNeed<'a> {
    /// The claim of one of the pods.
    pub claim: Uncompared<'a>,
    /// The CSI driver that serves its volume, if there is one.
    pub driver: Option<&'a str>,
    /// The identity of its volume, when that matters: other pods use it, or only one may.
    pub name: Option<VolumeName<'a>>,
    /// Access mode ReadWriteOncePod.
    pub one_pod_only: bool,
    /// Its volume, or how it gets one.
    pub volume: VolumeNeed<'a>,
}

/// The identity of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumeName<'a> {
    /// The driver's own id of it.
    Handle(&'a str),
    /// Namespace and name of the claim that it is being made for.
    Claim(&'a str, &'a str),
}

impl VolumeName<'_> {
    /// Sorts before all others.
    pub(super) const FIRST: Self = Self::Handle("");
}

/// A volume that a pod has on its node.
pub(super) struct AttachedVolume<'a> {
    pub(super) claim: &'a str,
    pub(super) driver: Option<&'a str>,
    pub(super) name: VolumeName<'a>,
    pub(super) one_pod_only: bool,
}

/// The volume of a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumeNeed<'a> {
    /// It exists.
    Bound {
        /// The nodes that reach it.
        reach: Option<&'a [NodeSelectorTerm]>,
        /// Its zone and region labels.
        place: &'a Labels,
    },
    /// It is found or made once the pod has a node.
    Unbound {
        /// The class.
        class: &'a str,
        /// The requirements of the claim on a volume; absent for a claim that is yet to be made.
        wanted: Option<VolumeRequest<'a>>,
        /// The node that it is being made for.
        selected_node: Option<&'a str>,
    },
}

/// The requirements of a claim on an existing volume.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeRequest<'a> {
    requested: i64,
    access_modes: &'a [crate::snapshot::AccessMode],
    block: bool,
    attributes_class: Option<&'a str>,
    selector: Option<&'a crate::snapshot::LabelSelector>,
}

impl VolumeRequest<'_> {
    /// Returns how many bytes are asked for.
    pub(super) fn bytes(&self) -> i64 {
        self.requested
    }
}

impl<'a> Storage<'a> {
    /// Joins the storage of a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let mut shared = IndexMap::new();
        let pods = if snapshot.claims.is_empty() { &[] } else { snapshot.pods.as_slice() };
        let used = pods.iter().filter(|pod| !pod.is_finished() && !pod.volumes.is_empty());
        for (pod, volume) in used.flat_map(|pod| pod.volumes.iter().map(move |volume| (pod, volume))) {
            if let Some(claim) = claim_name(volume) {
                *shared.entry((pod.namespace.as_str(), claim)).or_insert(0) += 1;
            }
        }
        shared.retain(|_, users| *users > 1);
        let mut free: IndexMap<&str, Vec<&Volume>> = IndexMap::new();
        for volume in snapshot.volumes.iter().filter(|volume| volume.available && volume.claim.is_none()) {
            free.entry(volume.storage_class.as_deref().unwrap_or_default()).or_default().push(volume);
        }
        for volumes in free.values_mut() {
            volumes.sort_by(|a, b| (a.capacity, &a.name).cmp(&(b.capacity, &b.name)));
        }
        let kept = snapshot.volumes.iter().filter(|volume| volume.available);
        let kept = kept.filter_map(|volume| Some((volume.claim.as_ref()?, volume)));
        Self {
            kept: kept.map(|(claim, volume)| ((claim.namespace.as_str(), claim.name.as_str()), volume)).collect(),
            free,
            claims: snapshot.claims.iter().map(|claim| ((claim.namespace.as_str(), claim.name.as_str()), claim)).collect(),
            volumes: snapshot.volumes.iter().map(|volume| (volume.name.as_str(), volume)).collect(),
            classes: snapshot.storage_classes.iter().map(|class| (class.name.as_str(), class)).collect(),
            shared,
            capacities: Capacities::new(snapshot),
        }
    }

    /// Returns the requirements of a pod's volumes on its node.
    #[must_use]
    pub fn needs(&self, pod: &'a Pod) -> VolumeNeeds<'a> {
        let mut needs = VolumeNeeds::default();
        for volume in &pod.volumes {
            match self.need(pod, volume) {
                None => {}
                Some(Ok(need)) => needs.claims.push(need),
                Some(Err(problem)) => needs.problem = needs.problem.or(Some(problem)),
            }
        }
        needs.claims.sort();
        needs
    }

    fn need(&self, pod: &'a Pod, volume: &'a PodVolume) -> Option<Result<ClaimNeed<'a>, VolumeProblem>> {
        let name = claim_name(volume)?;
        let found = self.claims.get(&(pod.namespace.as_str(), name)).copied();
        Some(match (found, volume) {
            (Some(claim), _) => self.need_of_claim(claim),
            // The controller makes the claim of an ephemeral volume a moment after the pod.
            (None, PodVolume::Ephemeral { storage_class, .. }) => self.need_of_ephemeral(name, storage_class.as_deref()),
            (None, _) => Err(VolumeProblem::ClaimMissing { claim: name.to_owned() }),
        })
    }

    fn need_of_claim(&self, claim: &'a Claim) -> Result<ClaimNeed<'a>, VolumeProblem> {
        let name = || claim.name.clone();
        if claim.deleting {
            return Err(VolumeProblem::ClaimDeleted { claim: name() });
        }
        if claim.phase == ClaimPhase::Lost {
            return Err(VolumeProblem::ClaimLost { claim: name() });
        }
        let is_shared = self.shared.contains_key(&(claim.namespace.as_str(), claim.name.as_str()));
        let is_kept = self.kept_for(&claim.namespace, &claim.name).is_some();
        let is_told_apart = is_shared || is_kept || claim.is_one_pod_only();
        match (&claim.volume, claim.phase) {
            (Some(volume), ClaimPhase::Bound) => {
                let found = self.volumes.get(volume.as_str()).copied();
                let volume = found.ok_or_else(|| VolumeProblem::VolumeMissing { claim: name(), volume: volume.clone() })?;
                Ok(ClaimNeed {
                    claim: Uncompared(&claim.name),
                    driver: volume.driver.as_deref(),
                    name: is_told_apart.then(|| name_of(claim, Some(volume))),
                    one_pod_only: claim.is_one_pod_only(),
                    volume: VolumeNeed::Bound { reach: volume.node_affinity.as_deref(), place: &volume.labels },
                })
            }
            // It waits for one certain volume, which is bound without regard to any pod.
            (Some(_), _) => Err(VolumeProblem::UnboundImmediate { claim: name() }),
            (None, _) => {
                let class = self.delayed_class(&claim.name, claim.storage_class.as_deref())?;
                Ok(ClaimNeed {
                    claim: Uncompared(&claim.name),
                    driver: Some(drivers::of_provisioner(&class.provisioner)),
                    name: is_told_apart.then(|| name_of(claim, None)),
                    one_pod_only: claim.is_one_pod_only(),
                    volume: VolumeNeed::Unbound {
                        class: &class.name,
                        wanted: Some(VolumeRequest {
                            requested: claim.requested,
                            access_modes: &claim.access_modes,
                            block: claim.block,
                            attributes_class: claim.attributes_class.as_deref(),
                            selector: claim.selector.as_ref(),
                        }),
                        selected_node: claim.selected_node.as_deref(),
                    },
                })
            }
        }
    }

    fn need_of_ephemeral(&self, claim: &'a str, class: Option<&str>) -> Result<ClaimNeed<'a>, VolumeProblem> {
        let class = self.delayed_class(claim, class)?;
        Ok(ClaimNeed {
            claim: Uncompared(claim),
            driver: Some(drivers::of_provisioner(&class.provisioner)),
            name: None,
            one_pod_only: false,
            volume: VolumeNeed::Unbound { class: &class.name, wanted: None, selected_node: None },
        })
    }

    /// Returns the class of an unbound claim, which must be a class that waits for the pod.
    fn delayed_class(&self, claim: &str, class: Option<&str>) -> Result<&'a StorageClass, VolumeProblem> {
        let immediate = || VolumeProblem::UnboundImmediate { claim: claim.to_owned() };
        // A claim without a class gets the default one when it is made; one that still has none
        // will bind to a volume without a class, at once or never.
        let name = match class {
            Some("") => return Err(immediate()),
            Some(name) => name,
            None => {
                let default = self.classes.values().find(|class| class.is_default);
                default.map(|class| class.name.as_str()).ok_or_else(immediate)?
            }
        };
        let missing = || VolumeProblem::ClassMissing { claim: claim.to_owned(), class: name.to_owned() };
        let class = self.classes.get(name).copied().ok_or_else(missing)?;
        match class.binding_mode {
            BindingMode::WaitForFirstConsumer => Ok(class),
            BindingMode::Immediate => Err(immediate()),
        }
    }

    /// Whether a class makes volumes for a node with these labels, by its `allowedTopologies`;
    /// `None` when it makes none.
    pub(super) fn makes_volumes(&self, class: &str, labels: &Labels) -> Option<bool> {
        let class = self.classes.get(class).filter(|class| class.provisioner != NO_PROVISIONER)?;
        let holds = |term: &Vec<TopologyRequirement>| {
            term.iter().all(|one| labels.get(&one.key).is_some_and(|value| one.values.iter().any(|one| value == one)))
        };
        Some(class.allowed_topologies.is_empty() || class.allowed_topologies.iter().any(holds))
    }

    /// Returns the volume that is reserved for a claim.
    pub(super) fn kept_for(&self, namespace: &str, claim: &str) -> Option<&'a Volume> {
        self.kept.get(&(namespace, claim)).copied()
    }

    /// Returns the volumes that could be bound to a claim, the smallest first
    /// (`volume.FindMatchingVolume`).
    pub(super) fn available(&self, class: &str, wanted: &VolumeRequest<'a>) -> impl Iterator<Item = &'a Volume> {
        let fits = move |volume: &&Volume| {
            volume.capacity >= wanted.requested
                && volume.block == wanted.block
                && volume.attributes_class.as_deref() == wanted.attributes_class
                && wanted.access_modes.iter().all(|mode| volume.access_modes.contains(mode))
                && wanted.selector.is_none_or(|selector| super::selector::matches(selector, &volume.labels))
        };
        self.free.get(class).into_iter().flatten().copied().filter(fits)
    }

    /// Returns the volume that a pod has on its node by one of its volumes.
    pub(super) fn attached(&self, namespace: &'a str, volume: &'a PodVolume) -> Option<AttachedVolume<'a>> {
        let claim = self.claims.get(&(namespace, claim_name(volume)?)).copied()?;
        let bound = claim.volume.as_ref().and_then(|name| self.volumes.get(name.as_str())).copied();
        let class = claim.storage_class.as_deref().and_then(|class| self.classes.get(class));
        Some(AttachedVolume {
            claim: &claim.name,
            driver: bound.map_or_else(
                || class.map(|class| drivers::of_provisioner(&class.provisioner)),
                |volume| volume.driver.as_deref(),
            ),
            name: name_of(claim, bound),
            one_pod_only: claim.is_one_pod_only(),
        })
    }

    /// Returns the labels of a node that volumes may require.
    pub(super) fn node_label_keys(&self) -> impl Iterator<Item = &'a str> {
        let terms = self.volumes.values().flat_map(|volume| volume.node_affinity.iter().flatten());
        let asked = terms.flat_map(|term| term.match_expressions.iter().map(|requirement| requirement.key.as_str()));
        let places = PLACES_OF_A_VOLUME;
        let topologies = self.classes.values().flat_map(|class| class.allowed_topologies.iter().flatten());
        asked.chain(places).chain(topologies.map(|one| one.key.as_str())).chain(self.capacities.node_label_keys())
    }
}

fn name_of<'a>(claim: &'a Claim, volume: Option<&'a Volume>) -> VolumeName<'a> {
    let handle = volume.and_then(|volume| volume.handle.as_deref());
    handle.map_or(VolumeName::Claim(&claim.namespace, &claim.name), VolumeName::Handle)
}

/// Returns the claim behind a volume of a pod.
fn claim_name(volume: &PodVolume) -> Option<&str> {
    match volume {
        PodVolume::Claim { claim } | PodVolume::Ephemeral { claim, .. } => Some(claim),
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => None,
    }
}
