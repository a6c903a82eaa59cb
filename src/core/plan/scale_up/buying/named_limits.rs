//! The limits on parts of the cluster, those of a policy file and CapacityQuotas, and how much of
//! them is used.

use std::sync::Arc;

use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::reason::{LimitPlace, Refusal};
use crate::plan::situation::Situation;
use crate::policy::{Limited, NamedLimit, micros};
use crate::scheduler::selects;
use crate::snapshot::{CapacityQuota, Instance, Labels, Resources};
use crate::well_known::capacity_quotas::NODES;

/// The parts, one for each amount that is limited.
#[derive(Clone)]
pub(super) struct NamedLimits {
    parts: Vec<LimitedPart>,
}

/// One amount of a part of the cluster, and how much of it there is.
#[derive(Clone)]
struct LimitedPart {
    limit: Arc<AmountLimit>,
    total: i64,
}

/// The limit of a part.
struct AmountLimit {
    limit: PartLimit,
    of: Limited,
    most: i64,
    /// What a new node of each group adds at most; absent where none of it belongs to the part.
    of_a_node: IndexVec<GroupIx, Option<i64>>,
}

/// Whose limit it is, and on which part.
enum PartLimit {
    OfFile(NamedLimit),
    Object(CapacityQuota),
}

impl PartLimit {
    /// Whether it is about the nodes of a group, where `None` is no group, that have these labels.
    fn is_about(&self, group: Option<&str>, labels: &Labels) -> bool {
        match self {
            Self::OfFile(limit) => limit.is_about(group, labels),
            Self::Object(quota) => selects(&quota.selector, labels),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::OfFile(limit) => &limit.name,
            Self::Object(quota) => &quota.name,
        }
    }

    fn stands_in(&self) -> LimitPlace {
        match self {
            Self::OfFile(_) => LimitPlace::PolicyFile,
            Self::Object(_) => LimitPlace::CapacityQuota,
        }
    }
}

/// A machine that is there, or comes.
pub(super) struct CountedMachine<'c> {
    /// Its group, if it has one.
    pub(super) group: Option<GroupIx>,
    pub(super) labels: &'c Labels,
    pub(super) resources: &'c Resources,
    pub(super) instance: Option<&'c Instance>,
}

impl NamedLimits {
    pub(super) fn new(situation: &Situation<'_>) -> Self {
        let limits = situation.fleet.policy.limits.iter();
        let of_file = limits.flat_map(|limit| {
            let amounts = limit.amounts().into_iter().flatten();
            amounts.map(move |(of, most)| (PartLimit::OfFile(limit.clone()), of.clone(), most))
        });
        let mut quotas: Vec<&CapacityQuota> = situation.fleet.snapshot.capacity_quotas.iter().collect();
        quotas.sort_unstable_by_key(|quota| &quota.name);
        let of_objects = quotas.into_iter().flat_map(|quota| {
            let amounts = quota.resources.iter();
            amounts.map(move |(name, most)| (PartLimit::Object(quota.clone()), limited_by_quota(name), *most))
        });
        let part = |(limit, of, most): (PartLimit, Limited, i64)| {
            let of_a_node = situation.groups().map(|group| most_of_a_node(situation, group, &limit, &of)).collect();
            LimitedPart { limit: Arc::new(AmountLimit { limit, of, most, of_a_node }), total: 0 }
        };
        Self { parts: of_file.chain(of_objects).map(part).collect() }
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Counts a machine that is known.
    pub(super) fn count(&mut self, fleet: &Fleet<'_>, counted: &CountedMachine<'_>) {
        let name = counted.group.map(|group| fleet.groups[group].id().name.as_str());
        for part in self.parts.iter_mut().filter(|part| part.limit.limit.is_about(name, counted.labels)) {
            let amount = match &part.limit.of {
                Limited::Nodes => 1,
                Limited::UsdPerHour => price(fleet, counted),
                Limited::Resource(resource) => counted.resources.get(resource),
            };
            part.total = part.total.saturating_add(amount);
        }
    }

    /// Counts one more node of a group. What uses a reservation is paid for already.
    pub(super) fn add(&mut self, group: GroupIx, is_reserved: bool) {
        for part in &mut self.parts {
            let is_free = is_reserved && part.limit.of == Limited::UsdPerHour;
            let more = part.limit.of_a_node[group].filter(|_| !is_free);
            part.total = part.total.saturating_add(more.unwrap_or(0));
        }
    }

    /// Returns how many more nodes of a group they allow, of which the first `reserved` use
    /// reservations.
    pub(super) fn room(&self, group: GroupIx, reserved: u32) -> u32 {
        let room = |part: &LimitedPart| {
            let free = if part.limit.of == Limited::UsdPerHour { i64::from(reserved) } else { 0 };
            Some(part.room(group)?.saturating_add(free))
        };
        let least = self.parts.iter().filter_map(room).min();
        least.map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX))
    }

    /// Returns the limit that forbids one more node of a group.
    pub(super) fn refusal(&self, group: GroupIx) -> Option<Refusal> {
        let part = self.parts.iter().find(|part| part.room(group) == Some(0))?;
        Some(Refusal::NamedLimit {
            limit: part.limit.limit.name().to_owned(),
            stands_in: part.limit.limit.stands_in(),
            of: part.limit.of.clone(),
            most: part.limit.most,
            total: part.total,
            of_a_node: part.limit.of_a_node[group]?,
        })
    }
}

impl LimitedPart {
    fn room(&self, group: GroupIx) -> Option<i64> {
        (self.limit.most - self.total).max(0).checked_div(self.limit.of_a_node[group]?)
    }
}

/// Returns the most that a new node of a group adds to what is limited; nothing where no variant of
/// it is in the part.
fn most_of_a_node(situation: &Situation<'_>, group: GroupIx, limit: &PartLimit, of: &Limited) -> Option<i64> {
    let name = &situation.fleet.groups[group].id().name;
    let Some(template) = situation.template(group) else { return Some(1).filter(|_| *of == Limited::Nodes) };
    let may_be = template.variants.iter().filter(|variant| limit.is_about(Some(name), &variant.labels));
    let amounts = may_be.map(|variant| match of {
        Limited::Nodes => 1,
        // A node that may cost anything must not exceed a limit.
        Limited::UsdPerHour => situation.paid_price(group).map_or(i64::MAX, micros),
        Limited::Resource(resource) => variant.allocatable.get(resource),
    });
    amounts.max()
}

/// Returns what an entry of `spec.limits.resources` limits.
fn limited_by_quota(name: &str) -> Limited {
    if name == NODES { Limited::Nodes } else { Limited::Resource(name.to_owned()) }
}

fn price(fleet: &Fleet<'_>, counted: &CountedMachine<'_>) -> i64 {
    let prices = fleet.prices.as_ref().zip(counted.group).zip(counted.instance);
    prices.and_then(|((prices, group), instance)| prices.of_instance(&fleet.groups[group], instance)).map_or(0, micros)
}
