//! How many pods a CapacityBuffer stands for.

use super::{AbsentPods, AbsentTurn, MOST_PODS};
use crate::plan::report::{RoomFor, RoomKind};
use crate::scheduler::pending_requests;
use crate::snapshot::{BufferShape, CapacityBuffer, PODS, PodSpec, Resources, Snapshot};
use crate::well_known::buffers::ACTIVE_CAPACITY;

/// Why a CapacityBuffer stands for no pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BufferProblem {
    /// Its strategy is that of somebody else.
    OtherStrategy,
    /// It is not known what its pods are like.
    ShapeUnknown,
    /// It names no number: neither replicas nor limits, or a percentage of nothing.
    NoNumber,
    /// Its limits are about nothing that its pods request.
    IdleLimits,
}

/// Returns the pods that buffers stand for.
pub(super) fn pods(snapshot: &Snapshot) -> impl Iterator<Item = AbsentPods<'_>> {
    snapshot.capacity_buffers.iter().filter_map(|buffer| {
        let pod = buffer.pod()?;
        Some(AbsentPods {
            room_for: RoomFor { kind: RoomKind::CapacityBuffer, object: buffer.id() },
            pod,
            count: wanted(snapshot, buffer).ok()?,
            turn: AbsentTurn::Last,
        })
    })
}

/// Returns how many pods a buffer wants room for: the larger of its replicas and its percentage, as
/// far as its limits allow, and with limits alone as many as they allow.
pub(crate) fn wanted(snapshot: &Snapshot, buffer: &CapacityBuffer) -> Result<u32, BufferProblem> {
    if buffer.strategy.as_deref().is_some_and(|strategy| strategy != ACTIVE_CAPACITY) {
        return Err(BufferProblem::OtherStrategy);
    }
    let BufferShape::Known { pod, scale, template: _ } = &buffer.shape else { return Err(BufferProblem::ShapeUnknown) };
    let of_scale = |percentage: u32| {
        let pods = u64::from(scale.unwrap_or(0)) * u64::from(percentage);
        u32::try_from(pods.div_ceil(100)).unwrap_or(u32::MAX)
    };
    let share = buffer.percentage.filter(|_| scale.is_some()).map(of_scale);
    let number = buffer.replicas.into_iter().chain(share).max();
    let most = buffer.limits.as_ref().map(|limits| most_within(limits, snapshot.spec(pod))).transpose()?;
    let wanted = number.into_iter().chain(most).min().ok_or(BufferProblem::NoNumber)?;
    Ok(wanted.min(MOST_PODS))
}

/// Returns how many pods stay within limits together.
fn most_within(limits: &Resources, spec: &PodSpec) -> Result<u32, BufferProblem> {
    let requests = pending_requests(spec);
    let each = |name: &str| if name == PODS { 1 } else { requests.get(name) };
    let of_one = limits.iter().filter(|(name, _)| each(name) > 0).map(|(name, limit)| limit.max(0) / each(name));
    of_one.min().map(|most| u32::try_from(most).unwrap_or(u32::MAX)).ok_or(BufferProblem::IdleLimits)
}
