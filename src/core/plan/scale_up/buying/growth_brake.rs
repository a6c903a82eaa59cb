//! `--max-growth`: how many more nodes may come, by what the cloud says was launched lately.

use crate::plan::amounts::small;
use crate::plan::fleet::Fleet;
use crate::plan::reason::Refusal;
use crate::plan::situation::Situation;
use crate::policy::GrowthRate;
use crate::snapshot::{Activity, ActivityKind};

/// What the rate leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GrowthBrake {
    limit: GrowthRate,
    /// How many nodes came within that time or are coming.
    launched: u32,
}

impl GrowthBrake {
    /// Returns the brake of a run, if it has one.
    pub(crate) fn of(situation: &Situation<'_>) -> Option<Self> {
        let fleet = &situation.fleet;
        let limit = fleet.policy.max_growth?;
        let coming: u32 = situation.groups().map(|group| situation.health(group).gap.coming()).sum();
        Some(Self { limit, launched: launched_within(fleet, limit).saturating_add(coming) })
    }

    /// Returns how many more nodes may be bought.
    pub(crate) fn left(self) -> u32 {
        self.limit.nodes.saturating_sub(self.launched)
    }

    pub(super) fn refusal(self) -> Refusal {
        Refusal::MaxGrowth { limit: self.limit, launched: self.launched }
    }
}

/// Counts the launches of all groups that began within the time and did not fail.
fn launched_within(fleet: &Fleet<'_>, limit: GrowthRate) -> u32 {
    let from = limit.within.before(fleet.now());
    let counts =
        |activity: &&Activity| activity.kind == ActivityKind::Launch && activity.started_at > from && !activity.has_failed();
    small(fleet.groups.iter().flat_map(|group| &group.group.activities).filter(counts).count())
}
