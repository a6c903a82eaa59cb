//! Pending pods that nothing is bought for, since a quota of the policy file is used up.
//!
//! What runs counts first, then what waits in the order in which it is served: the higher priority
//! first, of one priority the older. Everyone first gets what is within the own quota, and then, in
//! the same order, what the others of the cohort leave. The pods of a gang that wait count
//! together. Nothing is ended for a quota, and its pods may go to nodes that are there.

mod amounts;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::PodRuling;
use super::offers::not_again::NotAgain;
use crate::index_vec::IndexVec;
use crate::plan::class_turn::ClassTurn;
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::gangs::GangIx;
use crate::plan::pending::{Class, ClassIx};
use crate::plan::reason::{CohortUse, Refusal};
use crate::plan::report::PodVerdict;
use crate::plan::situation::Situation;
use amounts::{PodAmounts, QuotaAmount, amounts};

/// The pods for which a quota leaves nothing.
#[derive(Default)]
pub(super) struct OverQuota {
    by_pod: BTreeMap<usize, Vec<ExceededAmount>>,
}

/// An amount of a quota that a pod would exceed.
#[derive(Clone)]
struct ExceededAmount {
    /// Which of the amounts of all quotas.
    amount: usize,
    refusal: Refusal,
    /// The groups in which nothing is bought for the pod.
    groups: Vec<GroupIx>,
}

/// Pods that get their nodes together: one, or those of a gang that wait.
struct WaitingTogether {
    turn: (ClassTurn, Timestamp, usize),
    pods: Vec<usize>,
    /// How much they add to each amount.
    adds: Vec<i64>,
}

impl OverQuota {
    /// Finds those of the pods without a ruling, one for each of [`Fleet::unbound`], for which a
    /// quota leaves nothing.
    pub(super) fn find(situation: &Situation<'_>, settled: &[Option<PodRuling>]) -> Self {
        let amounts = amounts(&situation.fleet.policy.quotas);
        if amounts.is_empty() {
            return Self::default();
        }
        let mut pods = PodAmounts::new(situation);
        let mut units = units(&situation.fleet, settled, &amounts, &mut pods);
        units.sort_by_key(|unit| unit.turn);
        let used = amounts.iter().map(|amount| pods.running(amount)).collect();
        let mut counted = QuotaUse { amounts: &amounts, used };
        let later: Vec<WaitingTogether> = units.into_iter().filter(|unit| !counted.admits(unit, Lending::OwnOnly)).collect();
        let mut over = Self::default();
        for unit in later {
            if !counted.admits(&unit, Lending::OfCohort) {
                over.refuse(situation, &unit, &mut counted, &mut pods);
            }
        }
        over
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.by_pod.is_empty()
    }

    /// Returns the amounts that a pod would exceed, by its index in [`Fleet::unbound`].
    pub(super) fn exceeded_by(&self, pod: usize) -> Vec<usize> {
        self.by_pod.get(&pod).into_iter().flatten().map(|exceeded| exceeded.amount).collect()
    }

    /// Closes the groups to the classes of these pods.
    pub(super) fn close_groups(&self, closed: &mut NotAgain, classes: &IndexVec<ClassIx, Class<'_>>) {
        for (index, class) in classes.iter_numbered() {
            for ExceededAmount { refusal, groups, .. } in self.by_pod.get(&class.example()).into_iter().flatten() {
                for group in groups {
                    closed.entry((index, *group)).or_insert_with(|| refusal.clone());
                }
            }
        }
    }

    fn refuse<'a>(
        &mut self,
        situation: &Situation<'a>,
        unit: &WaitingTogether,
        counted: &mut QuotaUse<'a, '_>,
        pods: &mut PodAmounts<'_, 'a>,
    ) {
        let exceeded: Vec<usize> = counted.exceeded(unit, Lending::OfCohort).collect();
        let refusals: Vec<Refusal> = exceeded.iter().map(|amount| counted.refusal(unit, *amount)).collect();
        for &index in &unit.pods {
            let pod = situation.fleet.unbound[index];
            let of_pod = |(&amount, refusal): (&usize, &Refusal)| {
                let quota = counted.amounts[amount].quota;
                let mut refusal = refusal.clone();
                if let Refusal::OverPodQuota { price, .. } = &mut refusal {
                    *price = pods.price(quota, pod);
                }
                ExceededAmount { amount, refusal, groups: pods.takers(quota, pod).to_vec() }
            };
            self.by_pod.insert(index, exceeded.iter().zip(&refusals).map(of_pod).collect());
        }
        // Nodes on which such a quota does not count may still come for them.
        if exceeded.iter().all(|amount| !counted.amounts[*amount].quota.nodes.is_empty()) {
            let names: BTreeSet<&str> = exceeded.iter().map(|amount| counted.amounts[*amount].quota.name.as_str()).collect();
            counted.add(unit, |amount| !names.contains(amount.quota.name.as_str()));
        }
    }
}

/// Returns the pods that wait and that a quota is about.
fn units<'a>(
    fleet: &Fleet<'a>,
    settled: &[Option<PodRuling>],
    amounts: &[QuotaAmount<'a>],
    pods: &mut PodAmounts<'_, 'a>,
) -> Vec<WaitingTogether> {
    let waits = |ruling: &Option<PodRuling>| {
        let verdict = ruling.as_ref().map(|ruling| &ruling.ruling.verdict);
        matches!(verdict, None | Some(PodVerdict::NotYetScheduled))
    };
    let (mut units, mut of_gangs): (Vec<WaitingTogether>, BTreeMap<GangIx, usize>) = (Vec::new(), BTreeMap::new());
    for (index, _) in settled.iter().enumerate().filter(|(_, ruling)| waits(ruling)) {
        let pod = fleet.unbound[index];
        if !amounts.iter().any(|amount| amount.quota.is_about(pod)) {
            continue;
        }
        let adds = amounts.iter().map(|amount| if amount.quota.is_about(pod) { pods.waiting(amount, pod) } else { 0 });
        let adds: Vec<i64> = adds.collect();
        let turn = (ClassTurn::of(fleet, index, &|_| false), pod.created_at, index);
        let known = fleet.gangs.of(pod).map(|gang| *of_gangs.entry(gang).or_insert(units.len()));
        match known.and_then(|place| units.get_mut(place)) {
            Some(unit) => {
                unit.turn = unit.turn.min(turn);
                unit.pods.push(index);
                unit.adds.iter_mut().zip(adds).for_each(|(sum, more)| *sum = sum.saturating_add(more));
            }
            None => units.push(WaitingTogether { turn, pods: vec![index], adds }),
        }
    }
    units
}

/// Whose part of a quota may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lending {
    /// The own one.
    OwnOnly,
    /// Also what the others of its cohort leave.
    OfCohort,
}

/// What is used of every amount so far.
struct QuotaUse<'a, 'q> {
    amounts: &'q [QuotaAmount<'a>],
    used: Vec<i64>,
}

impl QuotaUse<'_, '_> {
    /// Counts pods if every quota has room for them, and returns whether that is so.
    fn admits(&mut self, unit: &WaitingTogether, lending: Lending) -> bool {
        let has_room = self.exceeded(unit, lending).next().is_none();
        if has_room {
            self.add(unit, |_| true);
        }
        has_room
    }

    fn add(&mut self, unit: &WaitingTogether, counts: impl Fn(&QuotaAmount<'_>) -> bool) {
        for ((used, adds), amount) in self.used.iter_mut().zip(&unit.adds).zip(self.amounts) {
            *used = used.saturating_add(if counts(amount) { *adds } else { 0 });
        }
    }

    /// Returns the amounts that have no room for pods.
    fn exceeded(&self, unit: &WaitingTogether, lending: Lending) -> impl Iterator<Item = usize> {
        let is_exceeded = move |amount: &usize| {
            let (adds, limit) = (unit.adds[*amount], &self.amounts[*amount]);
            let is_within = |used: i64, most: i64| used.saturating_add(adds) <= most;
            let is_lent = || {
                let (used, most) = self.of_cohort(*amount);
                is_within(used, most)
            };
            let may_borrow = lending == Lending::OfCohort && limit.quota.cohort.is_some();
            adds > 0 && !is_within(self.used[*amount], limit.most_counted()) && !(may_borrow && is_lent())
        };
        (0..self.amounts.len()).filter(is_exceeded)
    }

    /// Returns what is used of an amount by all of its cohort, and how much they may use together.
    fn of_cohort(&self, amount: usize) -> (i64, i64) {
        let one = &self.amounts[amount];
        let is_of_it = |other: &QuotaAmount<'_>| other.quota.cohort == one.quota.cohort && other.of == one.of;
        let lenders = self.amounts.iter().zip(&self.used).filter(|(other, _)| is_of_it(other));
        lenders.fold((0, 0), |(used, most): (i64, i64), (other, its)| {
            (used.saturating_add(*its), most.saturating_add(other.most_counted()))
        })
    }

    fn refusal(&self, unit: &WaitingTogether, amount: usize) -> Refusal {
        let limit = &self.amounts[amount];
        let cohort = limit.quota.cohort.clone().map(|name| {
            let (used, most) = self.of_cohort(amount);
            Box::new(CohortUse { name, most: limit.shown(most), used: limit.shown(used) })
        });
        Refusal::OverPodQuota {
            quota: limit.quota.name.clone(),
            of: limit.of.clone(),
            most: limit.most,
            used: limit.shown(self.used[amount]),
            adds: limit.shown(unit.adds[amount]),
            cohort,
            price: None,
        }
    }
}
