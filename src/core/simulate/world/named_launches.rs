//! Launches in zones that a plan names. The cloud answers at once, so that what has no capacity in
//! one place is launched in another of those that the plan lists.

use super::World;
use super::launches::first_choice;
use crate::plan::{ExpectedNode, LaunchElsewhere, ZoneLaunch};
use crate::snapshot::GroupId;

impl World<'_> {
    /// Launches what a step names, and elsewhere what does not come there.
    pub(super) fn launch_where_named(&mut self, group: &GroupId, zones: &[ZoneLaunch], otherwise: &[LaunchElsewhere]) {
        let wanted: u32 = zones.iter().map(|launch| launch.nodes).sum();
        let came: u32 = zones.iter().map(|launch| self.launch_in(group, &launch.zone, launch.nodes)).sum();
        let mut missing = wanted - came;
        for place in otherwise {
            let mut left = missing.min(place.nodes);
            missing -= left;
            if place.zones.is_empty() {
                self.grow(&place.group, place.from, place.from + i64::from(left));
                continue;
            }
            for zone in &place.zones {
                left -= self.launch_in(&place.group, zone, left);
            }
            missing += left;
        }
    }

    /// Launches nodes of a group in one zone, and returns how many come.
    fn launch_in(&mut self, group: &GroupId, zone: &str, nodes: u32) -> u32 {
        let Some(number) = self.group_number(group) else { return 0 };
        let mut came = 0;
        while came < nodes {
            let (known, expected) = (&self.snapshot.groups[number], &self.groups[number].expected);
            let is_open = known.cannot.launch.is_none() && known.desired < known.max;
            let Some(choice) = expected.as_ref().ok().filter(|_| is_open).and_then(|all| first_choice(known, all, zone)) else {
                return came;
            };
            let machine_type =
                expected.as_ref().map_or_else(|_| String::new(), |all| all[choice.expected].machine_type.clone());
            let lacks = |all: &Vec<ExpectedNode>| self.lacks_reservation(number, &all[choice.expected]);
            if self.has_no_capacity(group, zone) || expected.as_ref().is_ok_and(lacks) {
                self.note_no_capacity(number, zone.to_owned(), machine_type);
                return came;
            }
            let desired = known.desired + 1;
            self.note_growth(group, desired);
            self.snapshot.groups[number].desired = desired;
            self.launch(number, &choice);
            came += 1;
        }
        came
    }
}
