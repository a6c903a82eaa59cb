//! The pods: they come, are bound, leave, and come again.

use std::rc::Rc;

use super::World;
use super::agenda::Event;
use super::ids::{HostId, PodId};
use crate::duration::Seconds;
use crate::plan::{Scored, scored};
use crate::scheduler::{Columns, pending_requests, placed_requests};
use crate::snapshot::{CPU, MEMORY, Phase, Pod, PodSpec, Resources, Scheduling};

/// What a pod asks for, or holds.
pub(super) type Asked = Rc<Requests>;

/// Requests, as the scheduler needs them.
#[derive(Debug)]
pub(super) struct Requests {
    /// One amount a column.
    pub(super) row: Vec<i64>,
    /// As nodes are ranked by them.
    pub(super) scored: Scored,
}

/// What is known of a pod beside its object.
#[derive(Debug)]
pub(super) struct Life {
    /// Place in `Snapshot::pods`; absent once it is gone.
    pub(super) position: Option<usize>,
    /// How often it has come again.
    pub(super) again: u32,
    pub(super) held: Asked,
    pub(super) place: Place,
    /// The work it belongs to and its story, if it is of the trace.
    pub(super) source: Option<Source>,
    /// A DaemonSet's pod or a static one, which no scheduler places and which ends with its node.
    pub(super) comes_with_its_node: bool,
}

/// Whose work a pod is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// Place in the trace.
    pub(super) work: usize,
    /// Place in the history.
    pub(super) story: usize,
}

/// Where a pod is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has no node.
    Waits { since: Seconds },
    /// It runs.
    On { host: HostId, since: Seconds },
    /// It says that it is on a node that is not there.
    Nowhere,
}

impl Requests {
    pub(super) fn of(resources: &Resources, columns: &Columns) -> Asked {
        Rc::new(Self { row: columns.row(resources), scored: scored([resources.get(CPU), resources.get(MEMORY)]) })
    }

    pub(super) fn of_spec(spec: &PodSpec, columns: &Columns) -> Asked {
        Self::of(&pending_requests(spec), columns)
    }
}

impl World<'_> {
    /// One that is there.
    pub(super) fn pod(&self, pod: PodId) -> &Pod {
        &self.snapshot.pods[self.lives[pod].position.expect("a pod that is there")]
    }

    pub(super) fn pod_mut(&mut self, pod: PodId) -> &mut Pod {
        &mut self.snapshot.pods[self.lives[pod].position.expect("a pod that is there")]
    }

    /// A pod comes, with or without a node.
    pub(super) fn add_pod(&mut self, pod: Pod, source: Option<Source>) -> PodId {
        let id = self.lives.len();
        let is_resized = !pod.resized.is_empty() || !pod.pod_resized.is_empty();
        let held = match is_resized && pod.node.is_some() {
            true => Requests::of(&placed_requests(&pod, self.snapshot.spec(&pod)), &self.columns),
            false => Rc::clone(&self.asked[&pod.spec]),
        };
        let host = pod.node.as_deref().map(|node| self.hosts.named(node));
        self.lives.push(Life {
            position: Some(self.pod_ids.len()),
            again: 0,
            held,
            place: Place::Nowhere,
            source,
            comes_with_its_node: pod.belongs_to_its_node(),
        });
        self.pod_ids.push(id);
        self.by_uid.insert(pod.uid.clone(), id);
        self.snapshot.pods.push(pod);
        match host {
            Some(Some(host)) => self.occupy(id, host),
            Some(None) => {}
            None => self.wait(id),
        }
        id
    }

    /// A pod has no node, and is looked at by the scheduler unless something keeps it from that.
    fn wait(&mut self, pod: PodId) {
        self.lives[pod].place = Place::Waits { since: self.now };
        self.record.waiting += u32::from(self.lives[pod].source.is_some());
        let object = self.pod(pod);
        let spec = self.snapshot.spec(object);
        if !spec.scheduling_gates.is_empty() {
            self.pod_mut(pod).scheduling = Scheduling::Gated;
        } else if object.deletion_deadline.is_none() {
            // Where devices could be had is not modelled: such a pod is told so and waits for ever.
            if spec.resource_claims.is_empty() {
                let (spec, priority, created_at) = (object.spec, spec.priority, object.created_at);
                self.queue.add(spec, priority, created_at, pod);
            }
            self.queue.unseen.push(pod);
        }
    }

    /// A pod waits no more.
    fn wait_no_more(&mut self, pod: PodId, since: Seconds) {
        let object = self.pod(pod);
        let (spec, created_at) = (object.spec, object.created_at);
        self.queue.remove(spec, created_at, pod);
        if let Some(Source { story, .. }) = self.lives[pod].source {
            self.record.waiting -= 1;
            let waited = &mut self.record.pods[story].waited;
            *waited = Seconds(waited.0 + self.now.0 - since.0);
        }
    }

    /// The scheduler binds a pod.
    pub(super) fn bind(&mut self, pod: PodId, host: HostId) {
        let Place::Waits { since } = self.lives[pod].place else { return };
        self.wait_no_more(pod, since);
        let (node, at) = (self.node(host).name.clone(), self.time());
        let object = self.pod_mut(pod);
        object.node = Some(node);
        object.nominated_node = None;
        object.phase = Phase::Running;
        object.ready = true;
        object.scheduling = Scheduling::Scheduled { at: Some(at) };
        self.occupy(pod, host);
        let Some(Source { work, story }) = self.lives[pod].source else { return };
        self.record.running += 1;
        let group = self.hosts.get(host).machine.map(|machine| self.machines[machine].story.group);
        let story = &mut self.record.pods[story];
        story.first_bound_at.get_or_insert(self.now);
        story.group = group;
        if let Some(duration) = self.trace.work[work].duration {
            let life = self.lives[pod].again;
            self.agenda.add(Seconds(self.now.0.saturating_add(duration.0)), Event::PodEnds { pod, life });
        }
    }

    /// A pod leaves its node or its queue. How long it had run.
    pub(super) fn leave(&mut self, pod: PodId) -> Seconds {
        match self.lives[pod].place {
            Place::On { host, since } => {
                self.vacate(pod, host);
                self.record.running -= u32::from(self.lives[pod].source.is_some());
                Seconds(self.now.0 - since.0)
            }
            Place::Waits { since } => {
                self.wait_no_more(pod, since);
                Seconds(0)
            }
            Place::Nowhere => Seconds(0),
        }
    }

    /// A pod that has left is gone for good.
    pub(super) fn remove(&mut self, pod: PodId) {
        let Some(position) = self.lives[pod].position.take() else { return };
        let gone = self.snapshot.pods.swap_remove(position);
        self.pod_ids.swap_remove(position);
        self.by_uid.remove(&gone.uid);
        if let Some(moved) = self.pod_ids.get(position) {
            self.lives[*moved].position = Some(position);
        }
    }

    /// The controller of a pod that has left makes it again, under the same name for want of a better one.
    pub(super) fn come_again(&mut self, pod: PodId) {
        let life = self.lives[pod].again + 1;
        let (created_at, began_with) = (self.time(), self.pod(pod).spec);
        self.lives[pod].again = life;
        self.lives[pod].held = Rc::clone(&self.asked[&began_with]);
        let object = self.pod_mut(pod);
        let before = object.uid.clone();
        let first = before.split_once("-again-").map_or(before.as_str(), |(first, _)| first);
        object.uid = format!("{first}-again-{life}");
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
        let uid = object.uid.clone();
        self.by_uid.remove(&before);
        self.by_uid.insert(uid, pod);
        self.wait(pod);
    }
}
