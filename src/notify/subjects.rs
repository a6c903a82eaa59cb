//! What the snapshot knows of the pods that a run may have to speak of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::plan::{Action, Plan};
use crate::snapshot::{ObjectName, Pod, Snapshot};

/// The label of a pod that says whom to tell.
const OWNER_LABEL: &str = "owner";

/// One pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodSubject {
    /// Its UID.
    pub uid: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The label `owner`, if it says anything.
    pub owner: Option<String>,
}

/// The pods without a node, and those that the plan asks to leave theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects(BTreeMap<ObjectName, PodSubject>);

impl Subjects {
    /// Of a plan, from the snapshot it was made of.
    #[must_use]
    pub fn of(snapshot: &Snapshot, plan: &Plan) -> Self {
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
            uid: pod.uid.clone(),
            created_at: pod.created_at,
            owner: pod.labels.get(OWNER_LABEL).filter(|owner| !owner.is_empty()).cloned(),
        };
        Self(wanted.map(|pod| (pod.id(), subject(pod))).collect())
    }

    /// What is known of a pod.
    #[must_use]
    pub fn pod(&self, name: &ObjectName) -> Option<&PodSubject> {
        self.0.get(name)
    }
}
