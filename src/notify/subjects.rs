//! What the snapshot knows of the pods that notifications may name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::plan::{Action, Plan};
use crate::snapshot::{Name, ObjectName, Pod, Snapshot};

/// The label of a pod with the person to notify.
const OWNER_LABEL: &str = "owner";

/// One pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodSubject {
    /// Its UID.
    pub uid: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The label `owner`, if it is not blank.
    pub owner: Option<String>,
}

/// What the snapshot knows of the objects that notifications are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects {
    /// The pods without a node, and those that the plan evicts.
    pods: BTreeMap<ObjectName, PodSubject>,
}

impl Subjects {
    /// Returns those of a plan, from its snapshot.
    #[must_use]
    pub fn from_plan(snapshot: &Snapshot, plan: &Plan) -> Self {
        let evicted: BTreeSet<&ObjectName> = plan
            .actions
            .iter()
            .flat_map(|action| match action {
                Action::Evict { pods, .. } => &pods[..],
                _ => &[],
            })
            .map(|eviction| &eviction.pod)
            .collect();
        let goes = |pod: &Pod| !evicted.is_empty() && evicted.contains(&pod.id());
        let wanted = snapshot.pods.iter().filter(|pod| pod.node.is_none() || goes(pod));
        let subject = |pod: &Pod| PodSubject {
            uid: pod.uid.to_string(),
            created_at: pod.created_at,
            owner: pod.labels.get(OWNER_LABEL).filter(|owner| !owner.is_empty()).map(Name::to_string),
        };
        Self { pods: wanted.map(|pod| (pod.id(), subject(pod))).collect() }
    }

    /// Returns what is known of a pod.
    #[must_use]
    pub fn pod(&self, name: &ObjectName) -> Option<&PodSubject> {
        self.pods.get(name)
    }
}
