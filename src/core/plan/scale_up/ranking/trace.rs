//! The ranking of the groups for one pod, for `explain pod`: recorded when its class has its turn,
//! from the values that decide then.

use super::reason::Precedence;
use crate::plan::fleet::GroupIx;
use crate::plan::pending::ClassIx;
use crate::plan::reason::Refusal;

/// The traced class, and how the groups were ranked for it.
#[derive(Debug, Clone)]
pub(in crate::plan::scale_up) struct RankingTrace {
    pub(in crate::plan::scale_up) class: ClassIx,
    /// `None` until nodes are wanted for the class.
    pub(in crate::plan::scale_up) ranking: Option<Ranking>,
}

/// The groups that a pod fits, in the order of `--expander`, whether they can grow or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranking {
    /// The best first.
    pub(crate) groups: Vec<GroupIx>,
    /// Why each ranks before the next one.
    pub(crate) because: Vec<Precedence>,
    /// Why each does not help, by the end of the plan.
    pub(crate) refusals: Vec<Option<Refusal>>,
    /// Whether all was bought together, for the lowest price of all pods and not of each.
    pub(crate) together: bool,
}

impl RankingTrace {
    pub(in crate::plan::scale_up) fn about(class: ClassIx) -> Self {
        Self { class, ranking: None }
    }
}
