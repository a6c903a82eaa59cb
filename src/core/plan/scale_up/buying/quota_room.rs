//! What the quotas of the account leave in each region, less what is on the way and planned.

use crate::index_vec::IndexVec;
use crate::plan::fleet::{Fleet, GroupEntry, GroupIx};
use crate::plan::reason::Refusal;
use crate::snapshot::QuotaKind;

/// An amount for each of [`QuotaKind::ALL`].
type QuotaAmounts = [i64; 3];

/// The room under the quotas; empty where the cloud states none.
#[derive(Clone, Default)]
pub(super) struct QuotaRoom {
    /// What is left in each region of `Snapshot::quotas`; absent where nothing limits it.
    left: Vec<[Option<i64>; 3]>,
    /// For each group its region and what a new node of it takes; empty where there is no quota.
    groups: IndexVec<GroupIx, Option<(usize, QuotaAmounts)>>,
}

impl QuotaRoom {
    pub(super) fn new(fleet: &Fleet<'_>) -> Self {
        let quotas = &fleet.snapshot.quotas;
        if quotas.is_empty() {
            return Self::default();
        }
        let place = |group: &GroupEntry<'_>| {
            let region = quotas.iter().position(|quota| quota.region == group.id().region)?;
            Some((region, of_a_node(fleet, group)))
        };
        Self {
            left: quotas.iter().map(|quota| QuotaKind::ALL.map(|of| quota.left(of))).collect(),
            groups: fleet.groups.iter().map(place).collect(),
        }
    }

    /// Counts one more node of a group.
    pub(super) fn add(&mut self, group: GroupIx) {
        let Some((region, of_a_node)) = self.place(group) else { return };
        for (left, amount) in self.left[region].iter_mut().zip(of_a_node) {
            *left = left.map(|left| left.saturating_sub(amount));
        }
    }

    /// Returns how many more nodes of a group the quotas allow.
    pub(super) fn room(&self, group: GroupIx) -> u32 {
        let rooms = (0..QuotaKind::ALL.len()).filter_map(|which| self.room_under(which, group));
        rooms.min().map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX))
    }

    /// Returns the quota that forbids one more node of a group.
    pub(super) fn refusal(&self, fleet: &Fleet<'_>, group: GroupIx) -> Option<Refusal> {
        let which = (0..QuotaKind::ALL.len()).find(|which| self.room_under(*which, group) == Some(0))?;
        let (region, of_a_node) = self.place(group)?;
        let region_name = fleet.groups[group].id().region.clone();
        let left = self.left[region][which].unwrap_or(0).max(0);
        Some(Refusal::Quota { region: region_name, of: QuotaKind::ALL[which], left, of_a_node: of_a_node[which] })
    }

    fn room_under(&self, which: usize, group: GroupIx) -> Option<i64> {
        let (region, of_a_node) = self.place(group)?;
        self.left[region][which]?.max(0).checked_div(of_a_node[which])
    }

    fn place(&self, group: GroupIx) -> Option<(usize, QuotaAmounts)> {
        if self.left.is_empty() { None } else { self.groups[group] }
    }
}

/// Returns the most that a new node of a group takes, before the kubelet keeps anything back.
fn of_a_node(fleet: &Fleet<'_>, group: &GroupEntry<'_>) -> QuotaAmounts {
    let options = group.group.launch_options.iter();
    let machines = options.filter_map(|option| fleet.machine_type(&group.id().region, &option.machine_type));
    machines.fold([1, 0, 0], |[one, cpus, memory], machine| [one, cpus.max(machine.cpus), memory.max(machine.memory_mib)])
}
