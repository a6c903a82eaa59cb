//! The size of the whole cluster, and how many more nodes `--max-nodes-total`, `--max-cpu`,
//! `--max-memory`, `--max-hourly-cost`, the quotas of the account and the placement groups allow.

use super::named_limits::{CountedMachine, NamedLimits};
use super::placement_room::PlacementRoom;
use super::quota_room::QuotaRoom;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx, NodeEntry};
use crate::plan::group_health::joining;
use crate::plan::reason::Refusal;
use crate::plan::situation::Situation;
use crate::plan::template::{Template, Variant};
use crate::policy::{ClusterLimit, micros};
use crate::snapshot::{CPU, Instance, Lifecycle, MEMORY, Resources};

/// An amount for each of [`ClusterLimit::ALL`].
type Size = [i64; 4];

/// A node of which nothing is known except that it comes.
const UNKNOWN: Size = [1, 0, 0, 0];

/// The place of the money in a [`Size`].
const COST: usize = 3;

/// The size of the cluster with the nodes on the way and those planned, and its limits.
#[derive(Clone)]
pub(crate) struct ClusterSize {
    limits: [Option<i64>; 4],
    total: Size,
    /// What a new node of each group adds at most.
    of_a_node: IndexVec<GroupIx, Size>,
    quota: QuotaRoom,
    placements: PlacementRoom,
    named: NamedLimits,
}

impl ClusterSize {
    /// Counts every node that is not leaving and every upcoming one, by what pods may request of
    /// it.
    pub(crate) fn new(situation: &Situation<'_>) -> Self {
        let fleet = &situation.fleet;
        let limits = ClusterLimit::ALL.map(|limit| fleet.policy.cluster_limit(limit));
        let of_a_node = |group| {
            let size = situation.template(group).map_or(UNKNOWN, |known| largest(known, |_| true));
            // A node that may cost anything must not exceed a limit.
            costing(size, if limits[COST].is_some() { situation.paid_price(group).map_or(i64::MAX, micros) } else { 0 })
        };
        let of_a_node: IndexVec<GroupIx, Size> = situation.groups().map(of_a_node).collect();
        let (total, quota, placements) = (Size::default(), QuotaRoom::new(fleet), PlacementRoom::new(fleet));
        let named = NamedLimits::new(situation);
        let mut size = Self { limits, total, of_a_node, quota, placements, named };
        size.count_named(situation);
        size.count_total(situation);
        size
    }

    /// Counts what is there and what is on its way, where a limit compares with that.
    fn count_total(&mut self, situation: &Situation<'_>) {
        let fleet = &situation.fleet;
        let is_limited = self.limits.iter().any(Option::is_some);
        for entry in fleet.nodes.iter().filter(|entry| is_limited && !is_leaving(fleet, entry)) {
            let price = fleet.group_of(entry).zip(fleet.instance_of(entry)).map_or(0, |(group, it)| price(fleet, group, it));
            self.total = sum(self.total, costing(of_resources(&entry.node.allocatable), price));
        }
        for (group, entry) in fleet.groups.iter_numbered() {
            for launched in joining(fleet, entry).filter(|_| is_limited) {
                let machine_type = &launched.instance.machine_type;
                let known = situation.template(group).filter(|template| has_type(template, machine_type));
                let of_it = known.map(|template| largest(template, |variant| variant.machine_type == *machine_type));
                let of_it = of_it.unwrap_or(self.of_a_node[group]);
                self.total = sum(self.total, costing(of_it, price(fleet, entry, launched.instance)));
            }
            let reserved = fleet.reserved.coming(fleet, group);
            (0..situation.health(group).gap.coming()).for_each(|place| self.add(group, None, place < reserved));
        }
    }

    /// Counts what is there and joins for the limits of the policy file.
    fn count_named(&mut self, situation: &Situation<'_>) {
        let fleet = &situation.fleet;
        if self.named.is_empty() {
            return;
        }
        for entry in fleet.nodes.iter().filter(|entry| !is_leaving(fleet, entry)) {
            let (labels, resources) = (&entry.node.labels, &entry.node.allocatable);
            let group = entry.member_of.map(|(group, _)| group);
            self.named.count(fleet, &CountedMachine { group, labels, resources, instance: fleet.instance_of(entry) });
        }
        for (group, entry) in fleet.groups.iter_numbered() {
            for launched in joining(fleet, entry) {
                let template = situation.template(group);
                let is_it = |variant: &&Variant| variant.machine_type == launched.instance.machine_type;
                match template.and_then(|template| template.variants.iter().find(is_it)) {
                    Some(Variant { labels, allocatable: resources, .. }) => {
                        let instance = Some(launched.instance);
                        self.named.count(fleet, &CountedMachine { group: Some(group), labels, resources, instance });
                    }
                    None => self.named.add(group, launched.instance.reservation.is_some()),
                }
            }
        }
    }

    /// Counts one more node of a group, in a zone where one is expected. What uses a reservation is
    /// paid for already.
    pub(in crate::plan::scale_up) fn add(&mut self, group: GroupIx, zone: Option<&str>, is_reserved: bool) {
        let of_it = self.of_a_node[group];
        self.total = sum(self.total, if is_reserved { costing(of_it, 0) } else { of_it });
        self.quota.add(group);
        self.placements.add(group, zone);
        self.named.add(group, is_reserved);
    }

    /// Returns how many more nodes of a group the limits allow, of which the first `reserved` use
    /// reservations.
    pub(crate) fn room(&self, group: GroupIx, reserved: u32) -> u32 {
        let more = |which| if which == COST { i64::from(reserved) } else { 0 };
        let rooms = (0..4).filter_map(|which| Some(self.room_under(which, group)?.saturating_add(more(which))));
        let room = rooms.min().map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX));
        room.min(self.quota.room(group)).min(self.placements.room(group)).min(self.named.room(group, reserved))
    }

    /// Returns the limit that forbids one more node of a group, with the size that it is compared
    /// with.
    pub(in crate::plan::scale_up) fn refusal(&self, fleet: &Fleet<'_>, group: GroupIx) -> Option<Refusal> {
        let of_file = || self.named.refusal(group);
        let of_cluster = self.limit_hit(group).or_else(of_file).or_else(|| self.quota.refusal(fleet, group));
        of_cluster.or_else(|| self.placements.refusal(fleet, group))
    }

    fn limit_hit(&self, group: GroupIx) -> Option<Refusal> {
        let which = (0..4).find(|which| self.room_under(*which, group) == Some(0))?;
        let limit = ClusterLimit::ALL[which];
        let most = self.limits[which].unwrap_or(i64::MAX);
        Some(Refusal::ClusterLimit { limit, most, total: self.total[which], of_a_node: self.of_a_node[group][which] })
    }

    fn room_under(&self, which: usize, group: GroupIx) -> Option<i64> {
        let left = (self.limits[which]? - self.total[which]).max(0);
        left.checked_div(self.of_a_node[group][which])
    }
}

fn of_resources(resources: &Resources) -> Size {
    ClusterLimit::ALL.map(|limit| match limit {
        ClusterLimit::Nodes => 1,
        ClusterLimit::Cpu => resources.get(CPU),
        ClusterLimit::Memory => resources.get(MEMORY),
        ClusterLimit::HourlyCost => 0,
    })
}

fn costing(size: Size, cost: i64) -> Size {
    let mut size = size;
    size[COST] = cost;
    size
}

/// Returns what an instance costs; nothing where no price is known.
fn price(fleet: &Fleet<'_>, group: &GroupEntry<'_>, instance: &Instance) -> i64 {
    let prices = fleet.prices.as_ref();
    prices.and_then(|prices| prices.of_instance(group, instance)).map_or(0, micros)
}

fn has_type(template: &Template, machine_type: &str) -> bool {
    template.variants.iter().any(|variant| variant.machine_type == machine_type)
}

/// Returns the most of each amount that any of some variants has: the cloud chooses the type, and
/// the largest one must not exceed a limit.
fn largest(template: &Template, may_be: impl Fn(&Variant) -> bool) -> Size {
    let sizes = template.variants.iter().filter(|variant| may_be(variant)).map(|variant| of_resources(&variant.allocatable));
    sizes.fold(UNKNOWN, |one, other| std::array::from_fn(|which| one[which].max(other[which])))
}

fn sum(one: Size, other: Size) -> Size {
    std::array::from_fn(|which| one[which].saturating_add(other[which]))
}

/// Whether a node leaves the cluster. Those that remain in it outside their group, such as those in
/// Standby, do not.
fn is_leaving(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> bool {
    fleet.instance_of(entry).is_some_and(|instance| match instance.lifecycle {
        Lifecycle::Terminating | Lifecycle::Terminated => true,
        Lifecycle::Pending
        | Lifecycle::InService
        | Lifecycle::Detached
        | Lifecycle::Standby
        | Lifecycle::Warm
        | Lifecycle::ReplacingDisk => false,
    })
}
