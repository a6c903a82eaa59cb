//! The launches of the cloud: it launches the missing instances of a group in the zone with the
//! fewest instances, of equal zones in the first by name, then in the others, and tries again at
//! growing intervals. That order and those intervals are assumptions.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::agenda::Event;
use super::machines::{Machine, MachineStage, Purpose};
use crate::duration::Seconds;
use crate::plan::ExpectedNode;
use crate::simulate::InstanceStory;
use crate::simulate::rivals::Rival;
use crate::snapshot::{Group, GroupId, Instance, LaunchOption, Lifecycle, Resources, UsdPerHour, Weight};

/// The second try follows after this long; each further one waits twice as long.
const FIRST_RETRY: Seconds = Seconds::minutes(1);
/// No try waits longer than this.
const LONGEST_RETRY: Seconds = Seconds::minutes(15);

/// One machine that the cloud may launch.
pub(super) struct Choice {
    /// Place in what the group may launch.
    pub(super) expected: usize,
    weight: Weight,
    option: Option<LaunchOption>,
}

impl World<'_> {
    pub(super) fn launch_again(&mut self, group: usize) {
        if self.groups[group].next_try == Some(self.now) {
            self.groups[group].next_try = None;
            self.hungry.insert(group);
        }
    }

    /// Launches for every group of which something has changed.
    pub(super) fn launch_what_is_missing(&mut self) {
        let hungry = std::mem::take(&mut self.hungry);
        if self.rival.as_ref().is_some_and(Rival::has_no_groups) {
            return self.want_what_lives();
        }
        for place in 0..self.by_id.len() {
            let group = self.by_id[place];
            if hungry.contains(&group) {
                self.fill(group);
            }
        }
    }

    fn fill(&mut self, group: usize) {
        let mut refused_in = BTreeSet::new();
        loop {
            let known = &self.snapshot.groups[group];
            if known.live_weight() >= known.desired {
                self.groups[group].asked_at = None;
                self.groups[group].next_try = None;
                return;
            }
            if known.cannot.launch.is_some() {
                return;
            }
            let Some(choice) = self.choose(group, &mut refused_in) else { return self.try_later(group) };
            self.launch(group, &choice);
            self.groups[group].failures = 0;
        }
    }

    fn try_later(&mut self, group: usize) {
        let facts = &mut self.groups[group];
        let wait = FIRST_RETRY.0.saturating_mul(1 << facts.failures.min(10)).min(LONGEST_RETRY.0);
        facts.failures += 1;
        let at = Seconds(self.now.0 + wait);
        facts.next_try = Some(at);
        self.agenda.add(at, Event::LaunchAgain { group });
    }

    /// Chooses the next launch. Zones without capacity are noted once each.
    fn choose(&mut self, group: usize, refused_in: &mut BTreeSet<String>) -> Option<Choice> {
        let expected = match &self.groups[group].expected {
            Ok(expected) => expected,
            Err(sentence) => {
                let message = format!("What the group launches is not known: {sentence}. Launching the instance failed.");
                self.note_failure(group, message, None);
                return None;
            }
        };
        let known = &self.snapshot.groups[group];
        let mut short = Vec::new();
        let mut chosen = None;
        for zone in by_instances(known) {
            let choice = first_choice(known, expected, &zone);
            let lacks = |choice: &Choice| self.lacks_reservation(group, &expected[choice.expected]);
            let is_short = self.has_no_capacity(&known.id, &zone) || choice.as_ref().is_some_and(lacks);
            match choice {
                Some(choice) if is_short => short.push((zone, expected[choice.expected].machine_type.clone())),
                Some(choice) => {
                    chosen = Some(choice);
                    break;
                }
                None => {}
            }
        }
        for (zone, machine_type) in short {
            if refused_in.insert(zone.clone()) {
                self.note_no_capacity(group, zone, machine_type);
            }
        }
        chosen
    }

    /// Whether the cloud has no machine for a group in a zone at present.
    pub(super) fn has_no_capacity(&self, group: &GroupId, zone: &str) -> bool {
        self.trace.outages.iter().any(|outage| outage.concerns(group, zone, self.now))
    }

    pub(super) fn note_no_capacity(&mut self, group: usize, zone: String, machine_type: String) {
        let message = format!(
            "InsufficientInstanceCapacity: not enough {machine_type} capacity in the requested Availability Zone ({zone}). \
             Launching the instance failed."
        );
        self.note_failure(group, message, Some((zone, machine_type)));
    }

    pub(super) fn launch(&mut self, group: usize, choice: &Choice) {
        let number = self.machines.len();
        let at = self.time();
        let Ok(expected) = &self.groups[group].expected else { return };
        let node = &expected[choice.expected];
        let reservation = self.reservation_for(group, node);
        let known = &self.snapshot.groups[group];
        let instance = Instance {
            // No id of the real world has so many zeros.
            id: format!("i-f{number:016x}"),
            zone: node.zone.clone(),
            machine_type: node.machine_type.clone(),
            lifecycle: Lifecycle::Pending,
            protected: known.launches_protected,
            launched_at: Some(at),
            weight: choice.weight,
            image: choice.option.as_ref().and_then(|option| option.image.clone()),
            launch_version: choice.option.as_ref().and_then(|option| option.launch_version.clone()),
            addresses: Vec::new(),
            spot: known.next_is_spot() && reservation.is_none(),
            reservation,
        };
        let price = self.prices.as_ref().and_then(|prices| prices.in_region(&known.id.region, &instance));
        let worth = self.worth_of(&known.id.region, &instance);
        let story = story(&instance, group, (price, worth), self.now, node.free.clone());
        let mut machine = Machine::new(story, MachineStage::Starting, Some(choice.expected), self.columns.len());
        machine.purpose = Purpose::Bought { gangs: self.groups[group].wanted_for.pop_front().unwrap_or_default() };
        let (zone, machine_type) = (instance.zone.clone(), instance.machine_type.clone());
        self.snapshot.groups[group].instances.push(instance.clone());
        let machine = self.add_machine(machine);
        self.expect_interruption(machine);
        self.expect_end_of_reservation(machine, &instance);
        self.expect_end_by_age(machine, &instance);
        self.boot(machine, Seconds(0), self.held_at_launch(group));
        self.note_launch(group, zone, machine_type);
    }
}

/// Returns the story of an instance that has just been launched, given its price and, where it uses
/// a reservation, what it would cost without.
pub(super) fn story(
    instance: &Instance,
    group: usize,
    (price, worth): (Option<UsdPerHour>, Option<UsdPerHour>),
    launched_at: Seconds,
    offers: Resources,
) -> InstanceStory {
    InstanceStory {
        id: instance.id.clone(),
        group,
        zone: instance.zone.clone(),
        machine_type: instance.machine_type.clone(),
        spot: instance.spot,
        reserved: instance.reservation.is_some(),
        worth,
        price: if instance.reservation.is_some() { price.map(|_| UsdPerHour::ZERO) } else { price },
        launched_at,
        ready_at: None,
        ended: None,
        offers,
        for_torn_gangs: Seconds(0),
        busy: Seconds(0),
        used: Resources::default(),
    }
}

/// Returns the zones of a group, those with the fewest live instances first.
fn by_instances(group: &Group) -> Vec<String> {
    let mut live: BTreeMap<&str, u32> = group.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    for instance in group.live() {
        if let Some(number) = live.get_mut(instance.zone.as_str()) {
            *number += 1;
        }
    }
    let mut zones: Vec<(u32, &str)> = live.into_iter().map(|(zone, number)| (number, zone)).collect();
    zones.sort_unstable();
    zones.into_iter().map(|(_, zone)| zone.to_owned()).collect()
}

/// Returns the choice of what stands at a place in what a group may launch.
pub(super) fn choice_at(group: &Group, expected: &[ExpectedNode], place: usize) -> Choice {
    let option = group.launch_options.iter().find(|option| option.machine_type == expected[place].machine_type);
    Choice { expected: place, weight: option.map_or(Weight::ONE, |option| option.weight), option: option.cloned() }
}

/// Returns the first of a group's types in a zone that does not take it above its maximum; where
/// every one does, the lightest, since with weights the cloud may exceed the maximum by less than
/// one instance.
pub(super) fn first_choice(group: &Group, expected: &[ExpectedNode], zone: &str) -> Option<Choice> {
    let room = group.max - group.live_weight();
    let choices = || {
        let in_zone = expected.iter().enumerate().filter(|(_, node)| node.zone == zone);
        in_zone.map(|(place, _)| choice_at(group, expected, place))
    };
    choices()
        .find(|choice| choice.weight.get() <= room)
        .or_else(|| choices().min_by_key(|choice| choice.weight).filter(|_| room > 0))
}
