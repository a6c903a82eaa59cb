//! The limits of a policy file on parts of the cluster, and how much of them is used.

use std::sync::Arc;

use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::reason::Refusal;
use crate::plan::situation::Situation;
use crate::policy::{Limited, NamedLimit, micros};
use crate::snapshot::{Instance, Labels, Resources};

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
    limit: NamedLimit,
    of: Limited,
    most: i64,
    /// What a new node of each group adds at most; absent where none of it belongs to the part.
    of_a_node: IndexVec<GroupIx, Option<i64>>,
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
        let amounts = limits.flat_map(|limit| limit.amounts().into_iter().flatten().map(move |(of, most)| (limit, of, most)));
        let part = |(limit, of, most): (&NamedLimit, &Limited, i64)| {
            let of_a_node = situation.groups().map(|group| most_of_a_node(situation, group, limit, of)).collect();
            LimitedPart { limit: Arc::new(AmountLimit { limit: limit.clone(), of: of.clone(), most, of_a_node }), total: 0 }
        };
        Self { parts: amounts.map(part).collect() }
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
            limit: part.limit.limit.name.clone(),
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
fn most_of_a_node(situation: &Situation<'_>, group: GroupIx, limit: &NamedLimit, of: &Limited) -> Option<i64> {
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

fn price(fleet: &Fleet<'_>, counted: &CountedMachine<'_>) -> i64 {
    let prices = fleet.prices.as_ref().zip(counted.group).zip(counted.instance);
    prices.and_then(|((prices, group), instance)| prices.of_instance(&fleet.groups[group], instance)).map_or(0, micros)
}
