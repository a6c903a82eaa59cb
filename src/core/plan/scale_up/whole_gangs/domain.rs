//! The domain of a gang that stays together by a label of nodes: one value of that label. Where
//! pods of it run, theirs is the only one; else the one in which the gang fits and costs the least.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::known_failures::{GangNeed, KnownFailures};
use super::trial::GangTrial;
use crate::plan::fleet::Fleet;
use crate::plan::gangs::GangEntry;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::class_orders::Outlay;
use crate::plan::template::is_unnamed;

/// Keeps the classes of a gang in the best domain for it, if it stays together at all. Nothing is
/// better than the first in which nothing has to be bought.
pub(super) fn choose<'a>(
    trial: &mut GangTrial<'_, 'a, '_>,
    classes: &[ClassIx],
    entry: &GangEntry<'a>,
    need: GangNeed<'a>,
    known: &mut KnownFailures<'a>,
) {
    let Some(label) = entry.gang.same.as_deref() else { return };
    let best = match where_it_runs(trial.buying.catalogue().fleet, entry, label) {
        Some(value) => Some(Arc::from(value)),
        None => best_of_all(trial, classes, label, need, known),
    };
    if let Some(value) = best {
        keep_in(trial, classes, &value);
    }
}

/// Returns the best of all domains. Those that were too small for gangs like this one are not
/// looked at again: where there are many gangs and many domains, most of these are full.
fn best_of_all<'a>(
    trial: &mut GangTrial<'_, 'a, '_>,
    classes: &[ClassIx],
    label: &'a str,
    need: GangNeed<'a>,
    known: &mut KnownFailures<'a>,
) -> Option<Arc<str>> {
    let bought_before = trial.buying.ledger().nodes().len();
    let mut open = known.take_domains(need, label, || domains(trial, label));
    let mut best: Option<(DomainMerit, Arc<str>)> = None;
    let mut too_small = Vec::new();
    for value in open.iter() {
        let merit = merit(trial, classes, need, value);
        if let DomainMerit::TooSmall { placed } = merit {
            too_small.push((placed, Arc::clone(value)));
        }
        let is_free = matches!(&merit, DomainMerit::Whole { nodes, .. } if *nodes == bought_before);
        if best.as_ref().is_none_or(|(best, _)| merit.is_better_than(best)) {
            best = Some((merit, Arc::clone(value)));
        }
        if is_free {
            break;
        }
    }
    open.close(too_small);
    let most = open.most_placed.clone();
    known.put_domains(need, open);
    match best {
        Some((DomainMerit::Whole { .. }, value)) => Some(value),
        Some(_) | None => most.map(|(_, value)| value),
    }
}

fn merit<'a>(trial: &mut GangTrial<'_, 'a, '_>, classes: &[ClassIx], need: GangNeed<'a>, value: &str) -> DomainMerit {
    keep_in(trial, classes, value);
    let before = trial.bookmark();
    let placed = trial.serve_with(classes, need.followers).placed;
    let merit = match placed >= need.pods {
        true => DomainMerit::Whole { outlay: Outlay::of(trial.buying), nodes: trial.buying.ledger().nodes().len() },
        false => DomainMerit::TooSmall { placed },
    };
    trial.go_back(before);
    merit
}

/// How well a domain serves a gang.
enum DomainMerit {
    /// All of it has room, with so many new nodes in all.
    Whole { outlay: Outlay, nodes: usize },
    /// Only so many of its pods have.
    TooSmall { placed: u32 },
}

impl DomainMerit {
    /// Whether a gang has room here only, or costs less here; where it has room nowhere, whether
    /// more of its pods have some.
    fn is_better_than(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole { outlay, .. }, Self::Whole { outlay: than, .. }) => outlay.is_less_than(than),
            (Self::TooSmall { placed }, Self::TooSmall { placed: than }) => placed > than,
            (Self::Whole { .. }, Self::TooSmall { .. }) => true,
            (Self::TooSmall { .. }, Self::Whole { .. }) => false,
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
fn domains(trial: &GangTrial<'_, '_, '_>, label: &str) -> BTreeSet<Arc<str>> {
    let cluster = &trial.candidates.cluster;
    let there = trial.candidates.forms();
    let catalogue = trial.buying.catalogue();
    let offered = catalogue.fleet.groups.numbers().filter_map(|group| catalogue.offers.of(group));
    let all: BTreeSet<_> = there.chain(offered.flat_map(|offer| offer.forms.iter().copied())).collect();
    let values = all.into_iter().flat_map(|forms| cluster.values_of(label, forms));
    values.filter(|value| !is_unnamed(value)).map(Arc::from).collect()
}
