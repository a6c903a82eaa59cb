//! Instances that go without a plan: spot instances that the cloud takes back, each at a time of
//! its own (`--spot-interruptions`), and those that a trace names.

use super::World;
use super::agenda::Event;
use super::chance::waiting_time;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::simulate::Departure;

impl World<'_> {
    /// Draws the time at which the cloud takes the machine back, if it is a spot instance.
    pub(super) fn expect_interruption(&mut self, machine: MachineId) {
        let interrupted_after = waiting_time(self.settings.seed, machine as u64, self.settings.spot_interruptions);
        if let Some(after) = interrupted_after.filter(|_| self.machines[machine].story.spot) {
            self.agenda.add(Seconds(self.now.0.saturating_add(after.0)), Event::Interrupted { machine });
        }
    }

    /// Takes an instance back, as the cloud does or a failure, and launches another in its place.
    pub(super) fn interrupt(&mut self, machine: MachineId) {
        if self.machines[machine].stage == MachineStage::Gone {
            return;
        }
        let group = self.machines[machine].story.group;
        self.note_end(group, false);
        self.groups[group].asked_at = None;
        let why = if self.machines[machine].story.spot { Departure::Interrupted } else { Departure::Failed };
        self.end_machine(machine, why);
        self.hungry.insert(group);
    }
}
