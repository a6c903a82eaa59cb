//! The pods that a ProvisioningRequest stands for: those that have not come yet.

use super::{AbsentPods, AbsentTurn};
use crate::plan::report::{RoomFor, RoomKind};
use crate::plan::requests::{RequestStage, ServedRequest, ServedRequests};
use crate::snapshot::{RequestClass, RequestedPods};

/// Returns the pods that requests stand for.
pub(super) fn pods<'r, 'a>(requests: &'r ServedRequests<'a>) -> impl Iterator<Item = AbsentPods<'a>> + use<'r, 'a> {
    requests.iter().flat_map(|served| {
        let sets = served.request.pod_sets.iter().zip(&served.to_come);
        sets.filter_map(move |(set, count)| of_set(served, set, *count))
    })
}

fn of_set<'a>(served: &ServedRequest<'a>, set: &'a RequestedPods, count: u32) -> Option<AbsentPods<'a>> {
    let turn = match (&served.stage, served.class) {
        (RequestStage::Booked { .. }, _) => AbsentTurn::First,
        (RequestStage::Waits, RequestClass::BestEffortAtomicScaleUp) => AbsentTurn::InTurn,
        (RequestStage::Waits, RequestClass::CheckCapacity) => AbsentTurn::IfRoomIsLeft,
        (RequestStage::Fails(_) | RequestStage::Unknown | RequestStage::LeftToAnother(_) | RequestStage::Ends(_), _) => {
            return None;
        }
    };
    Some(AbsentPods {
        room_for: RoomFor { kind: RoomKind::ProvisioningRequest, object: served.request.id() },
        pod: set.pod()?,
        count,
        turn,
        is_bought_for: served.class == RequestClass::BestEffortAtomicScaleUp,
    })
}
