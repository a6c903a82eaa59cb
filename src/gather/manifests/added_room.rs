//! What files ask room for, added to a snapshot.

use std::collections::BTreeMap;

use super::room::RoomFound;
use crate::snapshot::{BufferShape, Gang, RequestedShape, Snapshot, SpecId};

/// Adds what asks for room to a snapshot, as if it had been applied a moment ago. `ids` are those
/// that specifications have there.
pub(super) fn add_room(snapshot: &mut Snapshot, ids: &BTreeMap<SpecId, SpecId>, room: RoomFound) {
    let now = snapshot.taken_at;
    for mut buffer in room.buffers {
        if let BufferShape::Known { pod, .. } = &mut buffer.shape {
            pod.spec = ids[&pod.spec];
        }
        buffer.created_at = now;
        snapshot.capacity_buffers.retain(|there| there.id() != buffer.id());
        snapshot.capacity_buffers.push(buffer);
    }
    for mut request in room.requests {
        for set in &mut request.pod_sets {
            if let RequestedShape::Known { pod } = &mut set.shape {
                pod.spec = ids[&pod.spec];
                pod.created_at = now;
            }
        }
        request.created_at = now;
        snapshot.provisioning_requests.retain(|there| there.id() != request.id());
        if let Some(gang) = request.join_gang() {
            let is_it = |there: &Gang| (&there.namespace, &there.id) == (&gang.namespace, &gang.id);
            snapshot.gangs.retain(|there| !is_it(there));
            snapshot.gangs.push(gang);
        }
        snapshot.provisioning_requests.push(request);
    }
}
