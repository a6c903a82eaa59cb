//! The scheduler of a world in which requests, labels and taints alone decide where a pod may run.
//! Pods of a specification are alike there, and what a node answers to them holds until the node
//! changes. So a pod compares the nodes as they are, and no working copy is made of them.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::hosts::{Answer, Hosts};
use super::ids::{HostId, PodId};
use super::pods::Requests;
use super::queue::SchedulingQueue;
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
    snapshot: &'w Snapshot,
    policy: &'w Policy,
    hosts: &'w mut Hosts,
    /// How many specifications there are.
    specs: usize,
    /// The nodes that are looked at, in the order in which they came.
    looked_at: Vec<HostId>,
    /// What is left of the nodes that pods have been given.
    taken: BTreeMap<HostId, TakenNode>,
    /// The nodes that take the pod at hand, with their score by resources and their
    /// discouragements.
    fitting: Vec<(HostId, i64, usize)>,
}

impl World<'_> {
    /// Returns which of the waiting pods get which nodes.
    pub(super) fn plain_choices(&mut self) -> Vec<(PodId, HostId)> {
        let served_whole = self.served_whole();
        // A gang that was refused may fit on a node that changed together with others.
        let only_changed = self.queue.are_all_refused() && !self.gangs.are_any_bound_whole();
        let (queue, requests) = (&self.queue, &self.requests);
        let looked_at = self.hosts.ids().filter(|host| !only_changed || queue.changed.contains(host)).collect();
        let mut choosing = Choosing {
            snapshot: &self.snapshot,
            policy: self.policy,
            hosts: &mut self.hosts,
            specs: requests.len(),
            looked_at,
            taken: BTreeMap::new(),
            fitting: Vec::new(),
        };
        choosing.serve(queue, &served_whole, |spec| &*requests[&spec])
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
            let before = self.taken.clone();
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
            self.taken = before;
        }
        Vec::new()
    }

    /// Returns the node that the scheduler would choose, as `scheduler::binding` ranks them: of
    /// those with the same score the first one.
    fn best(&mut self, id: SpecId, wanted: &Requests, place: &GangPlace) -> Option<HostId> {
        let spec = &self.snapshot.pod_specs[&id];
        let gates = Gates { numeric_tolerations: self.policy.numeric_tolerations };
        self.fitting.clear();
        for &host in &self.looked_at {
            let left = if self.taken.is_empty() { None } else { self.taken.get(&host) };
            let facts = self.hosts.get_mut(host);
            let (free, used) = left.map_or((&facts.free, facts.used), |left| (&left.free, left.used));
            let has_room = fits(free, &wanted.row);
            if !has_room || !place.has(&self.snapshot.nodes[facts.position]) {
                continue;
            }
            if facts.answers.is_empty() {
                facts.answers.resize(self.specs, Answer::Unknown);
            }
            if let Answer::Unknown = facts.answers[wanted.number] {
                facts.answers[wanted.number] = answer(&self.snapshot.nodes[facts.position], spec, gates);
            }
            if let Answer::Takes { discouragements } = facts.answers[wanted.number] {
                let score = score(self.policy.scheduler_scoring, facts.offer, used, wanted.counts_as);
                self.fitting.push((host, score, discouragements));
            }
        }
        let most = self.fitting.iter().map(|(_, _, discouragements)| *discouragements).max()?;
        let total = |(host, score, discouragements): &(HostId, i64, usize)| {
            (score + taint_score(*discouragements, most), std::cmp::Reverse(*host))
        };
        self.fitting.iter().max_by_key(|found| total(found)).map(|(host, _, _)| *host)
    }

    /// Counts a pod on a node.
    fn take(&mut self, host: HostId, wanted: &Requests) {
        let facts = self.hosts.get(host);
        let left = self.taken.entry(host).or_insert_with(|| TakenNode { free: facts.free.clone(), used: facts.used });
        left.free.iter_mut().zip(&wanted.row).for_each(|(free, requested)| *free -= requested);
        left.used = left.used + wanted.counts_as;
    }
}

/// Returns what a node answers to pods of a specification.
fn answer(node: &Node, spec: &PodSpec, gates: Gates) -> Answer {
    if takes(node, spec, gates) {
        Answer::Takes { discouragements: discouragements(spec, &node.taints, gates) }
    } else {
        Answer::Refuses
    }
}

/// Whether a node takes pods of a specification, however little room it has now.
pub(super) fn takes(node: &Node, spec: &PodSpec, gates: Gates) -> bool {
    let view = NodeView { name: &node.name, labels: &node.labels, taints: &node.taints, unschedulable: node.unschedulable };
    node.is_ready() && predicates::first_lasting_misfit(&PodView::of_spec(spec, gates), &view).is_none()
}
