//! `explain buffer`: where the room of a CapacityBuffer is held, what is bought for it, and why
//! there is no more.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::absent::{AbsentPodsExplanation, TracedDecisions};
use crate::plan::compose::compose;
use crate::plan::report::{BufferReport, RoomFor, RoomKind};
use crate::plan::situation::Situation;
use crate::policy::Policy;
use crate::snapshot::{ObjectName, Resources, Snapshot};

/// The explanation of one CapacityBuffer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BufferExplanation {
    /// The plan's report on it.
    pub report: BufferReport,
    /// When it was created.
    pub created_at: Timestamp,
    /// `taken_at` of the snapshot, from which distances are counted.
    pub now: Timestamp,
    /// Whether it comes from a file, and is no object of the cluster.
    pub is_from_file: bool,
    /// `spec.replicas`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// `spec.percentage` of the replicas of `spec.scalableRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<u32>,
    /// `spec.limits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Resources>,
    /// Its pods; absent where it is not known what they are like, or the buffer is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<AbsentPodsExplanation>,
}

/// Explains a buffer. Returns nothing when the snapshot has none of that name.
#[must_use]
pub fn buffer(snapshot: &Snapshot, policy: &Policy, name: &ObjectName) -> Option<BufferExplanation> {
    let buffer = snapshot.capacity_buffers.iter().find(|buffer| buffer.id() == *name)?;
    let room_for = RoomFor { kind: RoomKind::CapacityBuffer, object: buffer.id() };
    let situation = Situation::new(snapshot, policy);
    let traced = TracedDecisions::of(&situation, &room_for);
    let reports = compose(&situation, &traced.decisions).buffers;
    let report = reports.into_iter().find(|report| report.namespace == name.namespace && report.name == name.name)?;
    let index = situation.fleet.absent.position(|absent| absent.room_for == room_for);
    let pod = buffer.pod().filter(|_| report.wanted.is_some());
    Some(BufferExplanation {
        room: pod.map(|pod| traced.absent_pods(&situation, pod, index)),
        report,
        created_at: buffer.created_at,
        now: snapshot.taken_at,
        is_from_file: buffer.object.is_none(),
        replicas: buffer.replicas,
        percentage: buffer.percentage,
        limits: buffer.limits.clone(),
    })
}
