//! Which groups to add for pods that no group helps, or to pay less.
//!
//! It is decided by planning: groups that do not exist are put into the snapshot, the planner plans
//! with them, and what is suggested is what such a plan bought. The last of these plans is made
//! under the policy of the run, with the groups as they are printed, and comes with the document.

mod candidates;
mod choice;
mod document;
mod experiment;
mod laid_out_anew;
mod market;
mod needs;
mod no_help;
mod other_causes;
mod pod_needs;
mod pretended;
mod requirements;
mod sentences;
mod similar_pods;
mod tolerated;
mod volumes;
mod written_down;

pub use document::{Goal, LeftPods, PlanNumbers, RunnerUp, SCHEMA, SuggestedGroup, Suggestions};
pub use market::MachineMarket;
pub use no_help::NoHelp;

use crate::plan::plan;
use crate::policy::Policy;
use crate::snapshot::{Market, Snapshot};
use choice::GroupChoice;

/// What is wanted of suggestions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuggestionTerms {
    /// What new groups are for.
    pub goal: Goal,
    /// How the machines of new groups are paid for, where the pods leave that open.
    pub market: Market,
}

/// Suggests groups to add to those of a snapshot.
///
/// It always succeeds: pods for which no group can be suggested are listed with the reason.
#[must_use]
pub fn suggest(snapshot: &Snapshot, policy: &Policy, market: &MachineMarket, terms: SuggestionTerms) -> Suggestions {
    let policy = Policy { only_groups: Vec::new(), ..policy.clone() };
    match terms.goal {
        Goal::Help => {
            let before = plan(snapshot, &policy);
            GroupChoice { snapshot, policy: &policy, market, terms }.suggest(&before)
        }
        Goal::Save => {
            let anew = laid_out_anew::of(snapshot);
            let before = plan(&anew, &policy);
            GroupChoice { snapshot: &anew, policy: &policy, market, terms }.suggest(&before)
        }
    }
}
