//! Scheduled changes of the sizes of groups: the cloud writes the sizes that one names, and then
//! launches or ends instances of its own choice until there are as many as it desires.

use std::collections::BTreeMap;

use super::World;
use super::agenda::Event;
use crate::duration::Seconds;
use crate::plan::scheduled_runs;
use crate::simulate::Departure;
use crate::snapshot::{Group, Instance, ScheduledChange};

impl World<'_> {
    /// Notes when the next scheduled change of a group happens, if there is one.
    pub(super) fn expect_change_of_sizes(&mut self, rank: usize) {
        let group = self.by_id[rank];
        let runs = scheduled_runs(&self.snapshot.groups[group], self.groups[group].sizes_are_of);
        let Some(at) = runs.first().map(|run| run.at) else { return };
        let whole = Seconds::between(self.began_at, at);
        // The start may lie within a second.
        let due = if whole.after(self.began_at) < at { Seconds(whole.0 + 1) } else { whole };
        self.agenda.add(due, Event::SizesChange { rank });
    }

    /// Carries out what is scheduled for a group by now, in the order of the times and names.
    pub(super) fn sizes_change(&mut self, rank: usize) {
        let (group, now) = (self.by_id[rank], self.time());
        let runs = scheduled_runs(&self.snapshot.groups[group], self.groups[group].sizes_are_of);
        let due: Vec<ScheduledChange> = runs.iter().filter(|run| run.at <= now).map(|run| run.change.clone()).collect();
        self.groups[group].sizes_are_of = now;
        for change in due {
            set_sizes(&mut self.snapshot.groups[group], &change);
        }
        self.end_surplus(group);
        self.groups[group].asked_at = Some(now);
        self.hungry.insert(group);
        self.expect_change_of_sizes(rank);
    }

    /// Ends instances of a group until no more are there than it desires, or only such that are
    /// protected.
    fn end_surplus(&mut self, group: usize) {
        while let Some(id) = next_to_end(&self.snapshot.groups[group]) {
            let Some(machine) = self.groups[group].machines.get(&id).copied() else { return };
            self.note_end(group, false);
            self.end_by_group(machine, Departure::Surplus);
        }
    }
}

/// Writes the sizes that a change names. What is desired stays within the others.
fn set_sizes(group: &mut Group, change: &ScheduledChange) {
    group.min = change.min.unwrap_or(group.min);
    group.max = change.max.unwrap_or(group.max);
    group.desired = change.desired.unwrap_or(group.desired).min(group.max).max(group.min);
}

/// Returns the instance that the cloud ends next: of those that are not protected, the one that was
/// launched first where the most are. It is an assumption; a cloud has further rules.
fn next_to_end(group: &Group) -> Option<String> {
    let surplus = group.live_weight() - group.desired;
    let mut in_zone: BTreeMap<&str, u32> = BTreeMap::new();
    group.live().for_each(|instance| *in_zone.entry(&instance.zone).or_default() += 1);
    let may_end = |instance: &&Instance| !instance.protected && instance.weight.get() <= surplus;
    let rank = |instance: &&Instance| {
        let others = u32::MAX - in_zone[instance.zone.as_str()];
        (others, instance.launched_at, instance.id.clone())
    };
    group.live().filter(may_end).min_by_key(rank).map(|instance| instance.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::FindingCode;
    use crate::simulate::world::test_world::TestWorld;

    fn at(seconds: u64, sizes: (Option<i64>, Option<i64>)) -> ScheduledChange {
        let (max, desired) = sizes;
        let from = Seconds(seconds).after(TestWorld::new().start.taken_at);
        ScheduledChange { name: "evening".into(), max, desired, from: Some(from), ..ScheduledChange::default() }
    }

    /// Three machines are busy from second 180 on when two of them are ended at 2400, though the
    /// plan had long warned of that; the run of that second launches others.
    #[test]
    fn what_is_scheduled_ends_machines_with_their_work() {
        for is_protected in [false, true] {
            let mut sample = TestWorld::new();
            let group = sample.group("g", 5, &["a", "b"]);
            group.launches_protected = is_protected;
            group.automatic.scheduled = vec![at(2400, (None, Some(1)))];
            sample.job(0, "train", 4000, 3, 7200);
            let mut warned = Vec::new();
            let history = sample.watched(&mut |snapshot, outline| {
                let findings = outline.plan().findings;
                let is_it = |code: &FindingCode| matches!(code, FindingCode::ScheduledChange { live: Some(3), .. });
                let is_warned = findings.iter().any(|finding| is_it(&finding.code));
                warned.extend(is_warned.then(|| Seconds::between(sample.start.taken_at, snapshot.taken_at)));
            });
            let ended: Vec<_> = history.instances.iter().filter_map(|machine| machine.ended).collect();
            let surplus = ended.iter().filter(|(at, why)| (*at, *why) == (Seconds(2400), Departure::Surplus)).count();
            let lost: u64 = history.pods.iter().map(|pod| pod.lost_work.0).sum();
            let last = history.pods.iter().filter_map(|pod| pod.ended_at).max();
            assert!(history.is_whole);
            if is_protected {
                assert_eq!((surplus, lost, last, warned.len()), (0, 0, Some(Seconds(7380)), 0));
            } else {
                assert_eq!((surplus, lost, last), (2, 2 * (2400 - 180), Some(Seconds(2400 + 180 + 7200))));
                assert_eq!((warned.first(), warned.last()), (Some(&Seconds(60)), Some(&Seconds(2340))));
            }
        }
    }

    /// The zone with the most goes first, and there the oldest; the protected one stays.
    #[test]
    fn the_cloud_chooses_what_it_ends() {
        let mut sample = TestWorld::new();
        sample.group("g", 5, &["a", "b"]);
        for (name, zone) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")] {
            sample.node("g", zone, name);
        }
        let group = &mut sample.start.groups[0];
        group.instances.iter_mut().for_each(|instance| instance.protected = instance.id == "i-a1");
        group.instances[2].launched_at = group.instances[2].launched_at.map(|at| Seconds(60).before(at));
        group.desired = 1;
        let mut ended = Vec::new();
        while let Some(id) = next_to_end(group) {
            group.instances.retain(|instance| instance.id != id);
            ended.push(id);
        }
        assert_eq!(ended, ["i-a3", "i-a2", "i-b1"]);
    }

    /// A change that recurs raises the limit at 13:40 in Berlin, and by itself launches what it
    /// desires. The start lies within a second, and so the change is noticed in the next.
    #[test]
    fn what_recurs_gives_room_and_launches() {
        let mut sample = TestWorld::new();
        sample.start.taken_at += jiff::SignedDuration::from_millis(500);
        let change = ScheduledChange {
            recurrence: Some("40 13 * * *".into()),
            time_zone: Some("Europe/Berlin".into()),
            from: None,
            ..at(0, (Some(3), Some(3)))
        };
        sample.group("g", 1, &["a"]).automatic.scheduled = vec![change];
        sample.job(0, "train", 4000, 3, 3600);
        let history = sample.lived();
        let launched: Vec<u64> = history.instances.iter().map(|machine| machine.launched_at.0).collect();
        assert_eq!((launched, history.is_whole), (vec![0, 2400, 2400], true));
        assert_eq!(history.pods.iter().filter_map(|pod| pod.first_bound_at).max(), Some(Seconds(2580)));
    }
}
