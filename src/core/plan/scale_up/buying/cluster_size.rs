//! The size of the whole cluster, and how many more nodes `--max-nodes-total`, `--max-cpu`,
//! `--max-memory`, the quotas of the account and the placement groups allow.

use super::placement_room::PlacementRoom;
use super::quota_room::QuotaRoom;
use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupIx, NodeEntry};
use crate::plan::group_health::joining;
use crate::plan::reason::Refusal;
use crate::plan::situation::Situation;
use crate::plan::template::{Template, Variant};
use crate::policy::ClusterLimit;
use crate::snapshot::{CPU, Lifecycle, MEMORY, Resources};

/// An amount for each of [`ClusterLimit::ALL`].
type Size = [i64; 3];

/// A node of which nothing is known except that it comes.
const UNKNOWN: Size = [1, 0, 0];

/// The size of the cluster with the nodes on the way and those planned, and its limits.
#[derive(Clone)]
pub(crate) struct ClusterSize {
    limits: [Option<i64>; 3],
    total: Size,
    /// What a new node of each group adds at most.
    of_a_node: IndexVec<GroupIx, Size>,
    quota: QuotaRoom,
    placements: PlacementRoom,
}

impl ClusterSize {
    /// Counts every node that is not leaving and every upcoming one, by what pods may request of
    /// it.
    pub(crate) fn new(situation: &Situation<'_>) -> Self {
        let fleet = &situation.fleet;
        let limits = ClusterLimit::ALL.map(|limit| fleet.policy.cluster_limit(limit));
        let of_a_node = |group| situation.template(group).map_or(UNKNOWN, |known| largest(known, |_| true));
        let of_a_node: IndexVec<GroupIx, Size> = situation.groups().map(of_a_node).collect();
        let mut size =
            Self { limits, total: [0; 3], of_a_node, quota: QuotaRoom::new(fleet), placements: PlacementRoom::new(fleet) };
        for entry in fleet.nodes.iter().filter(|entry| !is_leaving(fleet, entry)) {
            size.total = sum(size.total, of_resources(&entry.node.allocatable));
        }
        for (group, entry) in fleet.groups.iter_numbered() {
            for launched in joining(fleet, entry) {
                let machine_type = &launched.instance.machine_type;
                let known = situation.template(group).filter(|template| has_type(template, machine_type));
                let of_it = known.map(|template| largest(template, |variant| variant.machine_type == *machine_type));
                size.total = sum(size.total, of_it.unwrap_or(size.of_a_node[group]));
            }
            (0..situation.health(group).gap.coming()).for_each(|_| size.add(group, None));
        }
        size
    }

    /// Counts one more node of a group, in a zone where one is expected.
    pub(in crate::plan::scale_up) fn add(&mut self, group: GroupIx, zone: Option<&str>) {
        self.total = sum(self.total, self.of_a_node[group]);
        self.quota.add(group);
        self.placements.add(group, zone);
    }

    /// Returns how many more nodes of a group the limits allow.
    pub(crate) fn room(&self, group: GroupIx) -> u32 {
        let rooms = (0..3).filter_map(|which| self.room_under(which, group));
        let room = rooms.min().map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX));
        room.min(self.quota.room(group)).min(self.placements.room(group))
    }

    /// Returns the limit that forbids one more node of a group, with the size that it is compared
    /// with.
    pub(in crate::plan::scale_up) fn refusal(&self, fleet: &Fleet<'_>, group: GroupIx) -> Option<Refusal> {
        let of_cluster = self.limit_hit(group).or_else(|| self.quota.refusal(fleet, group));
        of_cluster.or_else(|| self.placements.refusal(fleet, group))
    }

    fn limit_hit(&self, group: GroupIx) -> Option<Refusal> {
        let which = (0..3).find(|which| self.room_under(*which, group) == Some(0))?;
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
    })
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
