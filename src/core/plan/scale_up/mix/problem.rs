//! Pods to be packed, and the nodes that can be bought for them, as plain numbers.

use crate::index_vec::{IndexVec, Numbers, numbers};
use crate::plan::amounts::take;
use crate::plan::bill::{Load, Offered};
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::scale_up::ranking::waste::room;
use crate::scheduler::fits;

numbers! {
    /// The pods of a class that are to be packed.
    pub(super) struct LoadIx;
}

/// Pods, and the groups of nodes for them.
pub(super) struct Problem {
    /// In the order of their classes: by priority, then the largest first.
    pub(super) loads: IndexVec<LoadIx, ClassLoad>,
    pub(super) offers: IndexVec<GroupIx, Option<Offered>>,
    /// How many nodes each group may still add.
    pub(super) limits: IndexVec<GroupIx, u32>,
    /// The groups with an offer, the cheapest first.
    by_price: Vec<GroupIx>,
}

/// The pods of a class.
#[derive(Clone)]
pub(super) struct ClassLoad {
    pub(super) class: ClassIx,
    pub(super) load: Load,
    /// Whether each group takes them.
    taken_by: IndexVec<GroupIx, bool>,
}

/// Nodes that are filled alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilledNode {
    pub(super) group: GroupIx,
    /// The pods of each load.
    pub(super) pods: Vec<(LoadIx, u32)>,
    pub(super) copies: u32,
}

/// Nodes for all pods.
pub(super) type Mix = Vec<FilledNode>;

impl ClassLoad {
    pub(super) fn new(class: ClassIx, load: Load, groups: Numbers<GroupIx>) -> Self {
        let taken_by = groups.map(|group| load.groups.contains(&group)).collect();
        Self { class, load, taken_by }
    }
}

impl Problem {
    pub(super) fn new(
        loads: IndexVec<LoadIx, ClassLoad>,
        offers: IndexVec<GroupIx, Option<Offered>>,
        limits: IndexVec<GroupIx, u32>,
    ) -> Self {
        let mut priced: Vec<_> =
            offers.iter_numbered().filter_map(|(group, offer)| Some((offer.as_ref()?.price, group))).collect();
        priced.sort_unstable();
        let by_price = priced.into_iter().map(|(_, group)| group).collect();
        Self { loads, offers, limits, by_price }
    }

    /// Returns the groups that cost less than so much and whose nodes take these pods, the cheapest
    /// first.
    pub(super) fn holding<'p>(&'p self, pods: &'p [(LoadIx, u32)], below: u64) -> impl Iterator<Item = GroupIx> + 'p {
        let requested = self.requested(pods);
        let cheaper = self.by_price.iter().copied().take_while(move |group| self.price_of(*group) < below);
        cheaper.filter(move |group| self.holds(*group, pods, &requested))
    }

    /// Returns the problem of some of the loads alone, with no more pods of each than the limits of
    /// their groups leave room for.
    pub(super) fn part(&self, loads: &[LoadIx]) -> Self {
        let within = |load: &LoadIx| {
            let mut part = self.loads[*load].clone();
            let rooms = part.load.groups.iter().map(|group| self.most(*group, *load));
            part.load.pods = part.load.pods.min(rooms.fold(0, u32::saturating_add));
            part
        };
        Self::new(loads.iter().map(within).collect(), self.offers.clone(), self.limits.clone())
    }

    /// Returns the same problem with so many pods of each class, without the loads that have none.
    pub(super) fn with_pods(&self, pods: impl Fn(ClassIx) -> u32) -> Self {
        let of_load = |entry: &ClassLoad| {
            let pods = pods(entry.class);
            (pods > 0).then(|| ClassLoad { load: Load { pods, ..entry.load.clone() }, ..entry.clone() })
        };
        Self::new(self.loads.iter().filter_map(of_load).collect(), self.offers.clone(), self.limits.clone())
    }

    /// Returns how many pods of a load all nodes take that a group may add.
    fn most(&self, group: GroupIx, load: LoadIx) -> u32 {
        let of_a_node = self.offers[group].as_ref().map_or(0, |offer| room(&offer.free, self.requests(load)));
        of_a_node.saturating_mul(self.limits[group])
    }

    /// Returns the groups with an offer, the cheapest first.
    pub(super) fn by_price(&self) -> impl Iterator<Item = GroupIx> {
        self.by_price.iter().copied()
    }

    /// Returns the price of a mix per hour, in millionths of a dollar.
    pub(super) fn price(&self, mix: &[FilledNode]) -> u64 {
        mix.iter().map(|node| self.price_of(node.group).saturating_mul(u64::from(node.copies))).sum()
    }

    pub(super) fn price_of(&self, group: GroupIx) -> u64 {
        self.offers[group].as_ref().map_or(u64::MAX, |offer| offer.price.micros())
    }

    pub(super) fn takes(&self, group: GroupIx, load: LoadIx) -> bool {
        self.loads[load].taken_by[group]
    }

    pub(super) fn requests(&self, load: LoadIx) -> &[i64] {
        &self.loads[load].load.requests
    }

    /// Returns what pods request together.
    pub(super) fn requested(&self, pods: &[(LoadIx, u32)]) -> Vec<i64> {
        let width = self.loads.iter().next().map_or(0, |load| load.load.requests.len());
        let mut sum = vec![0_i64; width];
        for (load, pods) in pods {
            for (sum, requested) in sum.iter_mut().zip(self.requests(*load)) {
                *sum = sum.saturating_add(requested.saturating_mul(i64::from(*pods)));
            }
        }
        sum
    }

    /// Whether a node of a group takes these pods, which request so much together.
    fn holds(&self, group: GroupIx, pods: &[(LoadIx, u32)], requested: &[i64]) -> bool {
        let fits = self.offers[group].as_ref().is_some_and(|offer| fits(&offer.free, requested));
        fits && pods.iter().all(|(load, _)| self.takes(group, *load))
    }

    /// Fills a node of a group with what is `left` of the loads, in the given order.
    pub(super) fn fill(
        &self,
        group: GroupIx,
        left: &IndexVec<LoadIx, u32>,
        order: impl Iterator<Item = LoadIx>,
    ) -> Vec<(LoadIx, u32)> {
        let Some(offer) = &self.offers[group] else { return Vec::new() };
        let mut free = offer.free.clone();
        let mut pods = Vec::new();
        for load in order.filter(|load| left[*load] > 0 && self.takes(group, *load)) {
            let taken = room(&free, self.requests(load)).min(left[load]);
            if taken > 0 {
                take(&mut free, self.requests(load), taken);
                pods.push((load, taken));
            }
        }
        pods
    }

    /// Returns what a pod of each load costs at least where it shares nodes only with its own load,
    /// in millionths of a dollar per hour.
    pub(super) fn alone(&self) -> IndexVec<LoadIx, f64> {
        let of_group = |load: LoadIx, group: GroupIx| {
            let pods = room(&self.offers[group].as_ref()?.free, self.requests(load));
            #[expect(clippy::cast_precision_loss, reason = "a guide for the search")]
            let price = self.price_of(group) as f64;
            (pods > 0).then(|| price / f64::from(pods))
        };
        let groups = |load: LoadIx| self.loads[load].load.groups.iter().filter_map(move |group| of_group(load, *group));
        self.loads.numbers().map(|load| groups(load).fold(f64::INFINITY, f64::min)).collect()
    }
}
