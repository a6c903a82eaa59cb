//! The status of CapacityBuffers, in the meaning that Kueue's planned check reads and that
//! Karpenter writes: `Provisioning` is `True` only while Ready nodes have room for all pods.
//!
//! Only what differs is written, and only in the version of the object that was read. Another
//! writer wins, and the next run looks again. Nothing is written while the Lease of another
//! autoscaler is fresh: two writers would undo each other's conditions.

use jiff::Timestamp;

use crate::plain_text::for_status;
use crate::plan::{BufferOutcome, BufferReport, FindingCode, Plan};
use crate::snapshot::{
    BufferCondition, BufferObject, BufferShape, BufferStatus, CapacityBuffer, ObjectName, Snapshot, StatusTemplateRef,
};
use crate::well_known::buffers::ACTIVE_CAPACITY;

/// Whether it is known for which pods there should be room.
const READY_FOR_PROVISIONING: &str = "ReadyForProvisioning";
/// Whether there is room for all of them.
const PROVISIONING: &str = "Provisioning";

/// A status that differs from the one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DueBufferStatus {
    pub(super) buffer: ObjectName,
    /// The version of the API in which the object was read.
    pub(super) version: String,
    /// The version of the object over which it is written.
    pub(super) resource_version: String,
    pub(super) status: BufferStatus,
}

/// Returns the statuses that a plan changes.
pub(super) fn due_buffer_statuses(snapshot: &Snapshot, plan: &Plan) -> Vec<DueBufferStatus> {
    if plan.findings.iter().any(|finding| matches!(finding.code, FindingCode::ForeignAutoscaler { .. })) {
        return Vec::new();
    }
    let now = Timestamp::from_second(snapshot.taken_at.as_second()).unwrap_or(snapshot.taken_at);
    let due = |buffer: &CapacityBuffer| {
        let report = plan.buffers.iter().find(|report| report.namespace == buffer.namespace && report.name == buffer.name)?;
        let object = buffer.object.as_deref()?;
        let status = status_of(buffer, report, object, now)?;
        (status != object.status).then(|| DueBufferStatus {
            buffer: buffer.id(),
            version: object.version.clone(),
            resource_version: object.resource_version.clone(),
            status,
        })
    };
    snapshot.capacity_buffers.iter().filter_map(due).collect()
}

/// Returns what the status should be; `None` where it is not ours, or nothing is known.
fn status_of(buffer: &CapacityBuffer, report: &BufferReport, object: &BufferObject, now: Timestamp) -> Option<BufferStatus> {
    let (resolved, provisioned) = conditions(buffer, report)?;
    let mut status = BufferStatus {
        pod_template_ref: None,
        pod_template_generation: None,
        replicas: report.wanted.map(i64::from),
        provisioning_strategy: Some(ACTIVE_CAPACITY.to_owned()),
        conditions: object.status.conditions.clone(),
    };
    if let BufferShape::Known { template: Some(template), .. } = &buffer.shape {
        status.pod_template_ref = Some(StatusTemplateRef { name: template.name.to_string() });
        status.pod_template_generation = template.generation;
    }
    for (about, ConditionToSet { is_true, reason, message }) in
        [(READY_FOR_PROVISIONING, resolved), (PROVISIONING, provisioned)]
    {
        let value = if is_true { "True" } else { "False" };
        let before = object.status.condition(about).filter(|condition| condition.status == value);
        let condition = BufferCondition {
            about: about.to_owned(),
            status: value.to_owned(),
            observed_generation: object.generation,
            last_transition_time: before.and_then(|before| before.last_transition_time).or(Some(now)),
            reason: reason.to_owned(),
            message,
        };
        match status.conditions.iter_mut().find(|condition| condition.about == about) {
            Some(there) => *there = condition,
            None => status.conditions.push(condition),
        }
    }
    Some(status)
}

/// Whether something holds, and why.
struct ConditionToSet {
    is_true: bool,
    reason: &'static str,
    message: String,
}

/// Returns both conditions of a buffer.
fn conditions(buffer: &CapacityBuffer, report: &BufferReport) -> Option<(ConditionToSet, ConditionToSet)> {
    let because = |is_true, reason| ConditionToSet { is_true, reason, message: for_status(&report.message) };
    let resolved = || ConditionToSet { is_true: true, reason: "Resolved", message: String::new() };
    Some(match report.outcome {
        BufferOutcome::OtherStrategy => return None,
        BufferOutcome::Unresolved => {
            let reason = match &buffer.shape {
                // The reading failed, and may succeed in the next run.
                BufferShape::Unreadable { .. } => return None,
                BufferShape::TemplateMissing { .. } => "PodTemplateNotFound",
                BufferShape::ScalableMissing { .. } => "ScalableRefNotFound",
                BufferShape::Known { .. } | BufferShape::NoReference | BufferShape::KindNotServed { .. } => "ResolutionFailed",
            };
            (because(false, reason), because(false, "NotReadyForProvisioning"))
        }
        BufferOutcome::Empty => (resolved(), because(false, "BufferEmpty")),
        BufferOutcome::Whole => (resolved(), because(true, "FitsExistingCapacity")),
        BufferOutcome::Filling | BufferOutcome::Short => (resolved(), because(false, "RequiresNewCapacity")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{ForeignAutoscaler, ForeignLease, Pod, Resources, Scheduling};

    /// Returns the example of the program with a buffer for a pod that requests so much.
    fn with_buffer(cpu: i64, replicas: u32) -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        let id = ObjectName::new("team-a", "spare");
        let created_at = snapshot.taken_at;
        let mut spec = snapshot.pod_specs.values().next().expect("a specification").clone();
        (spec.containers[0].requests, spec.node_selector) = (Resources::default(), crate::snapshot::Labels::new());
        spec.containers[0].requests.set("cpu", cpu);
        let last = snapshot.pod_specs.keys().next_back().expect("a specification").0;
        snapshot.pod_specs.insert(crate::snapshot::SpecId(last + 1), spec);
        let mut pod = Pod::unseen(id.clone(), crate::snapshot::SpecId(last + 1), created_at);
        pod.scheduling = Scheduling::Unschedulable { since: created_at };
        snapshot.capacity_buffers.push(CapacityBuffer {
            namespace: id.namespace,
            name: id.name,
            created_at,
            strategy: None,
            replicas: Some(replicas),
            percentage: None,
            limits: None,
            shape: BufferShape::Known { pod: Box::new(pod), scale: None, template: None },
            object: Some(Box::new(BufferObject {
                version: "v1beta1".to_owned(),
                resource_version: "7".to_owned(),
                generation: Some(3),
                status: BufferStatus::default(),
            })),
        });
        snapshot
    }

    fn due(snapshot: &Snapshot) -> Vec<DueBufferStatus> {
        due_buffer_statuses(snapshot, &plan(snapshot, &Policy::default()))
    }

    fn reasons(status: &BufferStatus) -> Vec<(&str, &str, &str)> {
        status.conditions.iter().map(|it| (it.about.as_str(), it.status.as_str(), it.reason.as_str())).collect()
    }

    #[test]
    fn room_on_ready_nodes_alone_is_provisioned() {
        let there = due(&with_buffer(1, 1));
        assert_eq!(
            reasons(&there[0].status),
            [("ReadyForProvisioning", "True", "Resolved"), ("Provisioning", "True", "FitsExistingCapacity")]
        );
        assert_eq!((there[0].status.replicas, there[0].status.conditions[0].observed_generation), (Some(1), Some(3)));
        let short = due(&with_buffer(i64::from(u32::MAX), 2));
        assert_eq!(reasons(&short[0].status)[1], ("Provisioning", "False", "RequiresNewCapacity"));
        let empty = due(&with_buffer(1, 0));
        assert_eq!(reasons(&empty[0].status)[1], ("Provisioning", "False", "BufferEmpty"));
    }

    #[test]
    fn a_status_is_written_once_and_keeps_what_others_wrote() {
        let mut snapshot = with_buffer(1, 1);
        let others = BufferCondition {
            about: "LimitedByQuotas".to_owned(),
            status: "False".to_owned(),
            observed_generation: None,
            last_transition_time: Some(snapshot.taken_at),
            reason: "NotLimited".to_owned(),
            message: String::new(),
        };
        let written = |snapshot: &mut Snapshot, status: &BufferStatus| {
            snapshot.capacity_buffers[0].object.as_mut().expect("an object").status = status.clone();
        };
        written(&mut snapshot, &BufferStatus { conditions: vec![others.clone()], ..BufferStatus::default() });
        let first = due(&snapshot);
        assert_eq!(first[0].status.conditions[0], others);
        written(&mut snapshot, &first[0].status);
        snapshot.taken_at = crate::duration::Seconds(60).after(snapshot.taken_at);
        assert_eq!(due(&snapshot), []);
    }

    #[test]
    fn what_others_read_holds_nothing_secret_and_does_not_change_with_the_clock() {
        let snapshot = with_buffer(i64::from(u32::MAX), 2);
        let report = plan(&snapshot, &Policy::default()).buffers.remove(0);
        let message = |minutes: u32| {
            let words = format!("until 14:20 UTC, in {minutes}m: not authorized: arn:aws:iam::123456789012:role/scaler");
            let report = BufferReport { message: words, ..report.clone() };
            conditions(&snapshot.capacity_buffers[0], &report).expect("it is ours").1.message
        };
        assert!(!message(42).contains("123456789012") && message(42).contains("not authorized"), "{}", message(42));
        assert_eq!(message(42), message(41));
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let mut snapshot = with_buffer(1, 1);
        snapshot.capacity_buffers[0].strategy = Some("buffer.x-k8s.io/ephemeral-capacity".to_owned());
        assert_eq!(due(&snapshot), []);
        let mut beside = with_buffer(1, 1);
        beside.foreign_leases.push(ForeignLease {
            autoscaler: ForeignAutoscaler::ClusterAutoscaler,
            namespace: "kube-system".to_owned(),
            holder: "ca".to_owned(),
            renewed_at: beside.taken_at,
        });
        assert_eq!(due(&beside), []);
        let mut unread = with_buffer(1, 1);
        unread.capacity_buffers[0].shape = BufferShape::Unreadable { error: "503".to_owned() };
        assert_eq!(due(&unread), []);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut snapshot = with_buffer(1, 1);
        snapshot.capacity_buffers[0].shape = BufferShape::TemplateMissing { name: "large".into() };
        let due = due(&snapshot);
        assert_eq!(
            reasons(&due[0].status),
            [("ReadyForProvisioning", "False", "PodTemplateNotFound"), ("Provisioning", "False", "NotReadyForProvisioning")]
        );
        assert_eq!(due[0].status.conditions[0].message, "PodTemplate large is not in its namespace");
    }
}
