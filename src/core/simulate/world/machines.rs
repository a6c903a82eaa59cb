//! The instances of the groups, and the work that is done on them.

use super::World;
use super::ids::{GangId, HostId, MachineId};
use crate::duration::Seconds;
use crate::simulate::{Departure, InstanceStory};
use crate::snapshot::UsdPerHour;

/// The facts about an instance besides its object.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) story: InstanceStory,
    pub(super) stage: MachineStage,
    /// The node it has become.
    pub(super) host: Option<HostId>,
    /// What it is expected to become, by its place in what its group may launch.
    pub(super) expected: Option<usize>,
    /// Why it is there.
    pub(super) purpose: Purpose,
    /// Whether the cloud has announced that it takes it back.
    pub(super) is_called_back: bool,
    /// Why it ends, while hooks of its group hold it.
    pub(super) ends_as: Option<Departure>,
    /// Whether any pod has worked on it.
    pub(super) has_worked: bool,
    /// From when on it counts as torn, where it was of no use so far: its launch, or when it last
    /// was torn.
    pub(super) useless_since: Seconds,
    /// Since when it is there for gangs that cannot start.
    pub(super) torn_since: Option<Seconds>,
    work: WorkDone,
}

/// The reason why an instance is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It was there at the start.
    Given,
    /// It was launched, for pods of these gangs among others, or of none.
    Bought { gangs: Vec<GangId> },
}

/// The stage of an instance's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MachineStage {
    /// Its node will be Ready.
    Starting,
    /// Its node is Ready.
    Ready,
    /// It exists, and its node will not become Ready by itself.
    Silent,
    /// It no longer exists.
    Gone,
}

/// The work that pods have done on a machine.
#[derive(Debug)]
struct WorkDone {
    pods: u32,
    /// The sum of their requests, one amount per column.
    requested: Vec<i64>,
    /// The same times the seconds, up to the moment of the last change.
    used: Vec<i64>,
    changed_at: Seconds,
}

impl WorkDone {
    /// Returns how long it has been busy since the last change, and adds up the requests.
    fn go_on(&mut self, now: Seconds) -> u64 {
        let passed = now.0 - self.changed_at.0;
        let seconds = i64::try_from(passed).unwrap_or(i64::MAX);
        for (used, requested) in self.used.iter_mut().zip(&self.requested) {
            *used = used.saturating_add(requested.saturating_mul(seconds));
        }
        self.changed_at = now;
        if self.pods > 0 { passed } else { 0 }
    }
}

impl Machine {
    pub(super) fn new(story: InstanceStory, stage: MachineStage, expected: Option<usize>, columns: usize) -> Self {
        let work = WorkDone { pods: 0, requested: vec![0; columns], used: vec![0; columns], changed_at: story.launched_at };
        let useless_since = story.launched_at;
        let purpose = Purpose::Given;
        Self {
            story,
            stage,
            host: None,
            expected,
            purpose,
            is_called_back: false,
            ends_as: None,
            has_worked: false,
            useless_since,
            torn_since: None,
            work,
        }
    }

    pub(super) fn price(&self) -> UsdPerHour {
        self.story.price.unwrap_or_default()
    }

    /// Adds a pod that runs on it from now on.
    fn take(&mut self, row: &[i64], now: Seconds) {
        self.story.busy.0 += self.work.go_on(now);
        self.work.pods += 1;
        self.work.requested.iter_mut().zip(row).for_each(|(sum, amount)| *sum += amount);
    }

    /// Removes a pod that no longer runs on it.
    fn give_back(&mut self, row: &[i64], now: Seconds) {
        self.story.busy.0 += self.work.go_on(now);
        self.work.pods -= 1;
        self.work.requested.iter_mut().zip(row).for_each(|(sum, amount)| *sum -= amount);
    }
}

impl World<'_> {
    /// Adds an instance, which exists from now on or from the start.
    pub(super) fn add_machine(&mut self, machine: Machine) -> MachineId {
        let id = self.machines.len();
        self.groups[machine.story.group].machines.insert(machine.story.id.clone(), id);
        self.record.rate = self.record.rate + machine.price();
        let cost = self.record.cost_of(machine.story.group);
        (cost.rate, cost.idle_rate) = (cost.rate + machine.price(), cost.idle_rate + machine.price());
        *self.record.counted(machine.story.group, machine.stage) += 1;
        self.machines.push(machine);
        id
    }

    /// Lets a pod run on an instance from now on.
    pub(super) fn machine_takes(&mut self, machine: MachineId, row: &[i64]) {
        let known = &mut self.machines[machine];
        known.take(row, self.now);
        if known.work.pods == 1 && known.stage != MachineStage::Gone {
            let (cost, price) = (self.record.cost_of(known.story.group), known.price());
            cost.idle_rate = cost.idle_rate - price;
        }
    }

    /// Lets a pod run on an instance no more.
    pub(super) fn machine_gives_back(&mut self, machine: MachineId, row: &[i64]) {
        let known = &mut self.machines[machine];
        known.give_back(row, self.now);
        if known.work.pods == 0 && known.stage != MachineStage::Gone {
            let (cost, price) = (self.record.cost_of(known.story.group), known.price());
            cost.idle_rate = cost.idle_rate + price;
        }
    }

    /// Moves an instance on to a stage of its life.
    pub(super) fn enter(&mut self, machine: MachineId, stage: MachineStage) {
        let group = self.machines[machine].story.group;
        let before = std::mem::replace(&mut self.machines[machine].stage, stage);
        *self.record.counted(group, before) -= 1;
        *self.record.counted(group, stage) += 1;
    }

    /// Ends an instance: it costs nothing any more.
    pub(super) fn end(&mut self, machine: MachineId, why: Departure) {
        self.enter(machine, MachineStage::Gone);
        self.sum_up(machine);
        let ended = &mut self.machines[machine];
        ended.story.ended = Some((self.now, why));
        self.record.rate = self.record.rate - ended.price();
        let cost = self.record.cost_of(ended.story.group);
        cost.rate = cost.rate - ended.price();
        if ended.work.pods == 0 {
            cost.idle_rate = cost.idle_rate - ended.price();
        }
        let (group, id) = (ended.story.group, ended.story.id.clone());
        self.groups[group].machines.remove(&id);
    }

    /// Adds up the work that was done on an instance until now.
    pub(super) fn sum_up(&mut self, machine: MachineId) {
        let Machine { story, work, .. } = &mut self.machines[machine];
        story.busy.0 += work.go_on(self.now);
        let used = work.used.iter().enumerate().filter(|(_, amount)| **amount != 0);
        story.used = used.map(|(column, amount)| (self.columns.name(column), *amount)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Resources;

    #[test]
    fn a_machine_is_busy_while_any_pod_is_there_and_used_as_much_as_all_of_them_ask() {
        let story = InstanceStory {
            id: "i".into(),
            group: 0,
            zone: "a".into(),
            machine_type: "m".into(),
            spot: false,
            reserved: false,
            worth: None,
            price: None,
            launched_at: Seconds(100),
            ready_at: None,
            ended: None,
            offers: Resources::default(),
            for_torn_gangs: Seconds(0),
            busy: Seconds(0),
            used: Resources::default(),
        };
        let mut machine = Machine::new(story, MachineStage::Ready, None, 1);
        machine.take(&[500], Seconds(200));
        machine.take(&[300], Seconds(210));
        machine.give_back(&[500], Seconds(230));
        machine.give_back(&[300], Seconds(240));
        machine.take(&[100], Seconds(300));
        machine.give_back(&[100], Seconds(301));
        // 500 for 30 s, 300 for 30 s, 100 for 1 s; from 200 to 240, and a second later on.
        assert_eq!((machine.work.used[0], machine.story.busy), (24_100, Seconds(41)));
    }
}
