//! What gangs found no room for is not tried again for gangs that are like them: from one gang to
//! the next there is only less room, unless nodes are bought.

use std::collections::BTreeMap;

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
    in_domain: BTreeMap<(GangShape<'a>, String), u32>,
    anywhere: BTreeMap<GangShape<'a>, (u32, Refusals)>,
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

    /// Returns how many pods of such a gang had a place in a domain that is too small for it.
    pub(super) fn in_domain(&self, need: GangNeed<'a>, value: &str) -> Option<u32> {
        self.in_domain.get(&(need.shape?, value.to_owned())).copied()
    }

    /// Notes that.
    pub(super) fn add_domain(&mut self, need: GangNeed<'a>, value: &str, placed: u32) {
        self.in_domain.extend(need.shape.map(|shape| ((shape, value.to_owned()), placed)));
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
