//! Counts of the events: a day without events proves nothing.

use ec2_autoscale_core::plan::{Action, GrowReason, Plan};

/// The open case of `flapping` is rare: one purchase of the twenty days.
const MOST_EXCUSED: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Tally {
    bought: u32,
    /// Nodes bought to replace dearer ones.
    pub(super) replaced: u32,
    uncordoned: u32,
    drained: u32,
    evicted: usize,
    terminated: u32,
    unhealthy: u32,
    reverted: u32,
    /// Days that ended with nodes above the minimum, kept as spares.
    pub(super) spares: u32,
    /// Purchases soon after a removal that only the open case of `flapping` explains.
    pub(super) excused: u32,
}

impl Tally {
    pub(super) fn count(&mut self, plan: &Plan) {
        for action in &plan.actions {
            match action {
                Action::NoteInstances { .. }
                | Action::ClearIdle { .. }
                | Action::MarkIdle { .. }
                | Action::ClearGone { .. }
                | Action::MarkGone { .. }
                | Action::ClearNotReady { .. }
                | Action::MarkNotReady { .. }
                | Action::DeleteNode { .. }
                | Action::Cordon { .. } => {}
                Action::Uncordon { .. } => self.uncordoned += 1,
                Action::SetDesired { nodes, reason, .. } | Action::Launch { nodes, reason, .. } => {
                    self.bought += nodes;
                    self.replaced += if matches!(reason, GrowReason::Replaces { .. }) { *nodes } else { 0 };
                }
                Action::RevertDesired { .. } => self.reverted += 1,
                Action::StartDrain { .. } => self.drained += 1,
                Action::Evict { pods, .. } => self.evicted += pods.len(),
                Action::Terminate { .. } => self.terminated += 1,
                Action::TerminateUnhealthy { .. } => self.unhealthy += 1,
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.bought += other.bought;
        self.replaced += other.replaced;
        self.uncordoned += other.uncordoned;
        self.drained += other.drained;
        self.evicted += other.evicted;
        self.terminated += other.terminated;
        self.unhealthy += other.unhealthy;
        self.reverted += other.reverted;
        self.spares += other.spares;
        self.excused += other.excused;
    }

    /// Asserts that everything happened, and often.
    pub(super) fn assert_eventful(&self) {
        let enough = self.bought > 500
            && self.uncordoned > 20
            && self.drained > 50
            && self.evicted > 100
            && self.terminated > 500
            && self.unhealthy > 20
            && self.reverted > 1
            && self.spares > 1;
        assert!(enough, "too little happened: {self:?}");
        assert!(self.excused <= MOST_EXCUSED, "flapping: {self:?}");
    }
}
