//! The scheduler of a world in which requests, labels and taints alone decide where a pod may run.
//! Pods of a specification are alike there, and what a node is to them holds until it changes. So a
//! pod looks only at nodes that have changed, and no working copy is made of them.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::hosts::Hosts;
use super::ids::{HostId, PodId};
use super::pods::Requests;
use super::queue::SchedulingQueue;
use super::rankings::{Answer, NodesOfKind, Rankings};
use super::served_whole::{GangPlace, ServedWhole, WaitingGang};
use crate::policy::Policy;
use crate::scheduler::binding::{score, taint_score};
use crate::scheduler::{CpuMemory, Gates, NodeView, PodView, discouragements, fits, predicates};
use crate::snapshot::{Node, PodSpec, Snapshot, SpecId};

/// What is left of a node to which pods go in the same second.
#[derive(Clone)]
struct TakenNode {
    free: Vec<i64>,
    used: CpuMemory,
}

/// The choice for all pods that are in the queue in one second.
struct Choosing<'w> {
    cluster: RemainingCluster<'w>,
    rankings: &'w mut Rankings,
}

/// The cluster as the pods that have been served so far leave it.
struct RemainingCluster<'w> {
    snapshot: &'w Snapshot,
    policy: &'w Policy,
    hosts: &'w Hosts,
    /// What is left of the nodes that pods have been given.
    taken: BTreeMap<HostId, TakenNode>,
}

/// The nodes as pods of a specification see them.
struct SeenBy<'c, 'w> {
    cluster: &'c RemainingCluster<'w>,
    spec: &'c PodSpec,
    wanted: &'c Requests,
}

impl World<'_> {
    /// Returns which of the waiting pods get which nodes.
    pub(super) fn plain_choices(&mut self) -> Vec<(PodId, HostId)> {
        let served_whole = self.served_whole();
        let (queue, requests) = (&self.queue, &self.requests);
        let cluster =
            RemainingCluster { snapshot: &self.snapshot, policy: self.policy, hosts: &self.hosts, taken: BTreeMap::new() };
        let mut choosing = Choosing { cluster, rankings: &mut self.rankings };
        let chosen = choosing.serve(queue, &served_whole, |spec| &*requests[&spec]);
        choosing.take_back_to(BTreeMap::new());
        chosen
    }
}

impl Choosing<'_> {
    /// Goes through the queue. Room only shrinks, so that a specification without a node for one
    /// pod has none for its other pods.
    fn serve<'r>(
        &mut self,
        queue: &SchedulingQueue,
        served_whole: &ServedWhole,
        requests: impl Fn(SpecId) -> &'r Requests,
    ) -> Vec<(PodId, HostId)> {
        let mut chosen = Vec::new();
        let mut had_their_turn = BTreeSet::new();
        queue.go_through(|spec, pod| {
            if let Some(gang) = served_whole.gang_of(pod) {
                if had_their_turn.insert(gang) {
                    chosen.extend(self.serve_gang(&served_whole.gangs[&gang], &requests));
                }
                // Its other pods may be of another gang.
                return true;
            }
            let wanted = requests(spec);
            let host = self.best(spec, wanted, &GangPlace::Anywhere);
            if let Some(host) = host {
                self.take(host, wanted);
                chosen.push((pod, host));
            }
            host.is_some()
        });
        chosen
    }

    /// Serves the pods of a gang in the first place with room for enough of them; elsewhere they
    /// get no node.
    fn serve_gang<'r>(&mut self, gang: &WaitingGang, requests: &impl Fn(SpecId) -> &'r Requests) -> Vec<(PodId, HostId)> {
        for place in &gang.places {
            let before = self.cluster.taken.clone();
            let mut chosen = Vec::new();
            let mut refused = BTreeSet::new();
            for (spec, pod) in &gang.pods {
                let wanted = requests(*spec);
                let host = if refused.contains(spec) { None } else { self.best(*spec, wanted, place) };
                match host {
                    Some(host) => {
                        self.take(host, wanted);
                        chosen.push((*pod, host));
                    }
                    None => drop(refused.insert(*spec)),
                }
            }
            if chosen.len() >= gang.needs {
                return chosen;
            }
            self.take_back_to(before);
        }
        Vec::new()
    }

    /// Returns the node that the scheduler would choose, as `scheduler::binding` ranks them: of
    /// those with the same score the first one.
    fn best(&mut self, id: SpecId, wanted: &Requests, place: &GangPlace) -> Option<HostId> {
        let cluster = &self.cluster;
        let nodes = SeenBy { cluster, spec: &cluster.snapshot.pod_specs[&id], wanted };
        let is_there = |host: HostId| place.has(cluster.node(host));
        let is_meant: Option<&dyn Fn(HostId) -> bool> = if *place == GangPlace::Anywhere { None } else { Some(&is_there) };
        self.rankings.best(wanted.number, &nodes, is_meant)
    }

    /// Counts a pod on a node.
    fn take(&mut self, host: HostId, wanted: &Requests) {
        let facts = self.cluster.hosts.get(host);
        let left = || TakenNode { free: facts.free.clone(), used: facts.used };
        let left = self.cluster.taken.entry(host).or_insert_with(left);
        left.free.iter_mut().zip(&wanted.row).for_each(|(free, requested)| *free -= requested);
        left.used = left.used + wanted.counts_as;
        self.rankings.change(host, false);
    }

    /// Counts no pods but some that were served first.
    fn take_back_to(&mut self, taken: BTreeMap<HostId, TakenNode>) {
        for host in std::mem::replace(&mut self.cluster.taken, taken).into_keys() {
            self.rankings.change(host, false);
        }
    }
}

impl RemainingCluster<'_> {
    fn node(&self, host: HostId) -> &Node {
        &self.snapshot.nodes[self.hosts.get(host).position]
    }

    fn gates(&self) -> Gates {
        Gates { numeric_tolerations: self.policy.numeric_tolerations }
    }
}

impl NodesOfKind for SeenBy<'_, '_> {
    fn score(&self, host: HostId) -> Option<i64> {
        let cluster = self.cluster;
        let left = if cluster.taken.is_empty() { None } else { cluster.taken.get(&host) };
        let facts = cluster.hosts.get(host);
        let (free, used) = left.map_or((&facts.free, facts.used), |left| (&left.free, left.used));
        let score = || score(cluster.policy.scheduler_scoring, facts.offer, used, self.wanted.counts_as);
        fits(free, &self.wanted.row).then(score)
    }

    fn answer(&self, host: HostId) -> Answer {
        let (node, gates) = (self.cluster.node(host), self.cluster.gates());
        match takes(node, self.spec, gates) {
            true => {
                let discouragements = discouragements(self.spec, &node.taints, gates);
                Answer::Takes { discouragements: u16::try_from(discouragements).unwrap_or(u16::MAX) }
            }
            false => Answer::Refuses,
        }
    }

    fn taint_score(&self, discouragements: u16, most: u16) -> i64 {
        taint_score(discouragements.into(), most.into())
    }
}

/// Whether a node takes pods of a specification, however little room it has now.
pub(super) fn takes(node: &Node, spec: &PodSpec, gates: Gates) -> bool {
    let view = NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
    node.is_ready() && predicates::first_lasting_misfit(&PodView::of_spec(spec, gates), &view).is_none()
}
