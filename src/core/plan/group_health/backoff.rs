//! A group, or a zone or machine type of it, does not grow for `--backoff` after a failed launch,
//! unless a launch has succeeded since. The scaling activities are the only memory of that.

use std::collections::BTreeMap;

use crate::plan::closed_part::ClosedPart;
use crate::plan::fleet::reserved::has_begun;
use crate::plan::fleet::{Fleet, GroupEntry};
use crate::plan::growth_block::GrowthBlock;
use crate::snapshot::{Activity, ActivityKind, ActivityStatus, Group, ZoneStrategy};

/// The parts of a group that failed launches close.
pub(crate) struct Backoff {
    /// The backoff of the whole group: no part of it is open.
    pub(crate) block: Option<GrowthBlock>,
    /// The parts that are closed, each by its newest failure.
    pub(crate) closed: Vec<ClosedPart>,
    /// Zones in which every machine type is closed, with the part that opens first there.
    zones: BTreeMap<String, ClosedPart>,
}

impl Backoff {
    pub(super) fn of(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Self {
        let closed = closed_parts(fleet, group);
        let zones: BTreeMap<String, ClosedPart> =
            group.zones.iter().filter_map(|zone| Some((zone.clone(), opening_first(group.group, zone, &closed)?))).collect();
        let is_closed = |zone: &String| zones.contains_key(zone);
        let ends = |part: &&ClosedPart| (part.until, (*part).clone());
        let decisive = match group.group.zone_strategy {
            ZoneStrategy::BestEffort if group.zones.iter().all(is_closed) => zones.values().min_by_key(ends),
            ZoneStrategy::BestEffort => None,
            // The cloud tries the zone that fails again and again, and goes to no other.
            ZoneStrategy::BalancedOnly => zones.values().max_by_key(ends),
        };
        let block = decisive.cloned().map(|ClosedPart { until, failed_at, message, now, .. }| GrowthBlock::Backoff {
            until,
            failed_at,
            message,
            now,
        });
        Self { block, closed, zones }
    }

    /// Returns what closes a zone, if it is closed: of several machine types the one that opens
    /// first.
    pub(crate) fn closing(&self, zone: &str) -> Option<&ClosedPart> {
        self.zones.get(zone)
    }

    /// Returns what closes these zones, each part once.
    pub(crate) fn closing_all(&self, zones: &[String]) -> Vec<ClosedPart> {
        let mut parts: Vec<ClosedPart> = zones.iter().filter_map(|zone| self.closing(zone)).cloned().collect();
        parts.sort();
        parts.dedup();
        parts
    }
}

/// Returns the part of a zone that opens first; `None` when some machine type there is open.
fn opening_first(group: &Group, zone: &str, closed: &[ClosedPart]) -> Option<ClosedPart> {
    let in_zone = || closed.iter().filter(|part| part.zone.as_deref().is_none_or(|own| own == zone));
    let closing = |machine_type: &str| {
        let covering = in_zone().filter(|part| part.machine_type.as_deref().is_none_or(|own| own == machine_type));
        covering.max_by_key(|part| (part.until, *part))
    };
    if group.launch_options.is_empty() {
        return in_zone().max_by_key(|part| (part.until, *part)).cloned();
    }
    let of_types: Option<Vec<&ClosedPart>> = group.launch_options.iter().map(|option| closing(&option.machine_type)).collect();
    of_types?.into_iter().min_by_key(|part| (part.until, *part)).cloned()
}

/// Returns every part that a failed launch closes, by zone and type.
fn closed_parts(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> Vec<ClosedPart> {
    let now = fleet.now();
    let part = |failure: &Activity| ClosedPart {
        zone: failure.zone.clone(),
        machine_type: failure.machine_type.clone(),
        until: group.policy.backoff.after(failure.started_at),
        failed_at: failure.started_at,
        message: failure.message.clone(),
        now,
    };
    let mut newest: BTreeMap<(Option<&str>, Option<&str>), &Activity> = BTreeMap::new();
    let failures = launches(group.group).chain(failures_of_placement(fleet, group));
    for failure in failures.filter(|activity| activity.has_failed() && concerns(group, activity)) {
        let known = newest.entry((failure.zone.as_deref(), failure.machine_type.as_deref())).or_insert(failure);
        if (failure.started_at, &failure.id) > (known.started_at, &known.id) {
            *known = failure;
        }
    }
    let lasting = newest.into_values().filter(|it| !is_cleared(fleet, group, it) && !is_too_early(fleet, group, it));
    lasting.map(part).filter(|part| part.until > now).collect()
}

/// Whether a failure is about what the group launches today, not about a zone or type that it has
/// left.
fn concerns(group: &GroupEntry<'_>, failure: &Activity) -> bool {
    let options = &group.group.launch_options;
    let is_own_zone = |zone: &String| group.zones.contains(zone);
    let is_own_type = |name: &String| options.is_empty() || options.iter().any(|option| option.machine_type == *name);
    failure.zone.as_ref().is_none_or(is_own_zone) && failure.machine_type.as_ref().is_none_or(is_own_type)
}

/// Whether nothing but time was missing: the group launches only into reservations, and none had
/// begun. The cloud tries such launches all the same, and they fail.
fn is_too_early(fleet: &Fleet<'_>, group: &GroupEntry<'_>, failure: &Activity) -> bool {
    let Some(index) = fleet.group_number(group.id()).filter(|_| group.group.reserved.only) else { return false };
    let mut own = fleet.reserved.of_group(index).iter().map(|it| fleet.reserved.get(*it));
    own.len() > 0 && !own.any(|it| has_begun(it, failure.started_at))
}

/// Whether a launch succeeded later where this one failed. Of two that began at the same time the
/// failure counts.
fn is_cleared(fleet: &Fleet<'_>, group: &GroupEntry<'_>, failure: &Activity) -> bool {
    // A zone or type that is unknown of one of them does not tell them apart.
    let meets = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    let sharing = fleet.sharing_placement(group.group).filter(|_| failure.placement_full);
    let successes = launches(group.group).chain(sharing.flat_map(|other| launches(other.group)));
    let mut later = successes.filter(|it| it.status == ActivityStatus::Successful && it.started_at > failure.started_at);
    later.any(|success| meets(&success.zone, &failure.zone) && meets(&success.machine_type, &failure.machine_type))
}

/// Returns the launches for which a placement group had no room that other groups share with this
/// one.
fn failures_of_placement<'f>(fleet: &'f Fleet<'_>, group: &'f GroupEntry<'_>) -> impl Iterator<Item = &'f Activity> {
    let others = fleet.sharing_placement(group.group).filter(|other| other.id() != group.id());
    others.flat_map(|other| launches(other.group)).filter(|activity| activity.placement_full)
}

fn launches(group: &Group) -> impl Iterator<Item = &Activity> {
    group.activities.iter().filter(|activity| activity.kind == ActivityKind::Launch)
}
