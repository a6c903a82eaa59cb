//! Instances that the cloud replaces at an age: the old one ends first, and of a group no more than
//! a tenth at a time.

use super::World;
use super::agenda::Event;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::simulate::Departure;
use crate::snapshot::Instance;

/// One that has to wait for others to be replaced is looked at again after this long.
const NEXT_LOOK: Seconds = Seconds::minutes(1);

impl World<'_> {
    /// Notes when the cloud replaces an instance, if it does.
    pub(super) fn expect_end_by_age(&mut self, machine: MachineId, instance: &Instance) {
        let group = self.machines[machine].story.group;
        let Some(at) = self.snapshot.groups[group].replaced_at(instance) else { return };
        self.agenda.add(Seconds::between(self.began_at, at).max(self.now), Event::TooOld { machine });
    }

    /// Ends an instance that is too old, and launches another in its place.
    pub(super) fn replace_too_old(&mut self, machine: MachineId) {
        let known = &self.machines[machine];
        if known.stage == MachineStage::Gone || known.ends_as.is_some() {
            return;
        }
        let group = self.machines[machine].story.group;
        let known = &self.snapshot.groups[group];
        let most = known.desired / 10;
        // Of those that ended at this moment, the others are not launched yet.
        let missing = (known.desired - known.live_weight()).max(0);
        if missing + i64::from(*self.record.counted(group, MachineStage::Starting)) >= most.max(1) {
            self.agenda.add(Seconds(self.now.0 + NEXT_LOOK.0), Event::TooOld { machine });
            return;
        }
        self.note_end(group, false);
        self.groups[group].asked_at = None;
        self.end_by_group(machine, Departure::TooOld);
        self.hungry.insert(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::world::test_world::TestWorld;

    /// n1 and n2 are a day old when the simulation begins, and are replaced one after the other:
    /// the second waits until the node of the first has come, three minutes later, and goes at the
    /// next look. What ran there begins anew.
    #[test]
    fn old_machines_go_one_by_one_with_their_work() {
        for is_protected in [false, true] {
            let mut sample = TestWorld::new();
            let group = sample.group("g", 2, &["a"]);
            group.automatic.max_instance_lifetime = Some(Seconds::minutes(24 * 60 + 10));
            group.launches_protected = is_protected;
            for name in ["n1", "n2"] {
                sample.node("g", "a", name);
            }
            sample.start.groups[0].instances.iter_mut().for_each(|instance| instance.protected = is_protected);
            sample.job(0, "train", 4000, 2, 3000);
            let history = sample.lived();
            let ends: Vec<_> = history.instances.iter().filter_map(|machine| machine.ended).collect();
            let old: Vec<u64> = ends.iter().filter(|(_, why)| *why == Departure::TooOld).map(|(at, _)| at.0).collect();
            let lost: u64 = history.pods.iter().map(|pod| pod.lost_work.0).sum();
            assert!(history.is_whole);
            match is_protected {
                false => assert_eq!((old, lost), (vec![600, 840], 600 + 840)),
                true => assert_eq!((old, lost), (vec![], 0)),
            }
        }
    }
}
