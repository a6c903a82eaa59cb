//! How much pods count for the amounts of quotas.
//!
//! Of a resource a pod counts by its request. Of money it counts by its share of what its node
//! costs: the largest part that it requests of any resource that pods may request of the node. Of
//! nodes those count that hold any of the pods; what waits counts by its share of a node. What
//! waits is counted on the new node on which that is least.

use std::collections::BTreeMap;

use crate::plan::fleet::{GroupIx, NodeIx, price_of};
use crate::plan::scale_up::new_node_takes::new_node_takes;
use crate::plan::situation::Situation;
use crate::policy::{Limited, PodQuota, micros};
use crate::snapshot::{Pod, SpecId, UsdPerHour};

/// Shares of nodes are counted in millionths.
pub(super) const WHOLE: i64 = 1_000_000;

/// One amount of a quota.
pub(super) struct QuotaAmount<'a> {
    pub(super) quota: &'a PodQuota,
    pub(super) of: &'a Limited,
    /// In the unit of [`Limited`].
    pub(super) most: i64,
}

impl QuotaAmount<'_> {
    /// Returns the most in the unit in which pods are counted.
    pub(super) fn most_counted(&self) -> i64 {
        if *self.of == Limited::Nodes { self.most.saturating_mul(WHOLE) } else { self.most }
    }

    /// Returns what was counted in the unit of [`Limited`].
    pub(super) fn shown(&self, counted: i64) -> i64 {
        if *self.of == Limited::Nodes { counted / WHOLE + i64::from(counted % WHOLE > 0) } else { counted }
    }
}

/// Returns all amounts of the quotas of a policy.
pub(super) fn amounts<'a>(quotas: &'a [PodQuota]) -> Vec<QuotaAmount<'a>> {
    let of_one = |quota: &'a PodQuota| {
        let amounts = quota.amounts().into_iter().flatten();
        amounts.map(move |(of, most)| QuotaAmount { quota, of, most })
    };
    quotas.iter().flat_map(of_one).collect()
}

/// What a pod that waits would take of the new node on which it takes least.
#[derive(Clone, Copy, Default)]
struct LeastShare {
    /// In millionths of a node.
    of_a_node: i64,
    price: Option<UsdPerHour>,
}

/// Counts pods for amounts of quotas.
pub(super) struct PodAmounts<'s, 'a> {
    situation: &'s Situation<'a>,
    /// The groups whose new nodes take the pods of a specification, as far as they count for a
    /// quota.
    takers: BTreeMap<(SpecId, &'a str), Vec<GroupIx>>,
    /// By specification and name of the quota as well.
    shares: BTreeMap<(SpecId, &'a str), LeastShare>,
}

impl<'s, 'a> PodAmounts<'s, 'a> {
    pub(super) fn new(situation: &'s Situation<'a>) -> Self {
        Self { situation, takers: BTreeMap::new(), shares: BTreeMap::new() }
    }

    /// Returns how much the pods that run count for an amount.
    pub(super) fn running(&self, amount: &QuotaAmount<'_>) -> i64 {
        let fleet = &self.situation.fleet;
        let counted = fleet.nodes.iter_numbered().filter(|(_, entry)| amount.quota.counts_on(&entry.node.labels));
        let of_node = |(node, _)| self.running_on(amount, node);
        counted.map(of_node).fold(0, i64::saturating_add)
    }

    fn running_on(&self, amount: &QuotaAmount<'_>, node: NodeIx) -> i64 {
        let fleet = &self.situation.fleet;
        let entry = &fleet.nodes[node];
        let own = || {
            let there = entry.pods.iter().chain(&entry.nominated);
            there.filter(|pod| !pod.is_daemon() && amount.quota.is_about(pod))
        };
        match amount.of {
            Limited::Nodes => {
                if own().next().is_some() {
                    WHOLE
                } else {
                    0
                }
            }
            Limited::UsdPerHour => {
                let Some(price) = price_of(fleet, node).filter(|_| own().next().is_some()) else { return 0 };
                let whole = fleet.columns.row(&entry.node.allocatable);
                own().map(|pod| part_of(price, share(&fleet.held(pod), &whole))).fold(0, i64::saturating_add)
            }
            Limited::Resource(name) => own().map(|pod| self.requested(pod, name)).fold(0, i64::saturating_add),
        }
    }

    /// Returns how much a pod that waits counts for an amount.
    pub(super) fn waiting(&mut self, amount: &QuotaAmount<'a>, pod: &Pod) -> i64 {
        let quota = amount.quota;
        match amount.of {
            Limited::Nodes => self.least_share(quota, pod).of_a_node,
            Limited::UsdPerHour => self.least_share(quota, pod).price.map_or(0, micros),
            Limited::Resource(_) if !quota.nodes.is_empty() && self.takers(quota, pod).is_empty() => 0,
            Limited::Resource(name) => self.requested(pod, name),
        }
    }

    /// Returns what a pod's share of a new node costs at least, where a price is known.
    pub(super) fn price(&mut self, quota: &'a PodQuota, pod: &Pod) -> Option<UsdPerHour> {
        self.least_share(quota, pod).price
    }

    /// Returns the groups whose new nodes take a pod and on which it counts for a quota.
    pub(super) fn takers(&mut self, quota: &'a PodQuota, pod: &Pod) -> &[GroupIx] {
        let situation = self.situation;
        let counts = |group: GroupIx| {
            let template = situation.template(group);
            template.is_some_and(|template| template.variants.iter().any(|variant| quota.counts_on(&variant.labels)))
        };
        let takers = || situation.groups().filter(|group| counts(*group) && new_node_takes(situation, *group, pod)).collect();
        self.takers.entry((pod.spec, quota.name.as_str())).or_insert_with(takers)
    }

    fn least_share(&mut self, quota: &'a PodQuota, pod: &Pod) -> LeastShare {
        if let Some(known) = self.shares.get(&(pod.spec, quota.name.as_str())) {
            return *known;
        }
        let situation = self.situation;
        let fleet = &situation.fleet;
        let shares: Vec<(i64, Option<UsdPerHour>)> = self
            .takers(quota, pod)
            .iter()
            .filter_map(|group| {
                let whole = fleet.columns.row(&situation.template(*group)?.allocatable);
                Some((share(fleet.requests(pod), &whole), situation.paid_price(*group)))
            })
            .collect();
        let prices = shares.iter().filter_map(|(share, price)| Some(part_of((*price)?, *share))).min();
        let least = LeastShare {
            of_a_node: shares.iter().map(|(share, _)| *share).min().unwrap_or(0),
            price: prices.map(|price| UsdPerHour::from_micros(u64::try_from(price).unwrap_or(0))),
        };
        self.shares.insert((pod.spec, quota.name.as_str()), least);
        least
    }

    fn requested(&self, pod: &Pod, name: &str) -> i64 {
        let fleet = &self.situation.fleet;
        let column = (0..fleet.columns.len()).find(|column| fleet.columns.name(*column) == name);
        column.map_or(0, |column| fleet.held(pod)[column])
    }
}

/// Returns the largest part of a whole that is requested of any resource, in millionths, rounded
/// up.
fn share(requests: &[i64], whole: &[i64]) -> i64 {
    let part = |(requested, whole): (&i64, &i64)| {
        let part = (i128::from(*requested) * i128::from(WHOLE)).checked_div(i128::from(*whole))?;
        let exact = part * i128::from(*whole) == i128::from(*requested) * i128::from(WHOLE);
        i64::try_from(part + i128::from(!exact)).ok()
    };
    requests.iter().zip(whole).filter_map(part).max().unwrap_or(0).min(WHOLE)
}

/// Returns a share of a price, in millionths of a dollar, rounded up.
fn part_of(price: UsdPerHour, share: i64) -> i64 {
    let part = (u128::from(price.micros()) * u128::from(share.unsigned_abs())).div_ceil(u128::from(WHOLE.unsigned_abs()));
    i64::try_from(part).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_largest_part_rounded_up() {
        for (requests, whole, expected) in
            [([1, 1], [4, 2], 500_000), ([1, 0], [3, 0], 333_334), ([0, 0], [3, 4], 0), ([9, 0], [3, 4], WHOLE)]
        {
            assert_eq!(share(&requests, &whole), expected, "{requests:?} of {whole:?}");
        }
        assert_eq!(part_of(UsdPerHour::from_micros(100), 333_334), 34);
    }
}
