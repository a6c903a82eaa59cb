//! Instances that a trace takes back, or lets fail: by lot among those that it means (`--seed`),
//! each when its notice is over. Nobody in the cluster reads the notice.

use super::World;
use super::agenda::Event;
use super::chance::lot;
use super::ids::MachineId;
use super::machines::MachineStage;
use crate::duration::Seconds;
use crate::snapshot::Market;

impl World<'_> {
    /// Announces that instances are taken back, of those that are there now.
    pub(super) fn reclaim_comes(&mut self, reclaim: usize) {
        let wanted = &self.trace.reclaims[reclaim];
        let mut meant: Vec<MachineId> =
            (0..self.machines.len()).filter(|machine| self.may_be_called_back(reclaim, *machine)).collect();
        meant.sort_unstable_by_key(|machine| lot(self.settings.seed, *machine as u64));
        let most = wanted.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        let at = Seconds(self.now.0.saturating_add(wanted.notice.0));
        for machine in meant.into_iter().take(most) {
            self.machines[machine].is_called_back = true;
            self.agenda.add(at, Event::Interrupted { machine });
        }
    }

    fn may_be_called_back(&self, reclaim: usize, machine: MachineId) -> bool {
        let known = &self.machines[machine];
        let market = if known.story.spot { Market::Spot } else { Market::OnDemand };
        let group = &self.snapshot.groups[known.story.group].id;
        known.stage != MachineStage::Gone
            && !known.is_called_back
            && self.trace.reclaims[reclaim].concerns(group, &known.story.zone, market)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Departure;
    use crate::simulate::world::test_world::TestWorld;
    use crate::trace::Reclaim;

    /// Returns a world with two busy machines in each of two zones.
    fn busy() -> TestWorld {
        let mut sample = TestWorld::new();
        sample.group("g", 6, &["a", "b"]);
        sample.job(0, "train", 4000, 4, 3600);
        sample
    }

    /// Returns when machines of each zone ended before their work was done, and why.
    fn lost(sample: &TestWorld) -> Vec<(String, u64, Departure)> {
        let history = sample.lived();
        assert!(history.is_whole);
        let ended = history.instances.iter().filter_map(|machine| Some((&machine.zone, machine.ended?)));
        let lost = ended.filter(|(_, (_, why))| *why != Departure::ScaledIn);
        lost.map(|(zone, (at, why))| (zone.clone(), at.0, why)).collect()
    }

    #[test]
    fn as_many_as_are_meant_go_after_their_notice_and_no_others() {
        let mut sample = busy();
        let zone = Some("us-west-2b".to_owned());
        sample.trace.reclaims =
            vec![Reclaim { at: Seconds(600), notice: Seconds(120), zone, count: Some(1), ..Reclaim::default() }];
        assert_eq!(lost(&sample), [("us-west-2b".to_owned(), 720, Departure::Failed)]);
        sample.trace.reclaims[0].market = Some(Market::Spot);
        assert_eq!(lost(&sample), []);
        sample.trace.reclaims[0].market = None;
        sample.trace.reclaims[0].group = Some("other".to_owned());
        assert_eq!(lost(&sample), []);
        sample.trace.reclaims[0] = Reclaim { at: Seconds(600), ..Reclaim::default() };
        assert_eq!(lost(&sample).len(), 4, "all of them");
    }

    #[test]
    fn what_is_called_back_already_is_not_called_back_again() {
        let mut sample = busy();
        let one = Reclaim { at: Seconds(600), notice: Seconds(120), count: Some(1), ..Reclaim::default() };
        sample.trace.reclaims = vec![one.clone(), one.clone(), Reclaim { at: Seconds(660), ..one }];
        let at: Vec<u64> = lost(&sample).into_iter().map(|(_, at, _)| at).collect();
        assert_eq!(at.iter().filter(|at| **at == 720).count(), 2);
        assert_eq!(at.iter().filter(|at| **at == 780).count(), 1);
    }

    #[test]
    fn a_spot_instance_is_interrupted_and_its_work_begins_anew() {
        let mut sample = busy();
        sample.start.groups[0].purchase = crate::snapshot::Purchase::Spot { max_price: None };
        sample.trace.reclaims = vec![Reclaim { at: Seconds(600), count: Some(1), ..Reclaim::default() }];
        assert_eq!(
            lost(&sample).into_iter().map(|(_, at, why)| (at, why)).collect::<Vec<_>>(),
            [(600, Departure::Interrupted)]
        );
        let history = sample.lived();
        assert_eq!(history.pods.iter().map(|pod| pod.lost_work.0).sum::<u64>(), 600 - 180);
    }
}
