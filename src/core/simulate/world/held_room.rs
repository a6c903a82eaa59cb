//! The time of nodes that are there for CapacityBuffers alone.
//!
//! What a run has found holds until the next one.

use super::World;
use crate::duration::Seconds;
use crate::plan::{NodeState, Plan, RoomKind};

/// The time of nodes that only buffers keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldRoom {
    /// What has been counted.
    counted: Seconds,
    /// How many such nodes the last run has found, and when.
    nodes: u64,
    since: Seconds,
}

impl HeldRoom {
    /// Returns nothing, at the start.
    pub(super) fn none() -> Self {
        Self { counted: Seconds(0), nodes: 0, since: Seconds(0) }
    }

    /// Returns the time up to a moment.
    pub(super) fn until(self, now: Seconds) -> Seconds {
        Seconds(self.counted.0 + self.nodes * (now.0 - self.since.0))
    }
}

impl World<'_> {
    /// Whether there are buffers.
    pub(super) fn has_buffers(&self) -> bool {
        !self.snapshot.capacity_buffers.is_empty()
    }

    /// Counts the nodes that only buffers keep, by what a run has planned.
    pub(super) fn note_held_room(&mut self, plan: &Plan) {
        let is_held = |state: &NodeState| match state {
            NodeState::RoomKept { room_for, .. } => room_for.kind == RoomKind::CapacityBuffer,
            _ => false,
        };
        let nodes = plan.nodes.iter().filter(|report| is_held(&report.state)).count() as u64;
        self.record.held_room = HeldRoom { counted: self.record.held_room.until(self.now), nodes, since: self.now };
    }
}

#[cfg(test)]
mod tests {
    use crate::duration::Seconds;
    use crate::simulate::world::test_world::TestWorld;

    /// Returns for how long nodes were held for a buffer of so many pods, each of half a node.
    fn held(replicas: u32) -> Option<Seconds> {
        let mut sample = TestWorld::new();
        sample.group("web", 3, &["a"]);
        sample.buffer("spare", 2000, replicas);
        sample.settings.longest = Seconds(7200);
        sample.job(0, "train", 4000, 1, 3600);
        sample.lived().held_for_buffers
    }

    #[test]
    fn a_node_counts_while_only_a_buffer_keeps_it() {
        let one = held(2).expect("there is a buffer");
        // One node is there for the buffer from its boot to the end of the simulation.
        assert!(one.0 > 3600 && one.0 < 7200, "{one}");
        let two = held(4).expect("there is a buffer");
        assert_eq!(two.0, 2 * one.0);
        assert_eq!(held(0), Some(Seconds(0)));
    }
}
