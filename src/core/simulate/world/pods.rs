//! The pods: they arrive, are bound, leave, and are created again.

use std::rc::Rc;

use super::World;
use super::agenda::Event;
use super::ids::{GangId, HostId, PodId};
use super::waits_for::WaitsFor;
use crate::duration::Seconds;
use crate::scheduler::binding::Turn;
use crate::scheduler::{Columns, CpuMemory, pending_requests, placed_requests};
use crate::snapshot::{Phase, Pod, PodSpec, Resources, Scheduling, holds_its_node};

/// The requests of a pod, or what it occupies.
pub(super) type SharedRequests = Rc<Requests>;

/// Requests, in the forms that the scheduler needs.
#[derive(Debug)]
pub(super) struct Requests {
    /// The place of its specification among all of them.
    pub(super) number: usize,
    /// One amount per column.
    pub(super) row: Vec<i64>,
    /// What the pod counts as when nodes are ranked.
    pub(super) counts_as: CpuMemory,
}

/// The facts about a pod besides its object.
#[derive(Debug)]
pub(super) struct Life {
    /// Place in `Snapshot::pods`; absent once the pod is gone.
    pub(super) position: Option<usize>,
    /// How often it was created again.
    pub(super) again: u32,
    /// How often it began to work, or was created again.
    pub(super) begun: u32,
    /// Its gang.
    pub(super) gang: Option<GangId>,
    /// Whether it has a node and waits there for others of its gang.
    pub(super) sits: bool,
    pub(super) held: SharedRequests,
    pub(super) place: PodPlace,
    /// Why it waits, where it does.
    pub(super) waits_for: WaitsFor,
    /// The work it belongs to and its story, if it is of the trace.
    pub(super) source: Option<Source>,
    /// A DaemonSet's pod or a static one, which no scheduler places and which ends with its node.
    pub(super) comes_with_its_node: bool,
    /// Whether it keeps the node it is on from being idle.
    pub(super) is_holder: bool,
}

/// The work to which a pod belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Place in the trace.
    pub(super) work: usize,
    /// Place in the history.
    pub(super) story: usize,
}

/// The place of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PodPlace {
    /// It has no node.
    Waits { since: Seconds },
    /// It has a node, and since then it runs, or waits there for others of its gang.
    On { host: HostId, since: Seconds },
    /// It names a node that does not exist.
    Nowhere,
}

impl Requests {
    fn from_resources(number: usize, resources: &Resources, columns: &Columns) -> SharedRequests {
        Rc::new(Self { number, row: columns.row(resources), counts_as: CpuMemory::of(resources).as_of_pod() })
    }

    pub(super) fn from_spec(number: usize, spec: &PodSpec, columns: &Columns) -> SharedRequests {
        Self::from_resources(number, &pending_requests(spec), columns)
    }
}

impl World<'_> {
    /// Returns an existing pod.
    pub(super) fn pod(&self, pod: PodId) -> &Pod {
        &self.snapshot.pods[self.lives[pod].position.expect("a pod that is there")]
    }

    pub(super) fn pod_mut(&mut self, pod: PodId) -> &mut Pod {
        &mut self.snapshot.pods[self.lives[pod].position.expect("a pod that is there")]
    }

    /// Adds a pod, with or without a node.
    pub(super) fn add_pod(&mut self, mut pod: Pod, source: Option<Source>) -> PodId {
        let id = self.lives.len();
        self.make_claims(&mut pod);
        let gang = self.gangs.of(&pod);
        if gang.is_some_and(|gang| !self.gangs.is_planned(gang)) {
            pod.gang = None;
        }
        let is_resized = !pod.resized.is_empty() || !pod.pod_resized.is_empty();
        let held = match is_resized && pod.node.is_some() {
            true => {
                let placed = placed_requests(&pod, self.snapshot.spec(&pod));
                Requests::from_resources(self.requests[&pod.spec].number, &placed, &self.columns)
            }
            false => Rc::clone(&self.requests[&pod.spec]),
        };
        let host = pod.node.as_deref().map(|node| self.hosts.named(node));
        let own = self.snapshot.cluster.own_pod.as_ref();
        self.lives.push(Life {
            position: Some(self.pod_ids.len()),
            again: 0,
            begun: 0,
            gang,
            sits: false,
            held,
            place: PodPlace::Nowhere,
            waits_for: WaitsFor::the_next_run(self.now),
            source,
            comes_with_its_node: pod.belongs_to_its_node(),
            is_holder: holds_its_node(&pod, self.snapshot.spec(&pod), own, self.policy.expendable_below),
        });
        self.pod_ids.push(id);
        self.by_uid.insert(pod.uid.to_string(), id);
        self.snapshot.pods.push(pod);
        if let Some(gang) = gang {
            self.join(id, gang);
        }
        match host {
            Some(Some(host)) => {
                self.occupy(id, host);
                self.begin_to_run(id);
            }
            Some(None) => {}
            None => self.wait(id),
        }
        id
    }

    /// Makes a pod wait for a node; the scheduler looks at it unless something keeps it from that.
    fn wait(&mut self, pod: PodId) {
        self.lives[pod].place = PodPlace::Waits { since: self.now };
        self.turnover.come(pod);
        self.lives[pod].waits_for = WaitsFor::the_next_run(self.now);
        self.record.waiting += u32::from(self.lives[pod].source.is_some());
        let object = self.pod(pod);
        let spec = self.snapshot.spec(object);
        if !spec.scheduling_gates.is_empty() {
            self.pod_mut(pod).scheduling = Scheduling::Gated;
        } else if object.deletion_deadline.is_none() {
            // Where it cannot be told which devices a pod gets, it is marked unschedulable and
            // waits for ever.
            if spec.resource_claims.is_empty() || self.are_claims_known(object) {
                self.queue.add(object.spec, self.turn(pod));
            }
            self.queue.unseen.push(pod);
        }
    }

    /// Returns when a pod that waits has its turn.
    fn turn(&self, pod: PodId) -> Turn {
        let object = self.pod(pod);
        Turn::new(self.snapshot.spec(object).priority, object.created_at, pod)
    }

    /// Ends the wait of a pod.
    fn wait_no_more(&mut self, pod: PodId, since: Seconds) {
        self.turnover.go(pod);
        self.queue.remove(self.pod(pod).spec, self.turn(pod));
        if let Some(Source { story, .. }) = self.lives[pod].source {
            self.record.waiting -= 1;
            let known = &mut self.record.pods[story];
            known.waited.0 += self.now.0 - since.0;
            self.lives[pod].waits_for.count_until(self.now, known);
        }
    }

    /// Binds a pod.
    pub(super) fn bind(&mut self, pod: PodId, host: HostId) {
        let PodPlace::Waits { since } = self.lives[pod].place else { return };
        self.wait_no_more(pod, since);
        let (node, at) = (self.hosts.get(host).name.clone(), self.time());
        let object = self.pod_mut(pod);
        object.node = Some(node);
        object.nominated_node = None;
        object.phase = Phase::Running;
        object.ready = true;
        object.scheduling = Scheduling::Scheduled { at: Some(at) };
        self.occupy(pod, host);
        self.allocate_claims(pod, host);
        if let Some(Source { story, .. }) = self.lives[pod].source {
            self.record.running += 1;
            let group = self.hosts.get(host).machine.map(|machine| self.machines[machine].story.group);
            let story = &mut self.record.pods[story];
            story.first_bound_at.get_or_insert(self.now);
            story.group = group;
        }
        self.begin_to_run(pod);
    }

    /// Lets a pod that has got a node work, or wait there for others of its gang.
    fn begin_to_run(&mut self, pod: PodId) {
        match self.lives[pod].gang {
            Some(gang) => self.member_has_node(pod, gang),
            None => self.begin_work(pod, self.now),
        }
    }

    /// Begins the work of a pod, whose time counts from a moment on.
    pub(super) fn begin_work(&mut self, pod: PodId, from: Seconds) {
        let PodPlace::On { host, since } = self.lives[pod].place else { return };
        self.sit_no_more(pod, since);
        self.lives[pod].place = PodPlace::On { host, since: self.now };
        if let Some(machine) = self.hosts.get(host).machine.filter(|_| !self.lives[pod].comes_with_its_node) {
            self.is_of_use(machine);
        }
        let Some(Source { work, .. }) = self.lives[pod].source else { return };
        self.lives[pod].begun += 1;
        if let Some(duration) = self.trace.work[work].duration {
            let life = self.lives[pod].begun;
            let at = Seconds(from.0.saturating_add(duration.0)).max(self.now);
            self.agenda.add(at, Event::PodEnds { pod, life });
        }
    }

    /// Ends the time for which a pod waited on its node.
    pub(super) fn sit_no_more(&mut self, pod: PodId, since: Seconds) {
        if std::mem::take(&mut self.lives[pod].sits)
            && let Some(Source { story, .. }) = self.lives[pod].source
        {
            self.record.pods[story].sat.0 += self.now.0 - since.0;
        }
    }

    /// Takes a pod off its node or out of its queue. Returns how long it had run.
    pub(super) fn leave(&mut self, pod: PodId) -> Seconds {
        self.free_claims(pod);
        match self.lives[pod].place {
            PodPlace::On { host, since } => {
                self.vacate(pod, host);
                self.record.running -= u32::from(self.lives[pod].source.is_some());
                let has_run = !self.lives[pod].sits;
                self.sit_no_more(pod, since);
                self.lives[pod].place = PodPlace::Nowhere;
                if let Some(gang) = self.lives[pod].gang {
                    self.member_leaves_node(gang);
                }
                if has_run { Seconds(self.now.0 - since.0) } else { Seconds(0) }
            }
            PodPlace::Waits { since } => {
                self.wait_no_more(pod, since);
                Seconds(0)
            }
            PodPlace::Nowhere => Seconds(0),
        }
    }

    /// Removes a pod that has left.
    pub(super) fn remove(&mut self, pod: PodId) {
        let Some(position) = self.lives[pod].position.take() else { return };
        let gone = self.snapshot.pods.swap_remove(position);
        self.pod_ids.swap_remove(position);
        self.by_uid.remove(gone.uid.as_str());
        self.record.leaving.remove(&pod);
        if let Some(gang) = self.lives[pod].gang {
            self.leave_gang(pod, gang);
        }
        if let Some(moved) = self.pod_ids.get(position) {
            self.lives[*moved].position = Some(position);
        }
    }

    /// Creates a pod that has left again, as its controller would, under the same name for
    /// simplicity.
    pub(super) fn come_again(&mut self, pod: PodId) {
        let life = self.lives[pod].again + 1;
        let (created_at, began_with) = (self.time(), self.pod(pod).spec);
        self.lives[pod].again = life;
        self.lives[pod].begun += 1;
        self.lives[pod].held = Rc::clone(&self.requests[&began_with]);
        let object = self.pod_mut(pod);
        let before = object.uid.clone();
        let first = before.split_once("-again-").map_or(before.as_str(), |(first, _)| first);
        object.uid = format!("{first}-again-{life}").into();
        object.node = None;
        object.nominated_node = None;
        object.phase = Phase::Pending;
        object.ready = false;
        object.scheduling = Scheduling::Unseen;
        object.created_at = created_at;
        object.deletion_deadline = None;
        object.resized.clear();
        object.pod_resized = Resources::default();
        object.resize_infeasible = false;
        let uid = object.uid.to_string();
        self.by_uid.remove(before.as_str());
        self.by_uid.insert(uid, pod);
        self.renew_claims(pod);
        self.wait(pod);
    }
}
