//! Runs that are left out, since they would decide what the run before has decided: nothing.
//!
//! A plan follows from the snapshot and its time. So a run can be left out while nothing happens in
//! the world and no rule that reads the time can apply. Where it is not plain that none can, each
//! run looks.

use super::World;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::plan::Outline;
use crate::policy::Policy;
use crate::snapshot::{Group, Node};

/// The knowledge that runs change nothing for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunsAtRest {
    /// Until then, where nothing happens.
    pub(super) until: Seconds,
    /// What the last run has found out about its nodes.
    pub(super) moves_by_itself: bool,
}

impl World<'_> {
    /// Returns what holds after a run that wanted nothing done.
    pub(super) fn rest_after(&self, policy: &Policy, outline: &Outline<'_>, moves_by_itself: bool) -> Option<RunsAtRest> {
        let rests_for = outline.rests_for().filter(|_| !self.looks_anew && self.is_without_clocks(policy))?;
        Some(RunsAtRest { until: Seconds(self.now.0.saturating_add(rests_for.0)), moves_by_itself })
    }

    /// Returns the rest that still holds.
    pub(super) fn present_rest(&self) -> Option<RunsAtRest> {
        self.rest.filter(|rest| !self.has_news() && self.now < rest.until)
    }

    /// Whether no rule can apply that reads the time, besides those about idle nodes: no launch is
    /// under way or has failed lately, no schedule, reservation, room or drain counts.
    fn is_without_clocks(&self, policy: &Policy) -> bool {
        let snapshot = &self.snapshot;
        let is_calm = |group: &Group| {
            group.automatic.is_empty()
                && group.live_weight() == group.desired
                && group.activities.iter().all(|activity| !activity.has_failed())
                && group.instances.iter().all(|instance| instance.reservation.is_none())
        };
        let drains = |group: &Group| {
            let (own, _) = policy.for_group(group);
            own.consolidate || own.drain_utilization > 0.0
        };
        let is_node = |machine: &MachineId| self.machines[*machine].stage == MachineStage::Ready;
        snapshot.pods.iter().all(|pod| pod.deletion_deadline.is_none())
            && snapshot.nodes.iter().all(Node::is_ready)
            && self.groups.iter().flat_map(|facts| facts.machines.values()).all(is_node)
            && snapshot.groups.iter().all(is_calm)
            && snapshot.instance_notes.is_empty()
            && snapshot.fruitless_notes.is_empty()
            && snapshot.reservations.is_empty()
            && snapshot.provisioning_requests.is_empty()
            && !self.has_buffers()
            && policy.in_force.is_none()
            && !snapshot.groups.iter().any(drains)
    }
}
