//! The coming events, by their second.

use std::collections::BTreeSet;

use super::ids::{MachineId, PodId};
use crate::duration::Seconds;

/// The coming events, the earliest first. Events of the same second are in the order of [`Event`].
#[derive(Debug, Default)]
pub(super) struct Agenda(BTreeSet<(Seconds, Event)>);

/// Something that happens by itself. Its subject may be gone by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A pod has done its work, unless it began anew since.
    PodEnds { pod: PodId, life: u32 },
    /// A machine that was ending is gone: when the simulation began, or while hooks held it.
    MachineGone { machine: MachineId },
    /// The cloud takes an instance back, or it fails.
    Interrupted { machine: MachineId },
    /// The cloud announces that it takes instances back, by its place in the trace.
    ReclaimComes { reclaim: usize },
    /// The cloud ends a machine whose reservation ends.
    ReservationEnds { machine: MachineId },
    /// A machine reaches the age at which the cloud replaces it.
    TooOld { machine: MachineId },
    /// The kubelet of an instance has found the cluster.
    Registers { machine: MachineId },
    /// The kubelet reports that its node is Ready.
    Ready { machine: MachineId },
    /// A scheduled change of sizes happens to a group, by its rank among the ids.
    SizesChange { rank: usize },
    /// The cloud tries again to launch what a group lacks.
    LaunchAgain { group: usize },
    /// What is left of a work is deleted.
    WorkLeaves { work: usize },
    /// Work arrives, by its place in the trace.
    WorkComes { work: usize },
}

impl Agenda {
    pub(super) fn add(&mut self, at: Seconds, event: Event) {
        self.0.insert((at, event));
    }

    /// Returns the time of the next event.
    pub(super) fn next(&self) -> Option<Seconds> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the next event until then, one after the other.
    pub(super) fn due(&mut self, now: Seconds) -> Option<Event> {
        let (at, event) = *self.0.first()?;
        if at > now {
            return None;
        }
        self.0.pop_first();
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_room_comes_before_those_who_need_it() {
        let mut agenda = Agenda::default();
        let (comes, ends) = (Event::WorkComes { work: 0 }, Event::PodEnds { pod: 7, life: 0 });
        for (at, event) in [(5, comes), (5, ends), (3, comes)] {
            agenda.add(Seconds(at), event);
        }
        assert_eq!(agenda.due(Seconds(2)), None);
        assert_eq!(agenda.next(), Some(Seconds(3)));
        let due: Vec<Event> = std::iter::from_fn(|| agenda.due(Seconds(5))).collect();
        assert_eq!(due, [comes, ends, comes]);
    }
}
