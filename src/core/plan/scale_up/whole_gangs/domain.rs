//! The domain of a gang that stays together by a label of nodes: one value of that label. Where
//! pods of it run, theirs is the only one; else the one in which the gang fits and costs the least.

use std::collections::BTreeSet;

use super::trial::GangTrial;
use crate::plan::fleet::Fleet;
use crate::plan::gangs::GangEntry;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::class_orders::Outlay;
use crate::plan::template::is_unnamed;

/// Keeps the classes of a gang in the best domain for it, if it stays together at all. `missing` is
/// how many more of its pods need a place.
pub(super) fn choose<'a>(trial: &mut GangTrial<'_, 'a, '_>, classes: &[ClassIx], entry: &GangEntry<'a>, missing: u32) {
    let Some(label) = entry.gang.same.as_deref() else { return };
    let possible = match where_it_runs(trial.buying.catalogue().fleet, entry, label) {
        Some(value) => [value.to_owned()].into(),
        None => domains(trial, label),
    };
    let mut best: Option<(DomainMerit, String)> = None;
    for value in possible {
        keep_in(trial, classes, &value);
        let before = trial.bookmark();
        let placed = trial.serve(classes).placed;
        let merit = DomainMerit { is_whole: placed >= missing, placed, outlay: Outlay::of(trial.buying) };
        trial.go_back(before);
        if best.as_ref().is_none_or(|(best, _)| merit.is_better_than(best)) {
            best = Some((merit, value));
        }
    }
    if let Some((_, value)) = best {
        keep_in(trial, classes, &value);
    }
}

/// How well a domain serves a gang.
struct DomainMerit {
    is_whole: bool,
    placed: u32,
    outlay: Outlay,
}

impl DomainMerit {
    /// Whether a gang has room here only, or costs less here; where it has room nowhere, whether
    /// more of its pods have some.
    fn is_better_than(&self, other: &Self) -> bool {
        match (self.is_whole, other.is_whole) {
            (true, true) => self.outlay.is_less_than(&other.outlay),
            (false, false) => self.placed > other.placed,
            (one, _) => one,
        }
    }
}

fn keep_in(trial: &mut GangTrial<'_, '_, '_>, classes: &[ClassIx], value: &str) {
    for class in classes {
        trial.candidates.cluster.keep_in_domain(class.demand(), value);
    }
    trial.buying.look_again_at(trial.candidates, classes);
}

/// Returns the value of the label where pods of the gang run.
fn where_it_runs<'a>(fleet: &Fleet<'a>, entry: &GangEntry<'a>, label: &str) -> Option<&'a str> {
    let node = fleet.node_named(entry.runs_on?)?.node;
    node.labels.get(label).map(crate::snapshot::Name::as_str)
}

/// Returns the values of the label on nodes that are there, coming, or could be bought.
fn domains(trial: &GangTrial<'_, '_, '_>, label: &str) -> BTreeSet<String> {
    let cluster = &trial.candidates.cluster;
    let there = trial.candidates.forms();
    let catalogue = trial.buying.catalogue();
    let offered = catalogue.fleet.groups.numbers().filter_map(|group| catalogue.offers.of(group));
    let all: BTreeSet<_> = there.chain(offered.flat_map(|offer| offer.forms.iter().copied())).collect();
    let values = all.into_iter().flat_map(|forms| cluster.values_of(label, forms));
    values.filter(|value| !is_unnamed(value)).map(str::to_owned).collect()
}
