//! `explain request`: whether a ProvisioningRequest has room for all its pods, and where.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::absent::{AbsentPodsExplanation, HeldOnNode, TracedDecisions};
use crate::plan::compose::compose;
use crate::plan::report::{RequestReport, RoomFor, RoomKind};
use crate::plan::requests::pods_on_nodes;
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::{Name, ObjectName, RequestCondition, RequestedPods, RequestedShape, Snapshot};

/// The explanation of one ProvisioningRequest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestExplanation {
    /// The plan's report on it.
    pub report: RequestReport,
    /// When it was created.
    pub created_at: Timestamp,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
    /// Its conditions as they are.
    pub conditions: Vec<RequestCondition>,
    /// The nodes on which pods run that use its room, each with how many.
    pub used_on: Vec<HeldOnNode>,
    /// Its pod sets.
    pub pod_sets: Vec<PodSetExplanation>,
}

/// Pods of a request that are all alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PodSetExplanation {
    /// The PodTemplate that they are made of.
    pub template: Name,
    /// How many there will be.
    pub count: u32,
    /// What is wrong with the template; absent where it is known what its pods are like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Those that are still to come; absent where it is not known what they are like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<AbsentPodsExplanation>,
}

/// Explains a request. Returns nothing when none of that name is served and not over.
#[must_use]
pub fn request(snapshot: &Snapshot, policy: &Policy, name: &ObjectName) -> Option<RequestExplanation> {
    let request = snapshot.provisioning_requests.iter().find(|request| request.id() == *name)?;
    let room_for = RoomFor { kind: RoomKind::ProvisioningRequest, object: request.id() };
    let situation = Situation::new(snapshot, policy);
    let traced = TracedDecisions::of(&situation, &room_for);
    let report = compose(&situation, &traced.decisions).requests.into_iter().find(|report| report.request == *name)?;
    let absent = &situation.fleet.absent;
    let explain_set = |set: &RequestedPods| PodSetExplanation {
        template: set.template.clone(),
        count: set.count,
        problem: problem(&set.shape),
        room: set.pod().map(|pod| {
            let index = absent.position(|absent| absent.room_for == room_for && std::ptr::eq(absent.pod, pod));
            traced.absent_pods(&situation, pod, index)
        }),
    };
    Some(RequestExplanation {
        pod_sets: request.pod_sets.iter().map(explain_set).collect(),
        report,
        created_at: request.created_at,
        now: snapshot.taken_at,
        conditions: request.conditions.clone(),
        used_on: pods_on_nodes(snapshot, request).into_iter().map(|(node, pods)| HeldOnNode { node, pods }).collect(),
    })
}

/// Returns what is wrong with a template.
fn problem(shape: &RequestedShape) -> Option<String> {
    match shape {
        RequestedShape::Known { .. } => None,
        RequestedShape::TemplateMissing => Some("is not there".to_owned()),
        RequestedShape::NotUnderstood { problem } => Some(problem.clone()),
        RequestedShape::NotRead => Some("was not read".to_owned()),
    }
}
