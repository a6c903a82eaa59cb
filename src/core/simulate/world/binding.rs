//! The scheduler: it runs the product's own predicates, and ranks nodes by the plugins that read
//! requests and taints. Of nodes with the same rank it takes the one that came first, where
//! kube-scheduler draws at random.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::ids::{HostId, PodId};
use crate::index_vec::IndexVec;
use crate::plan::{Scored, score};
use crate::policy::SchedulerScoring;
use crate::scheduler::NodeView;
use crate::scheduler::cluster::{self, Cluster, DemandId, NodeId, Resident};
use crate::scheduler::{Demand, Gates, Storage, VolumeNeeds, discouragements, ports_of};
use crate::snapshot::{Labels, Pod, PodSpec, PodVolume, Scheduling, SpecId};

/// The weight of TaintToleration, where the other plugins have a weight of one each
/// (`default_plugins.go`).
const WEIGHT_OF_TAINTS: i64 = 3;
/// The highest score that a plugin gives a node.
const WHOLE_SCORE: i64 = 100;

/// The key of waiting pods that are alike: their specification, and where other pods matter also
/// their namespace, their labels and their volumes.
type PodLikeness<'a> = (SpecId, Option<(&'a str, &'a Labels, VolumeNeeds<'a>)>);

impl World<'_> {
    /// Binds every pod that fits; marks the others unschedulable.
    pub(super) fn bind_pods(&mut self) {
        let is_known = self.queue.are_all_refused() && (self.is_plain || self.queue.unseen.is_empty());
        let has_news = !self.queue.changed.is_empty() || !is_known;
        if !self.queue.is_empty() && has_news {
            for (pod, host) in self.choices() {
                self.bind(pod, host);
            }
        }
        // Binding helps no other pods, except where pods follow each other, and one pass has
        // handled those.
        self.queue.refused = self.queue.specs().map(|(spec, _)| spec).collect();
        self.queue.changed.clear();
        let since = self.time();
        for pod in std::mem::take(&mut self.queue.unseen) {
            if self.lives[pod].position.is_some() && self.pod(pod).scheduling == Scheduling::Unseen {
                self.pod_mut(pod).scheduling = Scheduling::Unschedulable { since };
            }
        }
    }

    /// Returns which of the waiting pods get which nodes.
    fn choices(&self) -> Vec<(PodId, HostId)> {
        let only_changed = self.is_plain && self.queue.are_all_refused();
        let hosts: IndexVec<NodeId, HostId> =
            self.hosts.ids().filter(|host| !only_changed || self.queue.changed.contains(host)).collect();
        Round::new(self, hosts).choose()
    }
}

/// Whether a pod requires nothing but requests, labels and taints, so that its specification alone
/// decides where it may run.
pub(super) fn is_plain(pod: &Pod, spec: &PodSpec) -> bool {
    let is_free = spec.topology_spread.is_empty() && spec.pod_affinity.is_empty() && spec.pod_anti_affinity.is_empty();
    // Ports that DaemonSets take matter only to pods that request ports, too.
    let is_bare = pod.is_daemon() || ports_of(spec).next().is_none() && !has_claims(&pod.volumes);
    is_free && is_bare
}

/// One pass over the queue.
struct Round<'w> {
    world: &'w World<'w>,
    cluster: Cluster<'w>,
    likenesses: BTreeMap<PodLikeness<'w>, DemandId>,
    storage: Storage<'w>,
    hosts: IndexVec<NodeId, HostId>,
    /// The amounts taken of each node, as nodes are ranked.
    used: IndexVec<NodeId, Scored>,
    /// For each kind of pod the nodes that may have room: what is free only shrinks.
    open: IndexVec<DemandId, Option<Vec<NodeId>>>,
    /// How much the taints of each node discourage each kind of pod.
    gates: Gates,
}

impl<'w> Round<'w> {
    fn new(world: &'w World<'_>, hosts: IndexVec<NodeId, HostId>) -> Self {
        let snapshot = &world.snapshot;
        let gates = Gates { numeric_tolerations: world.policy.numeric_tolerations };
        let storage = Storage::new(snapshot);
        let (likenesses, demands) = demands(world, &storage);
        let repelling = snapshot.pods.iter().filter(|pod| pod.node.is_some() && !world.is_plain);
        let repelling = repelling.map(|pod| (pod.namespace.as_str(), snapshot.spec(pod)));
        let repelling: Vec<(&str, &PodSpec)> = repelling.filter(|(_, spec)| !spec.pod_anti_affinity.is_empty()).collect();
        let parts = cluster::World {
            columns: world.columns.clone(),
            gates,
            storage: storage.clone(),
            namespaces: &snapshot.namespaces,
        };
        let open = IndexVec::filled(demands.len(), None);
        let mut cluster = Cluster::new(parts, demands, repelling.into_iter());
        for &host in &hosts {
            let known = world.hosts.get(host);
            let node = world.node(host);
            let description =
                NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
            let id = cluster.add_known(description, &known.free);
            if !world.is_plain {
                add_company(world, &mut cluster, id, host);
            }
        }
        let used = hosts.iter().map(|host| world.hosts.get(*host).used).collect();
        let world: &'w World<'w> = world;
        Self { world, cluster, likenesses, storage, hosts, used, open, gates }
    }

    fn choose(mut self) -> Vec<(PodId, HostId)> {
        let mut chosen = Vec::new();
        let mut placed: BTreeSet<PodId> = BTreeSet::new();
        loop {
            let before = chosen.len();
            let (mut refused, mut is_worth_another) = (BTreeSet::new(), false);
            self.world.queue.go_through(|spec, pod| {
                if placed.contains(&pod) {
                    return true;
                }
                let demand = self.demand_of(spec, pod);
                let follows = self.cluster.demand(demand).follows_others();
                if !refused.contains(&demand) {
                    match self.best(demand, follows) {
                        Some(node) => {
                            self.cluster.place(demand, node, 1);
                            let asked = self.world.lives[pod].held.scored;
                            self.used[node] = [self.used[node][0] + asked[0], self.used[node][1] + asked[1]];
                            placed.insert(pod);
                            chosen.push((pod, self.hosts[node]));
                        }
                        None if follows => is_worth_another = true,
                        None => {
                            refused.insert(demand);
                        }
                    }
                }
                !(self.world.is_plain && refused.contains(&demand))
            });
            if chosen.len() == before || !is_worth_another {
                return chosen;
            }
        }
    }

    fn demand_of(&self, spec: SpecId, pod: PodId) -> DemandId {
        self.likenesses[&likeness(self.world, &self.storage, spec, pod)]
    }

    /// Returns the node that the scheduler chooses for a pod of a kind.
    fn best(&mut self, demand: DemandId, follows_others: bool) -> Option<NodeId> {
        let all = || self.hosts.numbers().filter(|node| self.world.node(self.hosts[*node]).is_ready()).collect();
        let mut open = self.open[demand].take().unwrap_or_else(all);
        let mut fitting: Vec<NodeId> = Vec::new();
        let cluster = &mut self.cluster;
        open.retain(|node| {
            let fits = cluster.room(demand, *node) > 0;
            fitting.extend(fits.then_some(*node));
            fits || follows_others
        });
        self.open[demand] = Some(open);
        self.preferred(demand, &fitting)
    }

    fn preferred(&self, demand: DemandId, fitting: &[NodeId]) -> Option<NodeId> {
        let spec = self.cluster.demand(demand).spec;
        let asked = crate::plan::scored(self.of_columns(&self.cluster.demand(demand).requests));
        let discouraged: Vec<usize> =
            fitting.iter().map(|node| discouragements(spec, &self.world.node(self.hosts[*node]).taints, self.gates)).collect();
        let most = i64::try_from(discouraged.iter().copied().max().unwrap_or(0)).unwrap_or(i64::MAX).max(1);
        let rank = |(node, discouraged): (&NodeId, &usize)| {
            let offer = self.world.hosts.get(self.hosts[*node]).offer;
            let of_requests = score(self.scoring(), offer, self.used[*node], asked);
            let count = i64::try_from(*discouraged).unwrap_or(i64::MAX);
            let of_taints = WHOLE_SCORE - WHOLE_SCORE * count / most;
            (of_requests + WEIGHT_OF_TAINTS * of_taints, std::cmp::Reverse(*node))
        };
        let ranks = fitting.iter().zip(&discouraged).map(rank);
        ranks.max().map(|(_, std::cmp::Reverse(node))| node)
    }

    fn scoring(&self) -> SchedulerScoring {
        self.world.policy.scheduler_scoring
    }

    fn of_columns(&self, row: &[i64]) -> Scored {
        self.world.scored_columns.map(|column| column.map_or(0, |column| row[column]))
    }
}

fn likeness<'w>(world: &'w World<'_>, storage: &Storage<'w>, spec: SpecId, pod: PodId) -> PodLikeness<'w> {
    if world.is_plain {
        return (spec, None);
    }
    let object = world.pod(pod);
    let needs = if object.volumes.is_empty() { VolumeNeeds::default() } else { storage.needs(object) };
    (spec, Some((object.namespace.as_str(), &object.labels, needs)))
}

/// Returns the kinds of pods that wait, and the requirements of each.
fn demands<'w>(
    world: &'w World<'_>,
    storage: &Storage<'w>,
) -> (BTreeMap<PodLikeness<'w>, DemandId>, IndexVec<DemandId, Demand<'w>>) {
    let mut likenesses = BTreeMap::new();
    let mut demands = IndexVec::new();
    for (spec, pods) in world.queue.specs() {
        for pod in pods.take(if world.is_plain { 1 } else { usize::MAX }) {
            let object = world.pod(pod);
            likenesses.entry(likeness(world, storage, spec, pod)).or_insert_with(|| {
                let row = world.asked[&spec].row.clone();
                let mut demand = Demand::new(world.snapshot.spec(object), &object.namespace, &object.labels, row);
                if !object.volumes.is_empty() {
                    demand.volumes = storage.needs(object);
                }
                demands.push(demand)
            });
        }
    }
    (likenesses, demands)
}

/// Adds the pods on a node to the working copy, and how many volumes the node takes.
fn add_company<'w>(world: &'w World<'_>, cluster: &mut Cluster<'w>, node: NodeId, host: HostId) {
    for &pod in &world.hosts.get(host).pods {
        let object = world.pod(pod);
        let terminating = object.deletion_deadline.is_some();
        let spec = world.snapshot.spec(object);
        cluster.add_resident(node, &Resident { namespace: &object.namespace, labels: &object.labels, spec, terminating });
        if !object.volumes.is_empty() {
            cluster.add_volumes(node, &object.namespace, &object.volumes);
        }
    }
    let name = &world.node(host).name;
    if let Some(csi) = world.snapshot.csi_nodes.iter().find(|csi| csi.name == *name) {
        cluster.limit_volumes(node, &csi.limits);
    }
}

/// Whether a pod brings volumes that matter to where it can run.
fn has_claims(volumes: &[PodVolume]) -> bool {
    volumes.iter().any(|volume| match volume {
        PodVolume::Claim { .. } | PodVolume::Ephemeral { .. } => true,
        PodVolume::HostPath { .. } | PodVolume::EmptyDir { .. } => false,
    })
}
