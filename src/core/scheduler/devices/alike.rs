//! Nodes whose devices are alike and equally taken: what a search finds on one of them, it finds on
//! all.

use std::cell::RefCell;
use std::collections::BTreeMap;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::pools::{Completeness, Pool};
use super::problem::DeviceProblem;
use super::search::Pick;
use super::shapes::ShapeIx;
use super::taken::Taken;
use crate::index_vec::{Number, numbers};
use crate::snapshot::{CountersTaken, DeviceCapacity, DeviceTaint, Quantity};

numbers! {
    /// Pods that claim alike.
    pub(in crate::scheduler) struct ClaimantIx;
    /// Pools that differ in nothing but their names and nodes.
    pub(in crate::scheduler) struct PoolKindIx;
    /// The pools of a node by their kinds, and what of them is taken.
    pub(in crate::scheduler) struct NodeStateIx;
}

/// After so many searches for the same pods that were given up, each among other devices, further
/// ones are not begun: they would end alike.
const MOST_GIVEN_UP: u32 = 10;

/// After so many searches of a plan that were given up further ones have fewer steps: many pods may
/// have claims that are too complex, each in its own way.
const MANY_GIVEN_UP: u32 = 200;

/// All of a pool that a search depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PoolKind<'a> {
    driver: &'a str,
    completeness: Completeness,
    devices: Vec<DeviceKind<'a>>,
    counters: BTreeMap<&'a str, &'a BTreeMap<String, Quantity>>,
}

/// All of a device that a search depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct DeviceKind<'a> {
    name: &'a str,
    shape: ShapeIx,
    capacity: &'a BTreeMap<String, DeviceCapacity>,
    taints: &'a [DeviceTaint],
    consumes: &'a [CountersTaken],
}

/// What searches found.
#[derive(Debug, Clone, Default)]
struct KnownOutcomes<'a> {
    /// The pools of picks are numbered in the order of the node's own.
    by_state: FxHashMap<(ClaimantIx, NodeStateIx), Result<Vec<Pick<'a>>, DeviceProblem>>,
    given_up: BTreeMap<ClaimantIx, u32>,
    all_given_up: u32,
}

/// The states in which nodes were seen, and what was found for pods on such nodes.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct AlikeNodes<'a> {
    kinds: IndexSet<PoolKind<'a>, FxBuildHasher>,
    states: IndexSet<Vec<(PoolKindIx, Vec<Taken<'a>>)>, FxBuildHasher>,
    found: RefCell<KnownOutcomes<'a>>,
}

impl<'a> AlikeNodes<'a> {
    /// Returns the kind of a pool.
    pub(in crate::scheduler) fn kind(&mut self, pool: &Pool<'a>) -> PoolKindIx {
        let device = |one: &super::pools::PoolDevice<'a>| DeviceKind {
            name: &one.device.name,
            shape: one.shape,
            capacity: &one.device.capacity,
            taints: &one.device.taints,
            consumes: &one.device.consumes,
        };
        let kind = PoolKind {
            driver: pool.driver,
            completeness: pool.completeness,
            devices: pool.devices.iter().map(device).collect(),
            counters: pool.counters.clone(),
        };
        PoolKindIx::from_index(self.kinds.insert_full(kind).0)
    }

    /// Returns the state of a node, given the pools that it alone reaches.
    pub(in crate::scheduler) fn state(&mut self, pools: Vec<(PoolKindIx, Vec<Taken<'a>>)>) -> NodeStateIx {
        NodeStateIx::from_index(self.states.insert_full(pools).0)
    }

    /// Returns what was found for such pods on a node of that state.
    pub(in crate::scheduler) fn found(
        &self,
        pods: ClaimantIx,
        state: NodeStateIx,
    ) -> Option<Result<Vec<Pick<'a>>, DeviceProblem>> {
        self.found.borrow().by_state.get(&(pods, state)).cloned()
    }

    /// Returns the problem that was found for such pods on a node of that state, if there is one.
    pub(in crate::scheduler) fn problem(&self, pods: ClaimantIx, state: NodeStateIx) -> Option<Result<(), DeviceProblem>> {
        let found = self.found.borrow();
        found.by_state.get(&(pods, state)).map(|found| found.as_ref().map(drop).map_err(DeviceProblem::clone))
    }

    /// Keeps what was found.
    pub(in crate::scheduler) fn keep(&self, pods: ClaimantIx, state: NodeStateIx, found: Result<Vec<Pick<'a>>, DeviceProblem>) {
        self.found.borrow_mut().by_state.insert((pods, state), found);
    }

    /// Returns how many steps a search for such pods may take; `None` once too many were given up.
    pub(in crate::scheduler) fn steps(&self, pods: ClaimantIx) -> Option<u32> {
        let found = self.found.borrow();
        match found.given_up.get(&pods) {
            Some(times) if *times >= MOST_GIVEN_UP => None,
            _ if found.all_given_up >= MANY_GIVEN_UP => Some(super::search::FEWER_STEPS),
            _ => Some(super::search::MOST_STEPS),
        }
    }

    /// Counts a search that was given up.
    pub(in crate::scheduler) fn count_given_up(&self, pods: ClaimantIx) {
        let mut found = self.found.borrow_mut();
        *found.given_up.entry(pods).or_default() += 1;
        found.all_given_up += 1;
    }
}
