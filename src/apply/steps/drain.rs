//! Emptying a node: the cordon with the mark of a drain, then one eviction after the other.
//!
//! Everything is looked at again before a pod is asked to leave: the node, every pod that is on it now, and the budgets. A pod
//! that must stay ends the drain, whenever it came; one whose budget is spent is left for later.

use jiff::Timestamp;

use super::cordon::is_cordoned;
use super::uncordon::undo_cordon;
use super::{changed, our_cordon, refuse_if_kept};
use crate::apply::eviction::{Answer, evict as ask};
use crate::apply::kubernetes::{NodeChange, NodeNow, change_node, read_node};
use crate::apply::residents::{Resident, residents};
use crate::apply::{ApplyContext, Ending, Obstacle, Outcome, SkipReason, node_marks};
use crate::duration::Seconds;
use crate::plan::{Eviction, NodeRef, count};
use crate::snapshot::Node;

/// Cordons the node in our name and marks it as being drained, in one patch, if every pod on it may leave.
pub(in crate::apply) async fn start(context: &ApplyContext<'_>, node: &NodeRef, grace: Seconds) -> Result<Ending, Obstacle> {
    let decide = async |now: &NodeNow| {
        if is_begun(&now.node)? {
            return Ok(NodeChange::Already);
        }
        refuse_if_anyone_stays(&residents(context, &node.name, grace).await?)?;
        Ok(NodeChange::Patch(node_marks::start_drain((context.clock)())))
    };
    change_node(context, node, decide).await.map(changed)
}

/// Whether the drain is begun already; refuses a node that may not be drained.
fn is_begun(node: &Node) -> Result<bool, SkipReason> {
    Ok(is_cordoned(node)? && node.draining_since().is_some())
}

/// Evicts the pods that the plan names, the cheapest first. `since` is when an earlier run began the drain, if one did.
pub(in crate::apply) async fn evict(
    context: &ApplyContext<'_>,
    node: &NodeRef,
    since: Option<Timestamp>,
    grace: Seconds,
    pods: &[Eviction],
) -> Result<Ending, Obstacle> {
    let found = read_node(context, node).await?;
    still_draining(&found.node, since)?;
    let there = residents(context, &node.name, grace).await?;
    if let Err(stays) = refuse_if_anyone_stays(&there) {
        return give_back(context, node, stays).await;
    }
    let mut tally = Tally::default();
    for eviction in pods.iter().filter(|eviction| there.iter().any(|resident| resident.pod.uid == eviction.uid)) {
        if let Some(why) = context.why_stop() {
            return Ok(Ending { outcome: Outcome::NotReached { why }, message: tally.to_string() });
        }
        match ask(context, eviction).await? {
            Answer::Accepted => tally.evicted += 1,
            Answer::Gone => tally.gone += 1,
            Answer::BudgetSpent(words) => tally.blocked(eviction, words),
        }
    }
    Ok(tally.ending())
}

/// Whether the node is still being drained by us, since then.
fn still_draining(node: &Node, since: Option<Timestamp>) -> Result<(), SkipReason> {
    refuse_if_kept(node)?;
    our_cordon(node)?;
    match (node.draining_since(), since) {
        (None, _) => Err(SkipReason::NotDraining),
        (Some(found), Some(seen)) if found != seen => Err(SkipReason::CordonChanged),
        (Some(_), _) => Ok(()),
    }
}

fn refuse_if_anyone_stays(residents: &[Resident]) -> Result<(), SkipReason> {
    match residents.iter().find(|resident| resident.verdict.ends_a_drain()) {
        Some(Resident { pod, verdict }) => Err(SkipReason::PodStays { pod: pod.id(), why: verdict.clone() }),
        None => Ok(()),
    }
}

/// A node that cannot be emptied any more is uncordoned at once: nobody should find it closed for nothing.
async fn give_back(context: &ApplyContext<'_>, node: &NodeRef, why: SkipReason) -> Result<Ending, Obstacle> {
    match undo_cordon(context, node).await {
        Ok(_) => Ok(Ending { outcome: Outcome::Skipped { why }, message: "uncordoned again".to_owned() }),
        Err(trouble) => Err(Obstacle::Failed(format!("{why}; and it could not be uncordoned: {}", Outcome::from(trouble)))),
    }
}

/// How the evictions of one node went.
#[derive(Debug, Default)]
struct Tally {
    evicted: u32,
    /// Pods that had left by themselves.
    gone: u32,
    blocked: u32,
    /// The first pod that a budget keeps, and the API's words.
    first_blocked: Option<(SkipReason, String)>,
}

impl Tally {
    fn blocked(&mut self, eviction: &Eviction, words: String) {
        self.blocked += 1;
        self.first_blocked.get_or_insert((SkipReason::BudgetSpent { pod: eviction.pod.clone() }, words));
    }

    fn ending(mut self) -> Ending {
        match self.first_blocked.take() {
            None => Ending::done(&self.to_string()),
            Some((why, words)) => {
                Ending { outcome: Outcome::Skipped { why }, message: format!("{self}; the next run goes on: {words}") }
            }
        }
    }
}

impl std::fmt::Display for Tally {
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
    use serde_json::{Value, json};

    use super::*;

    const SINCE: &str = "2026-11-22T10:00:00Z";

    fn node(field: &str, value: Value) -> Node {
        let mut node = json!({
            "name": "n", "uid": "u", "allocatable": {}, "ready": { "status": "true" }, "created_at": "2026-11-22T00:00:00Z",
            "marks": { "ec2-autoscale/cordoned-at": SINCE, "ec2-autoscale/draining-since": SINCE }, "unschedulable": true,
        });
        node[field] = value;
        serde_json::from_value(node).expect("a node")
    }

    #[test]
    fn only_a_drain_of_ours_goes_on() {
        let judge = |field: &str, value: Value| still_draining(&node(field, value), Some(SINCE.parse().expect("a timestamp")));
        assert_eq!(judge("unschedulable", json!(true)), Ok(()));
        assert_eq!(judge("unschedulable", json!(false)), Err(SkipReason::NotCordoned));
        assert_eq!(judge("marks", json!({})), Err(SkipReason::CordonedByPerson));
        assert_eq!(judge("marks", json!({ "ec2-autoscale/cordoned-at": SINCE })), Err(SkipReason::NotDraining));
        let anew = json!({ "ec2-autoscale/cordoned-at": SINCE, "ec2-autoscale/draining-since": "2026-11-22T10:00:01Z" });
        assert_eq!(judge("marks", anew), Err(SkipReason::CordonChanged));
        assert_eq!(still_draining(&node("unschedulable", json!(true)), None), Ok(()), "begun by this very run");
    }

    #[test]
    fn a_drain_begins_on_a_ready_node_that_nobody_keeps() {
        let judge = |field: &str, value: Value| {
            let mut idle = node("unschedulable", json!(false));
            idle.marks.clear();
            let mut idle = serde_json::to_value(idle).expect("plain data");
            idle[field] = value;
            is_begun(&serde_json::from_value(idle).expect("a node"))
        };
        assert_eq!(judge("unschedulable", json!(false)), Ok(false));
        assert_eq!(judge("unschedulable", json!(true)), Err(SkipReason::CordonedByPerson));
        assert_eq!(judge("ready", json!({ "status": "false" })), Err(SkipReason::NotReady));
        assert_eq!(is_begun(&node("unschedulable", json!(true))), Ok(true));
    }

    #[test]
    fn what_was_done_is_told_in_full() {
        let tally = Tally { evicted: 1, gone: 1, blocked: 2, first_blocked: None };
        assert_eq!(tally.to_string(), "1 pod evicted, 1 gone by itself, 2 kept by a budget");
    }
}
