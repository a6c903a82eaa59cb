//! The cloud evens out the zones of a group that has it so: where one has two instances more than
//! another, it launches one in the other zone, and ends an unprotected one in the first once that
//! is Ready. It may exceed the maximum by a tenth for that, and by one at least. One goes at a
//! time, and it looks at every run of `apply`; both are assumptions.

use std::collections::BTreeMap;

use super::World;
use super::ids::MachineId;
use super::launches::first_choice;
use super::machines::MachineStage;
use crate::simulate::{Departure, WorldPart};
use crate::snapshot::{Group, Instance};

/// An instance that is there to take the place of one in another zone.
#[derive(Debug)]
pub(super) struct ZoneBalancing {
    machine: MachineId,
    /// The zone that has too many.
    from: String,
}

impl World<'_> {
    /// Evens out the zones of the groups that have it so.
    pub(super) fn even_out_zones(&mut self) {
        if self.settings.without.contains(&WorldPart::ZoneBalance) {
            return;
        }
        for place in 0..self.by_id.len() {
            let group = self.by_id[place];
            if !self.snapshot.groups[group].rebalances_zones {
                continue;
            }
            match self.groups[group].balancing.take() {
                None => self.launch_for_balance(group),
                Some(balancing) => match self.machines[balancing.machine].stage {
                    MachineStage::Starting => self.groups[group].balancing = Some(balancing),
                    MachineStage::Ready => self.end_for_balance(group, &balancing.from),
                    MachineStage::Silent | MachineStage::Gone => {}
                },
            }
        }
    }

    fn launch_for_balance(&mut self, group: usize) {
        let known = &self.snapshot.groups[group];
        let can_launch = known.cannot.launch.is_none() && known.live_weight() == known.desired;
        let Some((few, many)) = uneven(known).filter(|_| can_launch) else { return };
        if next_to_end(known, &many).is_none() || self.has_no_capacity(&known.id, &few) {
            return;
        }
        let wider = Group { max: known.max + (known.max / 10).max(1), ..known.clone() };
        let Ok(expected) = &self.groups[group].expected else { return };
        let Some(choice) = first_choice(&wider, expected, &few) else { return };
        let machine = self.machines.len();
        self.launch(group, &choice);
        self.shake();
        self.groups[group].balancing = Some(ZoneBalancing { machine, from: many });
    }

    fn end_for_balance(&mut self, group: usize, zone: &str) {
        let known = &self.snapshot.groups[group];
        let Some(id) = next_to_end(known, zone).filter(|_| known.live_weight() > known.desired) else { return };
        let Some(machine) = self.groups[group].machines.get(&id).copied() else { return };
        self.note_end(group, false);
        self.shake();
        self.end_by_group(machine, Departure::Surplus);
    }
}

/// Returns the zone with the fewest instances and the one with the most, if they differ by two.
fn uneven(group: &Group) -> Option<(String, String)> {
    let mut live: BTreeMap<&str, u32> = group.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    group.live().for_each(|instance| *live.entry(&instance.zone).or_default() += 1);
    let few = live.iter().min_by_key(|(zone, number)| (**number, **zone))?;
    let many = live.iter().max_by_key(|(zone, number)| (**number, std::cmp::Reverse(**zone)))?;
    (few.1 + 2 <= *many.1).then(|| ((*few.0).to_owned(), (*many.0).to_owned()))
}

/// Returns the oldest instance of a zone that the cloud may end.
fn next_to_end(group: &Group, zone: &str) -> Option<String> {
    let may_end = |instance: &&Instance| instance.zone == zone && !instance.protected;
    let oldest = group.live().filter(may_end).min_by_key(|instance| (instance.launched_at, instance.id.clone()));
    oldest.map(|instance| instance.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Seconds;
    use crate::simulate::world::test_world::TestWorld;

    /// Returns the ends of instances in a life with three busy ones in one zone and none in the
    /// other.
    fn ended(is_protected: bool, without: Option<WorldPart>) -> Vec<(String, u64)> {
        let mut sample = TestWorld::new();
        sample.settings.without = without.into_iter().collect();
        sample.settings.longest = Seconds(1800);
        let group = sample.group("g", 3, &["a", "b"]);
        (group.rebalances_zones, group.launches_protected) = (true, is_protected);
        for name in ["a1", "a2", "a3"] {
            sample.node("g", "a", name);
        }
        for instance in &mut sample.start.groups[0].instances {
            instance.protected = is_protected;
        }
        sample.job(0, "train", 4000, 3, 100_000);
        let history = sample.lived();
        assert_eq!(history.pods.iter().map(|pod| pod.losses).sum::<u32>(), u32::from(!is_protected && without.is_none()));
        history.instances.iter().filter_map(|machine| Some((machine.id.clone(), machine.ended?.0.0))).collect()
    }

    #[test]
    fn a_busy_instance_goes_once_another_is_ready_in_the_other_zone() {
        assert_eq!(ended(false, None), [("i-a1".to_owned(), 240)], "at the run after it is Ready");
    }

    #[test]
    fn what_is_protected_stays_and_so_does_all_without_the_balance() {
        assert_eq!(ended(true, None), []);
        assert_eq!(ended(false, Some(WorldPart::ZoneBalance)), []);
    }
}
