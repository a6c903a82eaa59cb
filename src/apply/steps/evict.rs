//! Empties a node, one eviction after the other.
//!
//! Everything is read again before a pod is evicted: the node, every pod that is on it now, and the
//! budgets. A pod that must stay ends the drain, whenever it came; one whose budget is spent is
//! left for later.

use jiff::Timestamp;

use super::drain_terms::{budgets, terms};
use super::uncordon::undo_cordon;
use crate::apply::eviction_request::{EvictionAnswer, evict as ask};
use crate::apply::nodes::read_node;
use crate::apply::pods_on_node::pods_on;
use crate::apply::proof::{self, Evictable, EvictionLooks};
use crate::apply::step_context::StepContext;
use crate::apply::{Ending, Obstacle, SkipReason, StepOutcome};
use crate::kubernetes::write::{ATTEMPTS, pause};
use crate::plan::{Eviction, EvictionLimits, NodeRef, count};
use crate::snapshot::ObjectName;

/// Evicts the pods of the plan, the cheapest first. `since` is when an earlier run began the drain,
/// if one did.
pub(in crate::apply) async fn evict(
    context: &StepContext<'_>,
    node: &NodeRef,
    since: Option<Timestamp>,
    limits: EvictionLimits,
    pods: &[Eviction],
) -> Result<Ending, Obstacle> {
    let mut tally = EvictionCounts::default();
    match evict_each(context, Evictable { node, since }, limits, pods, &mut tally).await {
        Ok(()) => Ok(tally.ending()),
        Err(Obstacle::Skipped(stays @ SkipReason::PodStays { .. })) => uncordon_again(context, node, stays).await,
        Err(Obstacle::NotReached(why)) => Ok(Ending::new(StepOutcome::NotReached { why }, tally.to_string())),
        Err(obstacle) => Err(obstacle),
    }
}

/// Evicts one pod after the other. One look serves as long as it is fresh; after that, and after
/// trouble that may pass, everything is read again.
async fn evict_each(
    context: &StepContext<'_>,
    evictable: Evictable<'_>,
    limits: EvictionLimits,
    pods: &[Eviction],
    tally: &mut EvictionCounts,
) -> Result<(), Obstacle> {
    let mut left = pods.to_vec();
    let (mut attempt, mut failure, mut looked_before) = (0, None, false);
    loop {
        if attempt == ATTEMPTS || context.is_over(attempt) {
            return Err(failure.map_or(SkipReason::LooksTooOld.into(), Obstacle::Failed));
        }
        pause(attempt).await;
        let proofs = Box::pin(look(context, evictable, limits, &left)).await?;
        // A pod of the plan that the first look does not find had left before; one that a later
        // look does not find has left since.
        if looked_before {
            tally.gone += u32::try_from(left.len() - proofs.len()).unwrap_or(u32::MAX);
        }
        looked_before = true;
        left.retain(|pod| proofs.iter().any(|proof| proof.uid() == pod.uid));
        attempt += 1;
        for proof in proofs {
            if let Some(why) = context.why_stop() {
                return Err(Obstacle::NotReached(why));
            }
            let (pod, uid) = (proof.pod().clone(), proof.uid().to_owned());
            match ask(context, proof).await? {
                EvictionAnswer::Accepted => tally.evicted += 1,
                EvictionAnswer::Gone => tally.gone += 1,
                EvictionAnswer::BudgetSpent(words) => tally.blocked(&pod, words),
                EvictionAnswer::Passing(words) => {
                    failure = Some(words);
                    break;
                }
                EvictionAnswer::TooOld => break,
            }
            left.retain(|pod| pod.uid != uid);
            (attempt, failure) = (0, None);
        }
        if left.is_empty() {
            return Ok(());
        }
    }
}

/// Reads everything that the proofs are made from, in their order.
async fn look(
    context: &StepContext<'_>,
    evictable: Evictable<'_>,
    limits: EvictionLimits,
    pods: &[Eviction],
) -> Result<Vec<proof::EvictionProof>, Obstacle> {
    let budgets = budgets(context).await?;
    let lease = context.look_at_lease().await?;
    let node = read_node(context, evictable.node).await?.node;
    let there = pods_on(context, &evictable.node.name).await?;
    let looks = EvictionLooks { terms: terms(context, limits, &budgets), lease: &lease, node: &node, pods: &there };
    Ok(proof::EvictionProof::prove(evictable, pods, &looks)?)
}

/// Uncordons a node that can no longer be drained: it must not stay unschedulable for nothing.
async fn uncordon_again(context: &StepContext<'_>, node: &NodeRef, why: SkipReason) -> Result<Ending, Obstacle> {
    match undo_cordon(context, node).await {
        Ok(_) => Ok(Ending::new(StepOutcome::Skipped { why }, "uncordoned again".to_owned())),
        Err(lost @ Obstacle::NotReached(_)) => Err(lost),
        Err(trouble) => Err(Obstacle::Failed(format!("{why}; and it could not be uncordoned: {}", StepOutcome::from(trouble)))),
    }
}

/// The results of the evictions of one node.
#[derive(Debug, Default)]
struct EvictionCounts {
    evicted: u32,
    /// How many pods had left by themselves.
    gone: u32,
    blocked: u32,
    /// The first pod that a budget keeps, and the API's words.
    first_blocked: Option<(SkipReason, String)>,
}

impl EvictionCounts {
    fn blocked(&mut self, pod: &ObjectName, words: String) {
        self.blocked += 1;
        self.first_blocked.get_or_insert((SkipReason::BudgetSpent { pod: pod.clone() }, words));
    }

    fn ending(mut self) -> Ending {
        match self.first_blocked.take() {
            None => Ending::done(&self.to_string()),
            Some((why, words)) => Ending::new(StepOutcome::Skipped { why }, format!("{self}; the next run goes on: {words}")),
        }
    }
}

impl std::fmt::Display for EvictionCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} evicted", count(u64::from(self.evicted), "pod"))?;
        if self.gone > 0 {
            write!(f, ", {} gone by itself", self.gone)?;
        }
        if self.blocked > 0 {
            write!(f, ", {} kept by a budget", self.blocked)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_in_full() {
        let tally = EvictionCounts { evicted: 1, gone: 1, blocked: 2, first_blocked: None };
        assert_eq!(tally.to_string(), "1 pod evicted, 1 gone by itself, 2 kept by a budget");
    }
}
