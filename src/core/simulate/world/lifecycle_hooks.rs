//! Lifecycle hooks of the groups: nobody completes them, so that they hold an instance for as long
//! as they may.
//!
//! A machine boots while a launching hook holds it, and its node registers once the hook lets it.
//! When the group ends an instance, the node goes at once with its pods, and a terminating hook
//! holds the machine, which is paid meanwhile. What the cloud takes back no hook holds.

use super::World;
use super::agenda::Event;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::simulate::{Departure, WorldPart};
use crate::snapshot::{Lifecycle, LifecycleHooks};

impl World<'_> {
    fn hooks(&self, group: usize) -> LifecycleHooks {
        match self.settings.without.contains(&WorldPart::LifecycleHooks) {
            true => LifecycleHooks::default(),
            false => self.snapshot.groups[group].hooks,
        }
    }

    /// Returns how long an instance that a group launches is held before it may be a node.
    pub(super) fn held_at_launch(&self, group: usize) -> Seconds {
        self.hooks(group).launching.unwrap_or_default()
    }

    /// Whether hooks hold any instance that ends.
    pub(super) fn are_any_held_at_their_end(&self) -> bool {
        let mut machines = self.groups.iter().flat_map(|facts| facts.machines.values());
        machines.any(|machine| self.machines[*machine].ends_as.is_some())
    }

    /// Ends an instance of a group, for which the group's hooks may hold it.
    pub(super) fn end_by_group(&mut self, machine: MachineId, why: Departure) {
        let group = self.machines[machine].story.group;
        match self.hooks(group).terminating.filter(|held| *held > Seconds(0)) {
            None => self.end_machine(machine, why),
            Some(held) => {
                self.leave_node(machine);
                let id = &self.machines[machine].story.id;
                let mut instances = self.snapshot.groups[group].instances.iter_mut();
                if let Some(instance) = instances.find(|instance| instance.id == *id) {
                    instance.lifecycle = Lifecycle::Terminating;
                }
                self.enter(machine, MachineStage::Silent);
                self.machines[machine].ends_as = Some(why);
                self.agenda.add(Seconds(self.now.0.saturating_add(held.0)), Event::MachineGone { machine });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::world::test_world::TestWorld;

    /// Returns when the node of a job was Ready, when its machine ended, and for how many seconds
    /// the runs saw it as one that is being terminated.
    fn lived(launching: Option<u64>, terminating: Option<u64>, without: Option<WorldPart>) -> (u64, u64, u64) {
        let mut sample = TestWorld::new();
        sample.settings.without = without.into_iter().collect();
        sample.group("g", 5, &["a"]).hooks =
            LifecycleHooks { launching: launching.map(Seconds), terminating: terminating.map(Seconds) };
        sample.job(0, "train", 3000, 1, 600);
        let mut held = 0;
        let history = sample.watched_anew(&mut |snapshot, _| {
            let is_held = |instance: &&crate::snapshot::Instance| instance.lifecycle == Lifecycle::Terminating;
            held += 60 * snapshot.groups[0].instances.iter().filter(is_held).count() as u64;
        });
        let [machine] = history.instances.as_slice() else { panic!("one machine: {:?}", history.instances) };
        let bound = history.pods[0].first_bound_at.map(|at| at.0);
        assert_eq!(machine.ready_at.map(|at| at.0), bound);
        let (ended, why) = machine.ended.expect("it is idle");
        assert_eq!(why, Departure::ScaledIn);
        (machine.ready_at.map_or(0, |at| at.0), ended.0, held)
    }

    #[test]
    fn a_launching_hook_holds_a_machine_that_boots_meanwhile() {
        let ready = |launching| lived(launching, None, None).0;
        assert_eq!([None, Some(100), Some(500)].map(ready), [180, 180, 500]);
    }

    #[test]
    fn a_terminating_hook_holds_a_machine_that_is_paid_meanwhile() {
        let (_, at_once, _) = lived(None, None, None);
        assert_eq!(lived(None, Some(600), None), (180, at_once + 600, 540));
    }

    #[test]
    fn without_hooks_nothing_is_held() {
        let without = lived(Some(500), Some(600), Some(WorldPart::LifecycleHooks));
        assert_eq!(without, lived(None, None, None));
    }
}
