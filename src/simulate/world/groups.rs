//! What is known of a group beside what a snapshot says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::World;
use super::machines::MachineId;
use crate::duration::Seconds;
use crate::plan::ExpectedNode;
use crate::snapshot::Group;

/// A group of the snapshot.
#[derive(Debug)]
pub(super) struct GroupFacts {
    /// What its machines become, as the planner's own templates of the beginning say: a machine is what it is.
    pub(super) expected: Result<Vec<ExpectedNode>, String>,
    /// From a launch until the node is Ready.
    pub(super) boot_time: Seconds,
    /// How long a run reads back what happened to it.
    pub(super) memory: Seconds,
    /// Its instances that are there, by their ids.
    pub(super) machines: BTreeMap<String, MachineId>,
    /// When what it lacks was asked for; absent when it is to replace what was lost.
    pub(super) asked_at: Option<Timestamp>,
    /// How often nothing could be launched since something was.
    pub(super) failures: u32,
    /// When AWS tries again.
    pub(super) next_try: Option<Seconds>,
}

/// Live capacity in the group's unit.
pub(super) fn live_weight(group: &Group) -> i64 {
    group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight.max(1)).sum()
}

impl World<'_> {
    /// A run reads no further back than it needs: see `gather::aws::activity_reading`.
    pub(super) fn forget_old_activities(&mut self) {
        let now = self.time();
        for (group, facts) in self.snapshot.groups.iter_mut().zip(&self.groups) {
            group.activities.retain(|activity| facts.memory.after(activity.started_at) >= now);
        }
    }
}
