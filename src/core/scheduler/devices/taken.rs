//! Which devices are taken, by claims that are allocated and by pods that were placed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::capacity::CapacityAmounts;
use super::pools::Pool;
use super::search::Pick;
use super::shapes::Shapes;
use crate::index_vec::{IndexVec, numbers};
use crate::snapshot::{AllocatedDevice, Quantity};

numbers! {
    /// A pool of a node that is there, or of one that may come.
    pub(in crate::scheduler) struct PoolIx;
}

/// What of a device is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::scheduler) enum Taken<'a> {
    /// Nothing.
    #[default]
    Free,
    /// All of it.
    Whole,
    /// Shares of a device that several claims may have.
    Shared {
        /// How much of each capacity.
        amounts: CapacityAmounts<'a>,
        /// How many shares.
        shares: u32,
    },
}

/// The pools, and what of each device is taken.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct DevicesTaken<'a> {
    shapes: Shapes<'a>,
    pools: IndexVec<PoolIx, (Arc<Pool<'a>>, Vec<Taken<'a>>)>,
}

impl<'a> DevicesTaken<'a> {
    pub(in crate::scheduler) fn new(shapes: Shapes<'a>) -> Self {
        Self { shapes, pools: IndexVec::new() }
    }

    pub(in crate::scheduler) fn shapes(&self) -> &Shapes<'a> {
        &self.shapes
    }

    pub(in crate::scheduler) fn shapes_mut(&mut self) -> &mut Shapes<'a> {
        &mut self.shapes
    }

    pub(in crate::scheduler) fn pool(&self, pool: PoolIx) -> &Pool<'a> {
        &self.pools[pool].0
    }

    pub(in crate::scheduler) fn numbers(&self) -> impl DoubleEndedIterator<Item = PoolIx> + use<'a> {
        self.pools.numbers()
    }

    /// Adds a pool, of which nothing is taken.
    pub(in crate::scheduler) fn add(&mut self, pool: Arc<Pool<'a>>) -> PoolIx {
        let free = vec![Taken::Free; pool.devices.len()];
        self.pools.push((pool, free))
    }

    /// Removes the newest pool.
    pub(in crate::scheduler) fn remove_newest(&mut self) {
        self.pools.pop();
    }

    pub(in crate::scheduler) fn of(&self, pool: PoolIx, device: usize) -> &Taken<'a> {
        &self.pools[pool].1[device]
    }

    /// Returns what is taken of the devices of a pool.
    pub(in crate::scheduler) fn all_of(&self, pool: PoolIx) -> &[Taken<'a>] {
        &self.pools[pool].1
    }

    /// Counts a device that a claim has.
    pub(in crate::scheduler) fn add_allocated(&mut self, pool: PoolIx, allocated: &'a AllocatedDevice) {
        let (of, taken) = &mut self.pools[pool];
        let Some(device) = of.devices.iter().position(|one| one.device.name == allocated.device) else { return };
        match allocated.is_share || !allocated.consumed.is_empty() {
            false => taken[device] = Taken::Whole,
            true => add_share(&mut taken[device], allocated.consumed.iter().map(|(name, amount)| (name.as_str(), *amount))),
        }
    }

    pub(in crate::scheduler) fn take(&mut self, pick: &Pick<'a>) {
        if pick.admin_access {
            return;
        }
        let taken = &mut self.pools[pick.pool].1[pick.device];
        match &pick.share {
            None => *taken = Taken::Whole,
            Some(amounts) => add_share(taken, amounts.iter().map(|(name, amount)| (*name, *amount))),
        }
    }

    pub(in crate::scheduler) fn give_back(&mut self, pick: &Pick<'a>) {
        if pick.admin_access {
            return;
        }
        let taken = &mut self.pools[pick.pool].1[pick.device];
        match (&pick.share, &mut *taken) {
            (Some(own), Taken::Shared { amounts, shares }) if *shares > 1 => {
                *shares -= 1;
                for (name, amount) in own {
                    if let Some(sum) = amounts.get_mut(name) {
                        *sum = sum.minus(*amount);
                    }
                }
            }
            _ => *taken = Taken::Free,
        }
    }

    /// Returns how much of a counter the taken devices of a pool use.
    pub(in crate::scheduler) fn counter_taken(&self, pool: PoolIx, set: &str, name: &str) -> Quantity {
        let (pool, taken) = &self.pools[pool];
        let in_use = pool.devices.iter().zip(taken).filter(|(_, taken)| **taken != Taken::Free);
        let amounts = in_use.flat_map(|(one, _)| one.device.consumes.iter().filter(|consumed| consumed.set == set));
        amounts.filter_map(|consumed| consumed.counters.get(name)).fold(Quantity::default(), |sum, one| sum.plus(*one))
    }
}

fn add_share<'a>(taken: &mut Taken<'a>, own: impl Iterator<Item = (&'a str, Quantity)>) {
    let (mut amounts, shares) = match std::mem::take(taken) {
        Taken::Shared { amounts, shares } => (amounts, shares),
        Taken::Free => (BTreeMap::new(), 0),
        Taken::Whole => {
            *taken = Taken::Whole;
            return;
        }
    };
    for (name, amount) in own {
        let sum: &mut Quantity = amounts.entry(name).or_default();
        *sum = sum.plus(amount);
    }
    *taken = Taken::Shared { amounts, shares: shares + 1 };
}
