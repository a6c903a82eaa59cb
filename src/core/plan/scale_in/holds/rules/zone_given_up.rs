//! A zone that is given up for a while, since something is wrong there.

use super::HoldQuestion;
use crate::plan::report::Hold;
use crate::plan::scale_in::holds::Stay::{self, HeldBy};

/// Empties no node of the other zones, whose room is needed now.
pub(super) fn needed_meanwhile(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let (given_up, own) = zones(question)?;
    let zone = given_up.first().filter(|_| !given_up.contains(own))?;
    Some(HeldBy(Hold::ZoneGivenUp { zone: zone.clone() }))
}

/// Ends no node of the zone because it is silent: it may only be cut off, and it may come back.
pub(super) fn perhaps_cut_off(question: &HoldQuestion<'_, '_>) -> Option<Stay> {
    let (given_up, own) = zones(question)?;
    given_up.contains(own).then(|| HeldBy(Hold::ZoneGivenUp { zone: own.clone() }))
}

/// Returns the zones of its group that are given up, and the zone of a node.
fn zones<'q>(question: &HoldQuestion<'q, '_>) -> Option<(&'q [String], &'q String)> {
    let fleet = question.holds.fleet;
    let own = &fleet.instance_of(&fleet.nodes[question.node?])?.zone;
    Some((fleet.groups[question.group?].group.automatic.zones_given_up(), own))
}
