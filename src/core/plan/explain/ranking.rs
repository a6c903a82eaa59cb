//! Why the groups are tried in their order for a pod, step by step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::fleet::{Fleet, GroupIx};
use crate::plan::report::PodVerdict;
use crate::plan::scale_up::{Precedence, Ranking};
use crate::snapshot::GroupId;

/// Why one group comes before another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RankStep {
    /// The group that comes before, or was chosen.
    pub first: GroupId,
    /// The other.
    pub then: GroupId,
    /// Whether the first one was chosen although the other ranks before it.
    pub passed_over: bool,
    /// What decides.
    #[serde(flatten)]
    pub because: Precedence,
    /// All of it in words.
    pub message: String,
}

/// Returns the steps of a ranking: first why each group that ranks before the chosen one was passed
/// over, then why each group from there on comes before the next. Where none is chosen, it returns
/// why each group comes before the next.
pub(super) fn steps(fleet: &Fleet<'_>, ranking: Ranking, verdict: &PodVerdict) -> Vec<RankStep> {
    let Ranking { groups, because, refusals, together } = ranking;
    let chosen = match verdict {
        PodVerdict::FitsNew { group, .. } => groups.iter().position(|ranked| fleet.groups[*ranked].id() == &**group),
        _ => None,
    };
    let words = Words { fleet };
    let before = groups.iter().zip(refusals).take(chosen.unwrap_or(0)).map(|(group, refusal)| {
        let in_spite_of_rank = || if together { Precedence::Together } else { Precedence::Room };
        let because = refusal.map_or_else(in_spite_of_rank, |refusal| Precedence::Refused { refusal });
        words.step(groups[chosen.unwrap_or(0)], *group, true, because)
    });
    let from_there = groups.windows(2).zip(because).skip(chosen.unwrap_or(0));
    before.chain(from_there.map(|(pair, because)| words.step(pair[0], pair[1], false, because))).collect()
}

struct Words<'f> {
    fleet: &'f Fleet<'f>,
}

impl Words<'_> {
    fn step(&self, first: GroupIx, then: GroupIx, passed_over: bool, because: Precedence) -> RankStep {
        let (one, other) = (self.name(first), self.name(then));
        let message = match (&because, passed_over) {
            (Precedence::Refused { .. }, _) => format!("chose {one} over {other}: {other} {because}"),
            (_, true) => format!("chose {one} over {other}: {because}"),
            (_, false) => format!("{one} before {other}: {because}"),
        };
        let id = |group: GroupIx| self.fleet.groups[group].id().clone();
        RankStep { first: id(first), then: id(then), passed_over, because, message }
    }

    /// Returns the name, with the region where others have the same one.
    fn name(&self, group: GroupIx) -> String {
        let id = self.fleet.groups[group].id();
        match self.fleet.groups.iter().filter(|other| other.id().name == id.name).count() {
            1 => id.name.clone(),
            _ => id.to_string(),
        }
    }
}
