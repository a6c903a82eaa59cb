//! The scheduler of the world: it runs the product's own predicates, and chooses nodes as
//! `scheduler::binding` does.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::World;
use super::devices::PodClaims;
use super::gang_tries::GangTries;
use super::ids::{GangId, HostId, PodId};
use super::served_whole::GangPlace;
use crate::index_vec::{IndexVec, Number};
use crate::scheduler::binding::{Capacity, ChoiceIx, OnCluster, RankedNodes, SortIx};
use crate::scheduler::cluster::{Cluster, ClusterParts, DemandId, NodeId, Resident};
use crate::scheduler::{CpuMemory, Demand, DeviceFacts, Gates, NodeView, Storage, VolumeNeeds, ports_of};
use crate::snapshot::{Labels, Pod, PodSpec, PodVolume, Scheduling, SpecId};

/// The key of waiting pods that are alike: their specification, and where other pods matter also
/// their namespace, their labels, their volumes and their claims of devices, and their gang where
/// that stays together.
type PodLikeness<'a> = (SpecId, Option<(&'a str, &'a Labels, VolumeNeeds<'a>, PodClaims<'a>)>, Option<GangId>);

impl World<'_> {
    /// Binds every pod that fits; marks the others unschedulable. Returns whether any was refused
    /// that may not have been refused before.
    pub(super) fn bind_pods(&mut self) -> bool {
        // A gang of a kind of pods may be smaller than another that was refused.
        let is_known_by_spec = self.is_plain && !self.gangs.are_any_bound_whole();
        let is_known = self.queue.are_all_refused() && (is_known_by_spec || self.queue.unseen.is_empty());
        let has_news = !self.queue.changed.is_empty() || !is_known;
        if !self.queue.is_empty() && has_news {
            let is_quick = self.is_plain && !self.looks_anew;
            let choices = if is_quick { self.plain_choices() } else { self.choices() };
            for (pod, host) in choices {
                self.bind(pod, host);
            }
        }
        // Binding helps no other pods, except where pods follow each other, and one pass has
        // handled those.
        self.queue.refused = self.queue.specs().map(|(spec, _)| spec).collect();
        self.queue.changed.clear();
        let since = self.time();
        let unseen = std::mem::take(&mut self.queue.unseen);
        let may_refuse = has_news || !unseen.is_empty();
        for pod in unseen {
            if self.lives[pod].position.is_some() && self.pod(pod).scheduling == Scheduling::Unseen {
                self.pod_mut(pod).scheduling = Scheduling::Unschedulable { since };
                self.note_refusal();
            }
        }
        may_refuse && !self.queue.is_empty()
    }

    /// Returns which of the waiting pods get which nodes, where rules between pods count. Where a
    /// gang does not fit, all is tried anew without it, since others may have what it took.
    pub(super) fn choices(&self) -> Vec<(PodId, HostId)> {
        let served_whole = self.served_whole();
        let mut tries = GangTries::new(&served_whole);
        loop {
            let chosen = self.choices_with(&tries);
            if !tries.give_up_torn(|pod| chosen.iter().any(|(other, _)| *other == pod)) {
                return chosen;
            }
        }
    }

    /// Returns which of the waiting pods get which nodes while gangs are tried in some places.
    fn choices_with(&self, tries: &GangTries<'_>) -> Vec<(PodId, HostId)> {
        let hosts = self.hosts.ids();
        let storage = Storage::new(&self.snapshot);
        let (likenesses, demands) = demands(self, &storage, tries);
        let mut cluster = self.working_copy(storage.clone(), demands);
        for ((.., gang), demand) in &likenesses {
            if let Some(GangPlace::Domain { value, .. }) = gang.and_then(|gang| tries.place_of(gang)) {
                cluster.keep_in_domain(*demand, value);
            }
        }
        let nodes = hosts.map(|host| (host, self.add_to(&mut cluster, host)));
        let ready: Vec<(HostId, NodeId)> = nodes.filter(|(host, _)| self.node(*host).is_ready()).collect();
        cluster.find_device_failures();
        let mut nodes = self.rank(&mut cluster, &ready, likenesses.len());
        let demand_of = |spec, pod| likenesses[&likeness(self, &storage, tries, spec, pod)];
        let chosen = self.serve_queue(&mut nodes, tries, demand_of);
        chosen.into_iter().map(|(pod, node)| (pod, ready[node.index()].0)).collect()
    }

    /// Goes through the queue, again and again while pods that follow others may still find a node.
    fn serve_queue<C: Capacity>(
        &self,
        nodes: &mut RankedNodes<C>,
        tries: &GangTries<'_>,
        demand_of: impl Fn(SpecId, PodId) -> DemandId,
    ) -> IndexMap<PodId, ChoiceIx> {
        let mut chosen = IndexMap::new();
        loop {
            let before = chosen.len();
            let mut is_worth_another = false;
            let mut had_their_turn = BTreeSet::new();
            let mut bind = |spec, pod, chosen: &mut IndexMap<PodId, ChoiceIx>| {
                if chosen.contains_key(&pod) {
                    return true;
                }
                let demand = demand_of(spec, pod);
                let node = nodes.bind(demand);
                is_worth_another |= node.is_none() && nodes.may_be_taken_later(demand);
                chosen.extend(node.map(|node| (pod, node)));
                node.is_some() || !self.is_plain
            };
            self.queue.go_through(|spec, pod| {
                let Some(gang) = tries.gang_of(pod) else { return bind(spec, pod, &mut chosen) };
                if had_their_turn.insert(gang) {
                    for (spec, pod) in tries.pods_of(gang) {
                        bind(*spec, *pod, &mut chosen);
                    }
                }
                true
            });
            if chosen.len() == before || !is_worth_another {
                return chosen;
            }
        }
    }

    /// Ranks nodes that are ready, each as a sort of its own.
    fn rank<'c, 'w>(
        &'w self,
        cluster: &'c mut Cluster<'w>,
        ready: &[(HostId, NodeId)],
        demands: usize,
    ) -> RankedNodes<OnCluster<'c, 'w>> {
        let facts = || ready.iter().map(|(host, _)| self.hosts.get(*host));
        let offers: IndexVec<SortIx, CpuMemory> = facts().map(|host| host.offer).collect();
        let sorts: Vec<SortIx> = offers.numbers().collect();
        let used = sorts.iter().copied().zip(facts().map(|host| host.used)).collect();
        let nodes = ready.iter().map(|(host, node)| (*node, self.node(*host).taints.as_slice())).collect();
        let open = IndexVec::filled(demands, sorts);
        RankedNodes::new(
            self.policy.scheduler_scoring,
            offers,
            used,
            open,
            OnCluster { cluster, nodes, are_sorts_alike: false },
        )
    }

    /// Returns a working copy without nodes.
    fn working_copy<'w>(&'w self, storage: Storage<'w>, demands: IndexVec<DemandId, Demand<'w>>) -> Cluster<'w> {
        let snapshot = &self.snapshot;
        let repelling = snapshot.pods.iter().filter(|pod| pod.node.is_some() && !self.is_plain);
        let repelling = repelling.map(|pod| (pod.namespace.as_str(), snapshot.spec(pod)));
        let parts = ClusterParts {
            columns: self.columns.clone(),
            gates: Gates { numeric_tolerations: self.policy.numeric_tolerations },
            storage,
            devices: DeviceFacts::of(snapshot),
            namespaces: &snapshot.namespaces,
        };
        Cluster::new(parts, demands, repelling.filter(|(_, spec)| !spec.pod_anti_affinity.is_empty()))
    }

    fn add_to<'w>(&'w self, cluster: &mut Cluster<'w>, host: HostId) -> NodeId {
        let node = self.node(host);
        let description =
            NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
        let id = cluster.add_known(description, &self.hosts.get(host).free);
        if !self.is_plain {
            self.add_pods_of(host, cluster, id);
        }
        id
    }

    /// Adds the pods on a node to the working copy, and how many volumes the node takes.
    fn add_pods_of<'w>(&'w self, host: HostId, cluster: &mut Cluster<'w>, node: NodeId) {
        for &pod in &self.hosts.get(host).pods {
            let object = self.pod(pod);
            let terminating = object.deletion_deadline.is_some();
            let spec = self.snapshot.spec(object);
            cluster.add_resident(node, &Resident { namespace: &object.namespace, labels: &object.labels, spec, terminating });
            if !object.volumes.is_empty() {
                cluster.add_volumes(node, &object.namespace, &object.volumes);
            }
        }
        let name = &self.node(host).name;
        if let Some(csi) = self.snapshot.csi_nodes.iter().find(|csi| csi.name == *name) {
            cluster.limit_volumes(node, &csi.limits);
        }
    }
}

/// Whether a pod requires nothing but requests, labels and taints, so that its specification alone
/// decides where it may run.
pub(super) fn is_plain(pod: &Pod, spec: &PodSpec) -> bool {
    let is_free = spec.topology_spread.is_empty() && spec.pod_affinity.is_empty() && spec.pod_anti_affinity.is_empty();
    // Ports that DaemonSets take matter only to pods that request ports, too.
    let is_bare = ports_of(spec).next().is_none() && !has_claims(&pod.volumes) && spec.resource_claims.is_empty();
    is_free && (pod.is_daemon() || is_bare)
}

fn likeness<'w>(
    world: &'w World<'_>,
    storage: &Storage<'w>,
    tries: &GangTries<'_>,
    spec: SpecId,
    pod: PodId,
) -> PodLikeness<'w> {
    let gang = tries.gang_of(pod).filter(|gang| tries.place_of(*gang).is_some_and(|place| *place != GangPlace::Anywhere));
    if world.is_plain {
        return (spec, None, gang);
    }
    let object = world.pod(pod);
    let needs = if object.volumes.is_empty() { VolumeNeeds::default() } else { storage.needs(object) };
    (spec, Some((object.namespace.as_str(), &object.labels, needs, world.likeness_of_claims(object))), gang)
}

/// Returns the kinds of pods that wait, and the requirements of each.
fn demands<'w>(
    world: &'w World<'_>,
    storage: &Storage<'w>,
    tries: &GangTries<'_>,
) -> (BTreeMap<PodLikeness<'w>, DemandId>, IndexVec<DemandId, Demand<'w>>) {
    let mut likenesses = BTreeMap::new();
    let mut demands = IndexVec::new();
    for (spec, pods) in world.queue.specs() {
        let are_alike = world.is_plain && tries.are_none();
        for pod in pods.take(if are_alike { 1 } else { usize::MAX }) {
            let object = world.pod(pod);
            likenesses.entry(likeness(world, storage, tries, spec, pod)).or_insert_with_key(|(.., gang)| {
                let row = world.requests[&spec].row.clone();
                let mut demand = Demand::new(world.snapshot.spec(object), &object.namespace, &object.labels, row);
                if !object.volumes.is_empty() {
                    demand.volumes = storage.needs(object);
                }
                world.claim_for(object, &mut demand);
                if let Some(label) = gang.and_then(|gang| world.gangs.get(gang).gang.same.as_deref()) {
                    demand.stay_together_by(label);
                }
                demands.push(demand)
            });
        }
    }
    (likenesses, demands)
}

/// Whether a pod brings volumes that matter to where it can run.
fn has_claims(volumes: &[PodVolume]) -> bool {
    volumes.iter().any(|volume| match volume {
        PodVolume::Claim { .. } | PodVolume::Ephemeral { .. } => true,
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => false,
    })
}
