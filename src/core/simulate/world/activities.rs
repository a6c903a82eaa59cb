//! The scaling activities of a group, as `gather` would have read them.

use super::World;
use crate::simulate::LaunchFailures;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus};

impl World<'_> {
    /// Forgets old activities: a run reads no further back than it needs.
    pub(super) fn forget_old_activities(&mut self) {
        let now = self.time();
        for (group, facts) in self.snapshot.groups.iter_mut().zip(&self.groups) {
            group.activities.retain(|activity| facts.memory.after(activity.started_at) >= now);
        }
    }

    /// Notes the launch of an instance.
    pub(super) fn note_launch(&mut self, group: usize, zone: String, machine_type: String) {
        let requested_at = self.groups[group].asked_at;
        let (zone, machine_type) = (Some(zone), Some(machine_type));
        let base = self.activity(ActivityKind::Launch, ActivityStatus::Successful);
        self.note(group, Activity { requested_at, zone, machine_type, ..base });
    }

    /// Notes a failed launch: in a zone that lacks a type, or as a whole.
    pub(super) fn note_failure(&mut self, group: usize, message: String, part: Option<(String, String)>) {
        self.record.failed_launches[group] += 1;
        match self.record.failures.last_mut().filter(|last| last.at == self.now && last.group == group) {
            Some(last) => last.launches += 1,
            None => self.record.failures.push(LaunchFailures { at: self.now, group, launches: 1 }),
        }
        let requested_at = self.groups[group].asked_at;
        let capacity_problem = part.is_some();
        let (zone, machine_type) = part.unzip();
        let base = self.activity(ActivityKind::Launch, ActivityStatus::Failed);
        self.note(group, Activity { message, requested_at, capacity_problem, zone, machine_type, ..base });
    }

    /// Notes the end of an instance. `replacement`: its termination was requested by name, with
    /// another in its place.
    pub(super) fn note_end(&mut self, group: usize, replacement: bool) {
        let base = self.activity(ActivityKind::Terminate, ActivityStatus::Successful);
        self.note(group, Activity { replacement, ..base });
    }

    /// Returns an activity that begins and ends now, with an id of its own.
    fn activity(&mut self, kind: ActivityKind, status: ActivityStatus) -> Activity {
        self.record.activities += 1;
        Activity {
            id: format!("activity-{:08}", self.record.activities),
            kind,
            status,
            started_at: self.time(),
            message: String::new(),
            requested_at: None,
            capacity_problem: false,
            zone: None,
            machine_type: None,
            replacement: false,
            by_instance_refresh: false,
            placement_full: false,
            machine_died: false,
        }
    }

    /// Adds an activity; the newest comes first.
    fn note(&mut self, group: usize, activity: Activity) {
        self.snapshot.groups[group].activities.insert(0, activity);
    }
}
