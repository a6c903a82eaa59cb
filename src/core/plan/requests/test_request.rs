//! A request for unit tests of the rules about requests.

use jiff::Timestamp;

use super::{RequestStage, ServedRequest};
use crate::duration::Seconds;
use crate::snapshot::{
    ClusterIdentity, Container, ContainerRole, Labels, ObjectName, Phase, Pod, PodSpec, ProvisioningRequest, RequestClass,
    RequestCondition, RequestConditionKind, RequestedPods, RequestedShape, RestartPolicy, Scheduling, Snapshot, SpecId,
};
use crate::well_known::annotations::USES_REQUEST;
use crate::well_known::requests::BEST_EFFORT_ATOMIC;

/// Returns the time of the snapshot.
pub(super) fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().expect("a time")
}

/// Returns the moment so many minutes before.
pub(super) fn minutes_ago(minutes: u64) -> Timestamp {
    Seconds::minutes(minutes).before(now())
}

/// Returns a snapshot with specifications of pods, each with so many thousandths of a CPU as its
/// id.
pub(super) fn snapshot() -> Snapshot {
    let spec = |cpu: u32| {
        let container = Container {
            name: "main".into(),
            role: ContainerRole::Main,
            requests: [("cpu", i64::from(cpu))].into_iter().collect(),
            host_ports: Vec::new(),
        };
        let spec = PodSpec {
            scheduler_name: "default-scheduler".into(),
            priority: 0,
            scheduling_gates: Vec::new(),
            node_selector: Labels::new(),
            node_affinity: None,
            tolerations: Vec::new(),
            containers: vec![container],
            pod_requests: crate::snapshot::Resources::default(),
            overhead: crate::snapshot::Resources::default(),
            topology_spread: Vec::new(),
            pod_affinity: Vec::new(),
            pod_anti_affinity: Vec::new(),
            resource_claims: Vec::new(),
            host_network: false,
            restart_policy: RestartPolicy::Never,
            active_deadline: None,
        };
        (SpecId(cpu), spec)
    };
    let pod_specs = [100, 200, 300].map(spec).into();
    Snapshot { pod_specs, ..Snapshot::empty(ClusterIdentity::default(), now()) }
}

/// Returns a pod of a specification.
pub(super) fn pod(cpu: u32) -> Pod {
    Pod {
        scheduling: Scheduling::Unschedulable { since: minutes_ago(5) },
        phase: Phase::Pending,
        ..Pod::unseen(ObjectName::new("ml", "pod"), SpecId(cpu), minutes_ago(5))
    }
}

/// Returns a pod that is bound to a node and uses the room of the request.
pub(super) fn bound(cpu: u32) -> Pod {
    let mut pod = Pod { node: Some("node-1".into()), scheduling: Scheduling::Scheduled { at: None }, ..pod(cpu) };
    pod.drain_annotations.insert(USES_REQUEST.into(), "train".into());
    pod
}

/// Returns a request that is five minutes old, with so many pods of each specification.
pub(super) fn request(pod_sets: &[(u32, u32)]) -> ProvisioningRequest {
    let set = |&(cpu, count): &(u32, u32)| RequestedPods {
        template: format!("template-{cpu}").into(),
        count,
        shape: RequestedShape::Known { pod: Box::new(pod(cpu)) },
    };
    ProvisioningRequest {
        namespace: "ml".into(),
        name: "train".into(),
        api_version: "v1".into(),
        resource_version: "7".into(),
        created_at: minutes_ago(5),
        class: BEST_EFFORT_ATOMIC.into(),
        parameters: std::collections::BTreeMap::new(),
        pod_sets: pod_sets.iter().map(set).collect(),
        conditions: Vec::new(),
    }
}

impl ProvisioningRequest {
    /// Gives it a condition that has been so for some minutes.
    pub(super) fn with(mut self, kind: RequestConditionKind, holds: bool, minutes: u64) -> Self {
        let (reason, message) = ("Reason".to_owned(), "Message.".to_owned());
        self.conditions.push(RequestCondition { kind, holds, reason, message, since: minutes_ago(minutes) });
        self
    }

    /// Gives it a parameter.
    pub(super) fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Gives it another class.
    pub(super) fn of_class(self, class: &str) -> Self {
        Self { class: class.into(), ..self }
    }

    /// Returns it as one that is served, of which no pod is bound.
    pub(super) fn served(&self) -> ServedRequest<'_> {
        let class = self.served_class().unwrap_or(RequestClass::CheckCapacity);
        let stage = RequestStage::of(self, class, false, now());
        ServedRequest { request: self, class, stage, bound: 0, to_come: self.pod_sets.iter().map(|set| set.count).collect() }
    }
}
