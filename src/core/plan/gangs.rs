//! The gangs of the pods that are there: who belongs to each, and which comes first.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::absent_pods::{AbsentIx, AbsentPods};
use crate::index_vec::{IndexVec, Numbers, numbers};
use crate::snapshot::{Gang, GangKind, GangName, ObjectName, Pod, Scheduling, Snapshot};

numbers! {
    /// A gang, in the order in which gangs are served.
    pub(crate) struct GangIx;
}

/// The gangs of the pods that are there.
#[derive(Default)]
pub(crate) struct Gangs<'a> {
    all: IndexVec<GangIx, GangEntry<'a>>,
    by_name: FxHashMap<(&'a str, &'a GangName), GangIx>,
}

/// A gang with its pods, as far as they exist.
pub(crate) struct GangEntry<'a> {
    pub(crate) gang: &'a Gang,
    /// The priority that counts for all its pods.
    pub(crate) priority: i32,
    /// How many of its pods exist.
    pub(crate) members: u32,
    /// How many of them are being deleted.
    leaving: u32,
    /// How many of them wait for scheduling gates.
    pub(crate) gated: u32,
    /// How many of them are not in the API.
    absent: u32,
    /// How many of them no scheduler has looked at.
    unseen: u32,
    /// How many of them are bound to a node.
    pub(crate) bound: u32,
    /// The first node, by name, to which any is bound that counts for where the others go.
    pub(crate) runs_on: Option<&'a str>,
}

impl GangEntry<'_> {
    /// Returns how many of its pods exist that no gate holds back.
    pub(crate) fn ready(&self) -> u32 {
        self.members - self.gated
    }

    /// Whether its pods can be served like others, as long as enough of them get a place: any nodes
    /// will do for them, and the scheduler has refused them all. Requests are served one after the
    /// other, so that the oldest comes first.
    pub(crate) fn is_like_other_pods(&self) -> bool {
        self.gang.same.is_none() && self.unseen == 0 && self.gang.id.kind != GangKind::ProvisioningRequest
    }

    /// Returns how many pods it will have that do not exist, where these are made once its first
    /// pod runs and go where that is.
    pub(crate) fn followers(&self) -> u32 {
        self.gang.total.map_or(0, |total| total.saturating_sub(self.members - self.leaving))
    }

    /// Whether its domain is yet to be chosen, for all the pods that it will have.
    pub(crate) fn leads(&self) -> bool {
        self.runs_on.is_none() && self.followers() > 0
    }

    /// Whether it waits for pods that do not exist yet, or that a gate holds back.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.ready() < self.needed()
    }

    /// Whether only pods that are not in the API make it whole, so that no scheduler looks at the
    /// others yet.
    pub(crate) fn counts_on_absent_pods(&self) -> bool {
        self.absent > 0 && self.members - self.absent < self.gang.min
    }

    /// Returns how many of its pods need a place at the same time.
    pub(crate) fn needed(&self) -> u32 {
        if let Some(total) = self.gang.total.filter(|_| self.runs_on.is_none()) {
            // Its first pod leads the others, as far as these are expected.
            return self.gang.min.max(total.min(self.members - self.leaving));
        }
        // Kueue opens the gates once all pods exist. Where none is closed, those that are missing
        // have ended. So have those of a wish that are missing while others run.
        let kind = self.gang.id.kind;
        let has_begun = match kind {
            GangKind::Kueue => self.gated == 0,
            // Those that are missing have come and are on their nodes.
            GangKind::ProvisioningRequest => true,
            _ => kind.is_wish() && self.bound > 0,
        };
        match has_begun {
            true => self.gang.min.min(self.members),
            false => self.gang.min,
        }
    }
}

impl<'a> Gangs<'a> {
    /// Counts the pods of every gang. Like kube-scheduler it counts those that are being deleted,
    /// as long as they are there. Pods that an object stands for are members as if they were there.
    pub(crate) fn new(snapshot: &'a Snapshot, absent: &IndexVec<AbsentIx, AbsentPods<'a>>) -> Self {
        if snapshot.gangs.is_empty() {
            return Self::default();
        }
        let entry = |gang: &'a Gang| GangEntry {
            gang,
            priority: gang.priority.unwrap_or(i32::MIN),
            members: 0,
            leaving: 0,
            absent: 0,
            gated: 0,
            unseen: 0,
            bound: 0,
            runs_on: None,
        };
        let mut found: FxHashMap<(&str, &GangName), GangEntry<'a>> =
            snapshot.gangs.iter().map(|gang| ((gang.namespace.as_str(), &gang.id), entry(gang))).collect();
        for pod in &snapshot.pods {
            let Some(entry) = pod.gang.as_deref().and_then(|gang| found.get_mut(&(pod.namespace.as_str(), gang))) else {
                continue;
            };
            entry.members += 1;
            let spec = &snapshot.pod_specs[&pod.spec];
            entry.gated += u32::from(pod.is_gated(spec));
            entry.unseen += u32::from(pod.node.is_none() && pod.scheduling == Scheduling::Unseen);
            entry.bound += u32::from(pod.node.is_some());
            // kube-scheduler leaves a gang where pods of it are, as long as they are there. A Job
            // of a JobSet begins anew with a pod that is made for one that leaves.
            let is_leaving = pod.deletion_deadline.is_some();
            entry.leaving += u32::from(is_leaving);
            let place = pod.node.as_deref().filter(|_| !is_leaving || entry.gang.total.is_none());
            entry.runs_on = entry.runs_on.into_iter().chain(place).min();
            if entry.gang.priority.is_none() {
                entry.priority = entry.priority.max(spec.priority);
            }
        }
        for absent in absent {
            let named = absent.pod.gang.as_deref().map(|gang| (absent.pod.namespace.as_str(), gang));
            if let Some(entry) = named.and_then(|gang| found.get_mut(&gang)) {
                entry.members += absent.count;
                entry.absent += absent.count;
                if entry.gang.priority.is_none() {
                    entry.priority = entry.priority.max(snapshot.spec(absent.pod).priority);
                }
            }
        }
        let mut all: Vec<GangEntry<'a>> = found.into_values().collect();
        all.sort_unstable_by_key(|entry| {
            let gang = entry.gang;
            (Reverse(entry.priority), gang.created_at, Reverse(gang.min), &gang.namespace, &gang.id)
        });
        let all = IndexVec::from(all);
        let by_name = all.iter_numbered().map(|(index, entry)| ((entry.gang.namespace.as_str(), &entry.gang.id), index));
        Self { by_name: by_name.collect(), all }
    }

    /// Returns the gang of a pod, if it is known.
    pub(crate) fn of(&self, pod: &Pod) -> Option<GangIx> {
        let named = pod.gang.as_deref()?;
        self.by_name.get(&(pod.namespace.as_str(), named)).copied()
    }

    /// Returns the gangs of a namespace and name, of whatever kind.
    pub(crate) fn named<'s>(&'s self, name: &'s ObjectName) -> impl Iterator<Item = (GangIx, &'s GangEntry<'a>)> {
        self.all.iter_numbered().filter(move |(_, entry)| entry.members > 0 && entry.gang.object() == *name)
    }

    /// Returns a gang with its pods.
    pub(crate) fn entry(&self, gang: GangIx) -> &GangEntry<'a> {
        &self.all[gang]
    }

    /// Returns all of them, in their order.
    pub(crate) fn numbers(&self) -> Numbers<GangIx> {
        self.all.numbers()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
