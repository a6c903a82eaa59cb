//! The proofs that hold for a node, so that a person sees what is missing before it may be removed.

use super::fleet::{Acquaintance, Fleet, NodeEntry, OddClock};
use super::reason::count;
use super::report::{NodeState, Proof, ProofReport, StateTrait};
use crate::duration::{Seconds, moment};

/// Returns the proofs of a node in a state that leads to its removal, and none for others.
pub(super) fn proofs_on_the_way_out(fleet: &Fleet<'_>, entry: &NodeEntry<'_>, state: &NodeState) -> Vec<ProofReport> {
    if state.has(StateTrait::LeadsOut) { proofs(fleet, entry) } else { Vec::new() }
}

/// Returns every proof, in the order of the variants of [`Proof`].
pub(crate) fn proofs(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> Vec<ProofReport> {
    vec![
        account_known(fleet),
        clocks_agree(fleet),
        one_instance(fleet, entry),
        empty(fleet, entry),
        nothing_expected(entry),
        mark_settled(fleet, entry),
    ]
}

fn proof(proof: Proof, outcome: Result<String, String>) -> ProofReport {
    let holds = outcome.is_ok();
    ProofReport { proof, holds, message: outcome.unwrap_or_else(|missing| missing) }
}

fn account_known(fleet: &Fleet<'_>) -> ProofReport {
    let outcome = match fleet.acquaintance() {
        Acquaintance::Shown => Ok("a Ready node is an instance of this account".to_owned()),
        Acquaintance::NoReadyNode => Err("no node is Ready, so none shows that account and cluster belong together".to_owned()),
        Acquaintance::Strangers => Err("this account knows none of the Ready nodes".to_owned()),
    };
    proof(Proof::AccountKnown, outcome)
}

fn clocks_agree(fleet: &Fleet<'_>) -> ProofReport {
    let is_off = fleet.odd_clocks().into_iter().any(OddClock::stops_removals);
    let outcome = match is_off {
        true => Err("clocks disagree by more than 5m".to_owned()),
        false => Ok("no clock is known to be off by more than 5m".to_owned()),
    };
    proof(Proof::ClocksAgree, outcome)
}

fn one_instance(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> ProofReport {
    let outcome = match (entry.rival, fleet.instance_of(entry), fleet.machine_check(entry)) {
        (Some(other), _, _) => Err(format!("the Node {} may be the same instance", fleet.nodes[other].node.name)),
        (None, Some(instance), _) => Ok(format!("it is {} and no other Node is", instance.id)),
        (None, None, Some(check)) if check.health.is_gone() => Ok(format!("its instance {} {}", check.instance, check.health)),
        (None, None, _) => Err("it is no instance of a managed group".to_owned()),
    };
    proof(Proof::OneInstance, outcome)
}

fn empty(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> ProofReport {
    let broken = fleet.machine_check(entry).map(|check| check.health).filter(|health| health.is_broken());
    let elsewhere = match entry.node.is_ready() {
        true => fleet.pod_bound_elsewhere(entry),
        false => fleet.pod_perhaps_bound_elsewhere(entry),
    };
    let outcome = match (entry.holders.iter().map(|pod| pod.id()).min(), broken, elsewhere) {
        (None, None, Some(node)) => Err(format!("a pod is bound to the missing Node {node}, which it may be")),
        (None, ..) => Ok("no pod keeps it".to_owned()),
        (Some(_), Some(health), _) => Ok(format!("its instance {health}, so no pod runs there")),
        (Some(pod), None, _) if entry.holders.len() == 1 => Err(format!("{pod} keeps it")),
        (Some(pod), None, _) => Err(format!("{} keep it, {pod} among them", count(entry.holders.len() as u64, "pod"))),
    };
    proof(Proof::Empty, outcome)
}

fn nothing_expected(entry: &NodeEntry<'_>) -> ProofReport {
    let expected = entry.nominated.iter().chain(&entry.awaiting_volume).map(|pod| pod.id()).min();
    let outcome = match expected {
        None => Ok("no pod is on its way to it".to_owned()),
        Some(pod) => Err(format!("{pod} is on its way to it")),
    };
    proof(Proof::NothingExpected, outcome)
}

fn mark_settled(fleet: &Fleet<'_>, entry: &NodeEntry<'_>) -> ProofReport {
    let now = fleet.now();
    let marks = [
        ("gone", entry.node.gone_since(), super::scale_in::MARK_SETTLES),
        ("cordoned", entry.node.cordoned_by_us(), fleet.policy.cordon_settle),
        (
            "not Ready",
            entry.node.silent_since(),
            fleet.group_of(entry).map_or(fleet.policy.dead_after, |group| group.policy.dead_after),
        ),
    ];
    let found = marks.into_iter().find_map(|(what, since, settle)| Some((what, since?, settle)));
    let outcome = match found {
        None => Err("no earlier run has marked it".to_owned()),
        Some((what, since, settle)) => {
            let marked = format!("marked {what} since {}", moment(since, now));
            let is_settled = Seconds::between(since, now) >= settle;
            if is_settled { Ok(marked) } else { Err(format!("{marked}, which has to be {settle} old")) }
        }
    };
    proof(Proof::MarkSettled, outcome)
}
