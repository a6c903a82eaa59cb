//! A plan that somebody reviewed, compared with the current one: the steps that still hold are
//! done, and all differences are reported.
//!
//! Each step that is done is in both: in the saved plan, which a person saw, and in the current
//! plan, which knows the present. So nothing is done that nobody reviewed, and nothing whose reason
//! is gone:
//!
//! - A group grows by the smaller of the two increases, from its present desired capacity. What an
//!   `apply` has requested of it since the plan was made counts as done, so that the same plan
//!   carried out twice does not buy twice.
//! - A node is touched only by the same step, in the same state and for the same reason. A step
//!   that ends an instance must be the same in every word. A reviewed cordon only cordons, however
//!   long ago it was reviewed.
//! - A drain continues only when every pod that it would evict now was on the reviewed list: a node
//!   that cannot be emptied would be closed for nothing.
//! - Marks of idle nodes lead to removals later. They are written where both plans write them, with
//!   the present time.

mod comparing;
mod drift;
mod growth;

pub use drift::{Drift, Drifted};

use std::collections::BTreeSet;

use self::comparing::BothPlans;
use super::Plan;
use super::action::{Action, NodeRef, Stage};
use super::decisions::Excuse;
use super::proposal::Proposal;
use super::reason::Refusal;
use super::report::Hold;
use crate::snapshot::Snapshot;

/// What is left of a saved plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The current plan, with the steps that hold and the consequences of leaving out the others.
    pub plan: Proposal,
    /// Every reviewed step that is not done as it was reviewed, then every step of the current plan
    /// that nobody reviewed.
    pub drift: Vec<Drift>,
}

/// Returns what holds of `saved`, given the plan that was made of `snapshot` under the same policy.
/// With `only_groups` (`--only-group`) other groups and their nodes are left alone as well.
#[must_use]
pub fn what_holds(saved: &Plan, now: Proposal, snapshot: &Snapshot, only_groups: &[String]) -> Holding {
    let both = BothPlans::new(saved, &now, snapshot, only_groups);
    let mut verdicts: Vec<Verdict> = now.actions.iter().map(|action| both.verdict(action)).collect();
    give_up_broken_drains(&now.actions, &mut verdicts);
    let mut drift = both.gone();
    drift.extend(now.actions.iter().zip(&verdicts).filter_map(|(action, verdict)| both.drift(action, verdict)));
    drift.sort_by_key(|drift| (drift.reviewed.is_none(), drift.stage()));
    let kept: Vec<Option<Action>> = verdicts.into_iter().map(|verdict| verdict.done).collect();
    let excuse = Excuse { hold: Hold::NotReviewed, refusal: Refusal::NotReviewed };
    Holding { plan: now.only(&kept, Vec::new(), snapshot, &excuse), drift }
}

/// What happens to one step of the current plan.
struct Verdict {
    /// What is done of it.
    done: Option<Action>,
    /// How that differs from what was reviewed.
    drifted: Option<Drifted>,
}

impl Verdict {
    fn left(why: Drifted) -> Self {
        Self { done: None, drifted: Some(why) }
    }
}

/// Gives up drains that cannot be carried out as a whole. The room for their pods must be on nodes
/// that stay open, or that a step opens which is done.
fn give_up_broken_drains(actions: &[Action], verdicts: &mut [Verdict]) {
    let closed: BTreeSet<String> = left(actions, verdicts, |action| match action {
        Action::Uncordon { node, .. } if !action.is_mark() => Some(node.name.clone()),
        _ => None,
    });
    for (action, verdict) in actions.iter().zip(verdicts.iter_mut()) {
        let Action::Evict { pods, .. } = action else { continue };
        let wanting = pods.iter().find(|eviction| closed.contains(&eviction.room_on));
        if let (Some(eviction), true) = (wanting, verdict.done.is_some()) {
            *verdict = Verdict::left(Drifted::NoRoom { pod: eviction.pod.clone(), node: eviction.room_on.clone() });
        }
    }
    let broken: BTreeSet<NodeRef> = left(actions, verdicts, |action| drained(action).cloned());
    for (action, verdict) in actions.iter().zip(verdicts.iter_mut()) {
        if verdict.done.is_some() && drained(action).is_some_and(|node| broken.contains(node)) {
            *verdict = Verdict::left(Drifted::HalfADrain);
        }
    }
}

/// Returns the subjects, of one kind, of the steps that are not done.
fn left<T: Ord>(actions: &[Action], verdicts: &[Verdict], subject: impl Fn(&Action) -> Option<T>) -> BTreeSet<T> {
    let left = actions.iter().zip(verdicts).filter(|(_, verdict)| verdict.done.is_none());
    left.filter_map(|(action, _)| subject(action)).collect()
}

/// Returns the node that a step empties.
fn drained(action: &Action) -> Option<&NodeRef> {
    action.node().filter(|_| matches!(action.stage(), Stage::StartDrain | Stage::Evict))
}
