//! The past of a cluster's pods as a trace: `snapshot --with-finished` holds those that have ended.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::beginning::{beginning, cluster_at};
use crate::duration::Seconds;
use crate::snapshot::{FinishedPod, Pod, PodSpec, Snapshot, SpecId};
use crate::trace::{Trace, Work};

/// A recorded trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The work, pod by pod.
    pub trace: Trace,
    /// The cluster in which it begins, when the first of the finished pods was created: the groups
    /// are at their minimum.
    pub begin: Snapshot,
    /// How many finished pods are left out because it is unknown when they were bound or when they
    /// ended.
    pub left_out: u32,
    /// How many pods ended at a time that is about right: they were there in one snapshot, and gone
    /// in the next.
    pub about: u32,
}

/// Returns the trace of a snapshot's pods; `None` when it holds no finished pod that a trace can be
/// made from.
///
/// A finished pod comes when it was created and runs as long as it did from its binding on. A pod
/// that has not ended comes when it was created, or at the beginning, and runs to the end. Pods of
/// DaemonSets and static pods belong to their nodes.
#[must_use]
pub fn from_snapshot(snapshot: &Snapshot) -> Option<Recorded> {
    let of_nodes = |pod: &&FinishedPod| pod.owner.as_ref().is_some_and(|owner| owner.kind == "DaemonSet");
    let finished: Vec<&FinishedPod> = snapshot.finished_pods.iter().filter(|pod| !of_nodes(pod)).collect();
    let begins_at = beginning(&finished)?;
    let since_begin = |at: Timestamp| Seconds::between(begins_at, at);
    let mut work: Vec<Work> = Vec::new();
    for pod in &finished {
        if let Some(duration) = pod.ran_for() {
            work.push(one(since_begin(pod.created_at), pattern(pod), Some(duration)));
        }
    }
    let left_out = u32::try_from(finished.len() - work.len()).unwrap_or(u32::MAX);
    let unfinished = snapshot.pods.iter().filter(|pod| !pod.belongs_to_its_node() && pod.deletion_deadline.is_none());
    work.extend(unfinished.map(|pod| one(since_begin(pod.created_at), pod.made_again(), None)));
    work.sort_by(|a, b| (a.at, &a.pod.namespace, &a.pod.name).cmp(&(b.at, &b.pod.namespace, &b.pod.name)));
    let pod_specs = specs_of(snapshot, &work);
    let begin = cluster_at(snapshot, begins_at);
    let trace = Trace { pod_specs, work, gangs: snapshot.gangs.clone(), ..Trace::default() };
    Some(Recorded { trace, begin, left_out, about: 0 })
}

fn one(at: Seconds, pod: Pod, duration: Option<Seconds>) -> Work {
    Work { at, pod, parallelism: 1, completions: 1, duration, until: None }
}

/// Returns the pattern of a pod, without claims of volumes, since they went with it.
pub(super) fn pattern(pod: &FinishedPod) -> Pod {
    Pod {
        labels: pod.labels.clone(),
        owner: pod.owner.clone(),
        drain_annotations: pod.drain_annotations.clone(),
        resource_claims: pod.resource_claims.clone(),
        ..Pod::unseen(pod.id(), pod.spec, pod.created_at)
    }
}

fn specs_of(snapshot: &Snapshot, work: &[Work]) -> BTreeMap<SpecId, PodSpec> {
    work.iter().map(|work| (work.pod.spec, snapshot.pod_specs[&work.pod.spec].clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::{Labels, Outcome, Owner, Scheduling};

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}Z").parse().expect("a time")
    }

    fn finished(name: &str, created: &str, bound: Option<&str>, ended: Option<&str>) -> FinishedPod {
        let owner = Owner { kind: "Job".into(), api_version: "batch/v1".into(), name: "j".into(), uid: "u".into() };
        FinishedPod {
            namespace: "ml".into(),
            name: name.into(),
            labels: [("team".to_owned(), "a".to_owned())].into(),
            owner: Some(Arc::new(owner)),
            spec: SpecId(0),
            resource_claims: Vec::new(),
            drain_annotations: Labels::new(),
            created_at: at(created),
            bound_at: bound.map(at),
            finished_at: ended.map(at),
            outcome: Outcome::Succeeded,
        }
    }

    /// Returns the demo with these pods, of which the first running one was created before and the
    /// second after the trace begins.
    fn snapshot() -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        snapshot.pods.retain(|pod| !pod.is_daemon() && pod.node.is_some());
        snapshot.pods.truncate(2);
        snapshot.pods[0].created_at = at("09:00:00");
        snapshot.pods[1].created_at = at("10:30:00");
        snapshot.pods.iter_mut().for_each(|pod| pod.spec = SpecId(0));
        snapshot.finished_pods = vec![
            finished("b", "11:00:00", Some("11:00:10"), Some("11:30:10")),
            finished("a", "10:00:00", Some("10:10:00"), Some("10:10:00")),
            finished("evicted", "09:30:00", Some("09:31:00"), None),
            finished("never", "09:45:00", None, None),
        ];
        snapshot
    }

    #[test]
    fn pods_come_when_they_came_and_run_as_long_as_they_did() {
        let snapshot = snapshot();
        let recorded = from_snapshot(&snapshot).expect("a trace");
        let work = &recorded.trace.work;
        let told: Vec<_> =
            work.iter().map(|work| (work.pod.name.as_str(), work.at.0, work.duration.map(|all| all.0))).collect();
        let mut expected = vec![
            ("a", 0, Some(1)),
            (snapshot.pods[0].name.as_str(), 0, None),
            (snapshot.pods[1].name.as_str(), 1800, None),
            ("b", 3600, Some(1800)),
        ];
        expected[..2].sort_unstable_by_key(|(name, ..)| if *name == "a" { "ml" } else { snapshot.pods[0].namespace.as_str() });
        assert_eq!((told, recorded.begin.taken_at, recorded.left_out), (expected, at("10:00:00"), 2));
        assert!(work.iter().all(|work| work.pod.node.is_none() && work.pod.scheduling == Scheduling::Unseen));
        assert_eq!(recorded.trace.pod_specs.keys().collect::<Vec<_>>(), [&SpecId(0)]);
        let b = work.last().expect("work");
        assert_eq!((b.pod.labels["team"].as_str(), b.pod.owner.as_ref().map(|owner| owner.name.as_str())), ("a", Some("j")));
    }

    #[test]
    fn without_finished_pods_there_is_no_trace() {
        assert_eq!(from_snapshot(&crate::demo::snapshot()), None);
        let mut snapshot = snapshot();
        snapshot.finished_pods.retain(|pod| pod.finished_at.is_none());
        assert_eq!(from_snapshot(&snapshot), None);
        let set = Owner { kind: "DaemonSet".into(), api_version: "apps/v1".into(), name: "d".into(), uid: "u".into() };
        let daemon =
            FinishedPod { owner: Some(Arc::new(set)), ..finished("d", "10:00:00", Some("10:00:00"), Some("10:01:00")) };
        snapshot.finished_pods = vec![daemon];
        assert_eq!(from_snapshot(&snapshot), None);
    }

    #[test]
    fn finished_pods_go_with_the_snapshot_and_change_no_plan() {
        let snapshot = snapshot();
        let text = serde_json::to_vec(&snapshot).expect("JSON");
        assert_eq!(Snapshot::from_json(&text).expect("a snapshot"), snapshot);
        let mut dangling = snapshot;
        dangling.finished_pods[0].spec = SpecId(9999);
        let text = serde_json::to_vec(&dangling).expect("JSON");
        let error = Snapshot::from_json(&text).expect_err("a dangling name").to_string();
        assert_eq!(error, "pod ml/b names pod_specs entry 9999, which the snapshot does not hold");
    }
}
