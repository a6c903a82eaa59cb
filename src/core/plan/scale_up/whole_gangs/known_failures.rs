//! What gangs found no room for is not tried again for gangs that are like them: from one gang to
//! the next there is only less room, unless nodes are bought.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::trial::GangTrial;
use crate::plan::gangs::GangEntry;
use crate::plan::pending::ClassIx;
use crate::plan::refusals::Refusals;
use crate::snapshot::SpecId;

/// How many pods of a gang need a place.
#[derive(Clone, Copy)]
pub(super) struct GangNeed<'a> {
    /// How many, with those that do not exist yet.
    pub(super) pods: u32,
    /// How many of them do not exist yet.
    pub(super) followers: u32,
    /// What makes gangs alike; absent where others say nothing about this one.
    pub(super) shape: Option<GangShape<'a>>,
}

/// What makes gangs alike of whose pods none runs, where only their requests matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GangShape<'a> {
    spec: SpecId,
    waiting: u32,
    needed: u32,
    same: Option<&'a str>,
}

/// The gangs and domains that turned out to be too small, with how many pods had a place.
#[derive(Default)]
pub(super) struct KnownFailures<'a> {
    /// How many nodes were bought then.
    bought: usize,
    /// The domains for such gangs.
    domains: BTreeMap<GangShape<'a>, OpenDomains>,
    /// All values of each label.
    values: BTreeMap<&'a str, Arc<BTreeSet<Arc<str>>>>,
    anywhere: BTreeMap<GangShape<'a>, (u32, Refusals)>,
}

/// The domains that may have room for gangs that are alike, and the best of those that have too
/// little.
pub(super) struct OpenDomains {
    open: Arc<BTreeSet<Arc<str>>>,
    /// The one with places for most pods of the gang, and for how many.
    pub(super) most_placed: Option<(u32, Arc<str>)>,
}

impl OpenDomains {
    /// Returns them in the order of their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.open.iter()
    }

    /// Removes those that turned out to be too small, with how many pods had a place.
    pub(super) fn close(&mut self, too_small: Vec<(u32, Arc<str>)>) {
        for (placed, value) in too_small {
            Arc::make_mut(&mut self.open).remove(&value);
            let is_better = |(most, first): &(u32, Arc<str>)| (placed, first) > (*most, &value);
            if self.most_placed.as_ref().is_none_or(is_better) {
                self.most_placed = Some((placed, value));
            }
        }
    }
}

impl<'a> GangNeed<'a> {
    /// Returns what a gang needs, of which so many pods run or will.
    pub(super) fn of(trial: &GangTrial<'_, 'a, '_>, classes: &[ClassIx], entry: &GangEntry<'a>, settled: u32) -> Self {
        let followers = if entry.leads() { entry.followers() } else { 0 };
        let pods = entry.needed().saturating_sub(settled) + followers;
        let is_new = settled == 0 && entry.bound == 0 && followers == 0;
        let shape = if is_new { shape(trial, classes, entry, pods) } else { None };
        Self { pods, followers, shape }
    }
}

fn shape<'a>(trial: &GangTrial<'_, 'a, '_>, classes: &[ClassIx], entry: &GangEntry<'a>, needed: u32) -> Option<GangShape<'a>> {
    let [index] = *classes else { return None };
    let catalogue = trial.buying.catalogue();
    let class = &catalogue.classes[index];
    let is_plain = trial.candidates.cluster.is_alone(index.demand()) && class.waits_for.is_empty();
    // A promise to some pods that was refuted says nothing about others.
    let was_refuted = catalogue.fleet.groups.numbers().any(|group| catalogue.refuted(index, group).is_some());
    let spec = catalogue.fleet.unbound[class.pods.first()?.pod].spec;
    (is_plain && !was_refuted).then(|| GangShape {
        spec,
        waiting: trial.placements.left(index),
        needed,
        same: entry.gang.same.as_deref(),
    })
}

impl<'a> KnownFailures<'a> {
    /// Forgets all where other nodes are bought by now: these may have room left.
    pub(super) fn look_at(&mut self, trial: &GangTrial<'_, 'a, '_>) {
        let bought = trial.buying.ledger().nodes().len();
        if bought != self.bought {
            *self = Self { bought, ..Self::default() };
        }
    }

    /// Takes the domains out that may have room for such a gang. `all` returns those of its label.
    pub(super) fn take_domains(
        &mut self,
        need: GangNeed<'a>,
        label: &'a str,
        all: impl FnOnce() -> BTreeSet<Arc<str>>,
    ) -> OpenDomains {
        if let Some(known) = need.shape.and_then(|shape| self.domains.remove(&shape)) {
            return known;
        }
        let all = self.values.entry(label).or_insert_with(|| Arc::new(all()));
        OpenDomains { open: Arc::clone(all), most_placed: None }
    }

    /// Keeps them for the next one.
    pub(super) fn put_domains(&mut self, need: GangNeed<'a>, domains: OpenDomains) {
        self.domains.extend(need.shape.map(|shape| (shape, domains)));
    }

    /// Returns how many pods of such a gang had a place that had too little room everywhere, and
    /// why.
    pub(super) fn anywhere(&self, need: GangNeed<'a>) -> Option<&(u32, Refusals)> {
        self.anywhere.get(&need.shape?)
    }

    /// Notes that.
    pub(super) fn add(&mut self, need: GangNeed<'a>, placed: u32, refusals: &Refusals) {
        self.anywhere.extend(need.shape.map(|shape| (shape, (placed, refusals.clone()))));
    }
}
