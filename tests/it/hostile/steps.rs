//! Each kind of step: its reads, in the order of the proofs, with time between any two of them, and
//! its change.

use ec2_autoscale::apply::SkipReason;
use ec2_autoscale::apply::proof::{
    DeadLooks, Deletable, DeletionLooks, Evictable, EvictionLooks, LastLook, MOST_LOOKS, MissingProof, NodeDeletion, PodRules,
    Terminable, Termination, TerminationLooks, Unhealthy, UnhealthyTermination, UnregisteredLooks,
};
use ec2_autoscale::cloud::Share;
use ec2_autoscale::plan::{Action, DrainTerms, Eviction, EvictionLimits, NodeRef, UnhealthyReason};
use ec2_autoscale::policy::Policy;
use ec2_autoscale::snapshot::{GroupId, GrowthNote, Node, ObjectName, Taint, TaintEffect};
use jiff::Timestamp;

use super::run::Run;
use super::sights::Sight;
use super::truth::Truth;
use super::{cloud, looks, rules};
use crate::support::scenario::ended;
use ec2_autoscale::well_known::{annotations, taints};

/// Takes one step, if it may still be taken.
pub(super) fn take(run: &mut Run, truth: &mut Truth, action: &Action) {
    match action {
        Action::NoteInstances { seen, settled, .. } => {
            let notes = match run.sight {
                Sight::OtherCluster(_) => &mut truth.others_notes,
                Sight::Right | Sight::OtherAccount(_) => &mut truth.world.snapshot.instance_notes,
            };
            notes.retain(|note| !settled.contains(note));
            notes.extend(seen.iter().cloned());
        }
        Action::ClearIdle { node, .. } => {
            change(run, truth, node, |node| node.taints.retain(|it| it.key != taints::IDLE_SINCE));
        }
        Action::MarkIdle { node, since } => change(run, truth, node, |node| {
            node.taints.retain(|it| it.key != taints::IDLE_SINCE);
            let value = since.as_second().to_string();
            node.taints.push(Taint { key: taints::IDLE_SINCE.into(), value, effect: TaintEffect::PreferNoSchedule });
        }),
        Action::ClearGone { node, .. } => change(run, truth, node, |node| drop(node.marks.remove(annotations::GONE_SINCE))),
        Action::MarkGone { node, since, .. } => {
            let since = since.to_string();
            change(run, truth, node, |node| drop(node.marks.insert(annotations::GONE_SINCE.into(), since.into())));
        }
        Action::ClearNotReady { node } => {
            change(run, truth, node, |node| drop(node.marks.remove(annotations::NOT_READY_SINCE)));
        }
        Action::MarkNotReady { node, since } => {
            let since = since.to_string();
            change(run, truth, node, |node| {
                if !node.is_ready() && !node.marks.contains_key(annotations::NOT_READY_SINCE) {
                    node.marks.insert(annotations::NOT_READY_SINCE.into(), since.into());
                }
            });
        }
        Action::Uncordon { node, .. } => {
            truth.tally.count("node uncordoned");
            uncordon(run, truth, node);
        }
        Action::SetDesired { group, from, to, .. } | Action::Launch { group, from, to, .. } => {
            raise(run, truth, group, *from, *to);
        }
        Action::RevertDesired { group, from, to, .. } => lower(run, truth, group, *from, *to),
        Action::Cordon { node, .. } => cordon(run, truth, node, None),
        Action::StartDrain { node, limits, .. } => cordon(run, truth, node, Some(*limits)),
        Action::Evict { node, since, limits, pods, .. } => evict(run, truth, (node, *since), *limits, pods),
        Action::Terminate { node, group, instance, cordoned_at, .. } => {
            terminate(run, truth, node, group, (instance, *cordoned_at));
        }
        Action::TerminateUnhealthy { group, instance, node, decrement, reason } => {
            let share = if *decrement { Share::Goes } else { Share::Stays };
            let unhealthy = Unhealthy { instance, share };
            match (node, reason) {
                (Some(node), UnhealthyReason::Dead { since, machine }) => {
                    end_dead(run, truth, group, unhealthy, (node, *since, machine.is_some()));
                }
                (_, UnhealthyReason::Dead { .. } | UnhealthyReason::NeverRegistered { .. }) => {
                    end_stranger(run, truth, group, unhealthy);
                }
            }
        }
        Action::DeleteNode { node, instance, since, .. } => delete(run, truth, node, instance, *since),
    }
}

/// Reads the very node and changes it.
fn change(run: &mut Run, truth: &mut Truth, node: &NodeRef, patch: impl FnOnce(&mut Node)) {
    run.breathe(truth);
    if matches!(run.sight, Sight::OtherCluster(_)) {
        return;
    }
    let found = truth.world.snapshot.nodes.iter_mut().find(|known| known.name == node.name && known.uid == node.uid);
    if let Some(found) = found {
        patch(found);
    }
}

fn uncordon(run: &mut Run, truth: &mut Truth, node: &NodeRef) {
    change(run, truth, node, |node| {
        if node.cordoned_by_us().is_some() || node.has_stale_mark() {
            node.unschedulable = false;
            for mark in [annotations::CORDONED_AT, annotations::DRAINING_SINCE, annotations::PREDECESSOR_CORDON] {
                node.marks.remove(mark);
            }
            node.taints.retain(|taint| taint.key != taints::IDLE_SINCE);
        }
    });
}

/// Cordons a node; with limits of evictions, to drain it.
fn cordon(run: &mut Run, truth: &mut Truth, node: &NodeRef, limits: Option<EvictionLimits>) {
    run.breathe(truth);
    let Some(found) = looks::node(run, truth, node).filter(|found| found.uid == node.uid) else { return };
    let pods = looks::pods(run, truth, &node.name);
    let holds = |pod: &ec2_autoscale::snapshot::Pod| !pod.is_daemon();
    let is_kept = found.unschedulable || !found.is_ready() || limits.is_none() && pods.pods.iter().any(holds);
    if is_kept {
        return;
    }
    let at = run.clock(truth).to_string();
    change(run, truth, node, |node| {
        node.unschedulable = true;
        node.marks.insert(annotations::CORDONED_AT.into(), at.clone().into());
        if limits.is_some() {
            node.marks.insert(annotations::DRAINING_SINCE.into(), at.into());
        }
    });
}

fn own_pod() -> ObjectName {
    ObjectName::new("kube-system", "ec2-autoscale-1")
}

fn rules_of<'a>(own: &'a ObjectName, policy: &Policy) -> PodRules<'a> {
    PodRules { own_pod: Some(own), expendable_below: policy.expendable_below }
}

fn terminate(run: &mut Run, truth: &mut Truth, node: &NodeRef, group: &GroupId, (instance, cordoned_at): (&str, Timestamp)) {
    let own = own_pod();
    for _ in 0..MOST_LOOKS {
        let first_look = truth.steady();
        let Some(group_now) = looks::group(run, truth, group) else { return };
        let names = looks::names(run, truth, instance);
        run.breathe(truth);
        let expected = looks::expected(run, truth, &node.name);
        run.breathe(truth);
        let lease = run.lease(truth, first_look);
        run.breathe(truth);
        let nodes = looks::nodes(run, truth);
        let Some(found) = nodes.iter().find(|known| known.name == node.name) else { return };
        run.breathe(truth);
        let pods = looks::pods(run, truth, &node.name);
        run.breathe(truth);
        let terminable = Terminable {
            node,
            instance,
            cordoned_at,
            settle: truth.policy.cordon_settle,
            rules: rules_of(&own, &truth.policy),
        };
        let now = run.clock(truth);
        let looks = TerminationLooks {
            group: &group_now,
            names: &names,
            expected: &expected,
            lease: &lease,
            nodes: &nodes,
            node: found,
            pods: &pods,
            now,
        };
        let proof = Termination::prove(terminable, &looks);
        match &proof {
            Ok(proof) => {
                if is_fresh(run, truth, proof.last_look()) {
                    truth.tally.count("idle node ended");
                    end(run, truth, group, instance, Share::Goes);
                    return;
                }
            }
            // The node is needed.
            Err(MissingProof::Fact(
                SkipReason::BecameBusy { .. } | SkipReason::PodNominated { .. } | SkipReason::VolumeSelected { .. },
            )) => {
                uncordon(run, truth, node);
                return;
            }
            Err(MissingProof::Fact(_) | MissingProof::Lease(_)) => return,
        }
    }
}

fn end_stranger(run: &mut Run, truth: &mut Truth, group: &GroupId, unhealthy: Unhealthy<'_>) {
    for _ in 0..MOST_LOOKS {
        let first_look = truth.steady();
        let Some(group_now) = looks::group(run, truth, group) else { return };
        let names = looks::names(run, truth, unhealthy.instance);
        run.breathe(truth);
        let lease = run.lease(truth, first_look);
        run.breathe(truth);
        let nodes = looks::nodes(run, truth);
        run.breathe(truth);
        let (bound, asked_at) = looks::bound(run, truth);
        run.breathe(truth);
        let looks =
            UnregisteredLooks { group: &group_now, names: &names, lease: &lease, nodes: &nodes, bound: &bound, asked_at };
        let Ok(proof) = UnhealthyTermination::prove_unregistered(unhealthy, &looks) else { return };
        if is_fresh(run, truth, proof.last_look()) {
            truth.tally.count("never-registered instance replaced");
            end(run, truth, group, unhealthy.instance, unhealthy.share);
            return;
        }
    }
}

fn end_dead(
    run: &mut Run,
    truth: &mut Truth,
    group: &GroupId,
    unhealthy: Unhealthy<'_>,
    (node, since, is_broken): (&NodeRef, Timestamp, bool),
) {
    let own = own_pod();
    for _ in 0..MOST_LOOKS {
        let first_look = truth.steady();
        let Some(group_now) = looks::group(run, truth, group) else { return };
        let names = looks::names(run, truth, unhealthy.instance);
        run.breathe(truth);
        let health = is_broken.then(|| looks::health(run, truth, unhealthy.instance));
        run.breathe(truth);
        let lease = run.lease(truth, first_look);
        run.breathe(truth);
        let nodes = looks::nodes(run, truth);
        let Some(found) = nodes.iter().find(|known| known.name == node.name) else { return };
        run.breathe(truth);
        let (bound, _) = looks::bound(run, truth);
        run.breathe(truth);
        let pods = looks::pods(run, truth, &node.name);
        run.breathe(truth);
        let (group_now, names, lease) = (&group_now, &names, &lease);
        let looks =
            DeadLooks { group: group_now, names, health, lease, nodes: &nodes, node: found, bound: &bound, pods: &pods };
        let rules = rules_of(&own, &truth.policy);
        let Ok(proof) = UnhealthyTermination::prove_dead(unhealthy, (node, since), rules, &looks) else { return };
        if is_fresh(run, truth, proof.last_look()) {
            truth.tally.count("dead node ended");
            end(run, truth, group, unhealthy.instance, unhealthy.share);
            return;
        }
    }
}

/// Whether a look is still fresh. The process may be stopped between the proof and the request; a
/// look that is not fresh is repeated.
fn is_fresh(run: &mut Run, truth: &mut Truth, look: LastLook) -> bool {
    if truth.dice.once_in(4) {
        run.breathe(truth);
    }
    look.is_fresh(truth.steady())
}

/// Ends an instance as AWS does, which refuses where the group would fall below its minimum:
/// another run may have been there since the look.
fn end(run: &Run, truth: &mut Truth, group: &GroupId, id: &str, share: Share) {
    truth.tell(id, format!("is to be ended by us, {share:?}"));
    rules::assert_may_end(run, truth, id);
    let now = truth.now();
    let leaves = truth.dice.once_in(3);
    let known = truth.world.snapshot.groups.iter_mut().find(|known| known.id == *group).expect("the group is there");
    if share == Share::Goes {
        if known.desired <= known.min {
            truth.tell(id, "is not ended: AWS refuses");
            return;
        }
        known.desired -= 1;
    } else {
        known.activities.insert(0, ended(format!("activity-of-{id}"), now));
    }
    cloud::end(truth, id, leaves);
}

fn delete(run: &mut Run, truth: &mut Truth, node: &NodeRef, instance: &str, since: Timestamp) {
    for _ in 0..MOST_LOOKS {
        let first_look = truth.steady();
        let health = looks::health(run, truth, instance);
        run.breathe(truth);
        let lease = run.lease(truth, first_look);
        run.breathe(truth);
        let asked_at = truth.steady();
        let Some(found) = looks::node(run, truth, node) else { return };
        run.breathe(truth);
        let now = run.clock(truth);
        let looks = DeletionLooks { health, lease: &lease, node: &found, version: None, asked_at, now };
        let Ok(proof) = NodeDeletion::prove(Deletable { node, instance, since }, &looks) else { return };
        if is_fresh(run, truth, proof.last_look()) {
            rules::assert_may_delete(run, truth, &node.name);
            truth.tally.count("node object deleted");
            truth.world.snapshot.nodes.retain(|known| known.uid != node.uid);
            truth.world.snapshot.pods.retain(|pod| pod.node.as_deref() != Some(node.name.as_str()));
            return;
        }
    }
}

fn evict(
    run: &mut Run,
    truth: &mut Truth,
    (node, since): (&NodeRef, Option<Timestamp>),
    limits: EvictionLimits,
    pods: &[Eviction],
) {
    use ec2_autoscale::apply::proof::EvictionProof as Proof;
    let own = own_pod();
    for eviction in pods {
        let first_look = truth.steady();
        let budgets = truth.world.snapshot.budgets.clone();
        run.breathe(truth);
        let lease = run.lease(truth, first_look);
        run.breathe(truth);
        let Some(found) = looks::node(run, truth, node) else { return };
        run.breathe(truth);
        let there = looks::pods(run, truth, &node.name);
        run.breathe(truth);
        let policy = truth.policy.clone();
        let terms = DrainTerms {
            now: run.clock(truth),
            own_pod: Some(&own),
            expendable_below: policy.expendable_below,
            scheduler_names: &policy.scheduler_names,
            limits,
            budgets: &budgets,
        };
        let looks = EvictionLooks { terms, lease: &lease, node: &found, pods: &there };
        let proofs = Proof::prove(Evictable { node, since }, std::slice::from_ref(eviction), &looks);
        for proof in proofs.into_iter().flatten() {
            if is_fresh(run, truth, proof.last_look()) {
                ask_to_leave(run, truth, proof.uid());
            }
        }
    }
}

/// Evicts a pod as the Eviction API does. What it evicts is made again by its controller.
fn ask_to_leave(run: &Run, truth: &mut Truth, uid: &str) {
    let Some(place) = truth.world.snapshot.pods.iter().position(|pod| pod.uid == uid) else { return };
    let may_go = truth.world.snapshot.budgets.iter().all(|budget| budget.disruptions_allowed > 0);
    if !may_go {
        return;
    }
    rules::assert_may_evict(run, &truth.world.snapshot.pods[place]);
    truth.tally.count("pod evicted");
    truth.world.snapshot.pods.remove(place);
    truth.world.snapshot.budgets.iter_mut().for_each(|budget| budget.disruptions_allowed -= 1);
}

fn raise(run: &mut Run, truth: &mut Truth, id: &GroupId, from: i64, to: i64) {
    let first_look = truth.steady();
    run.breathe(truth);
    let lease = run.lease(truth, first_look);
    let Some(now) = looks::group(run, truth, id) else { return };
    run.breathe(truth);
    let is_ours = lease.tenure.check(lease.first_look, truth.steady()).is_ok();
    if !is_ours || now.desired != from || now.live() > to || to > now.max {
        return;
    }
    // Where no node is Ready, nothing can show that the account is another's, and a first node may
    // be bought.
    if run.sight != Sight::Right && !run.seen.nodes.iter().any(Node::is_ready) {
        return;
    }
    let at = truth.now();
    let known = truth.world.snapshot.groups.iter_mut().find(|known| known.id == *id).expect("the group is there");
    let nodes = to - known.desired;
    known.desired = to;
    truth.world.snapshot.growth_notes.retain(|note| note.group != *id);
    truth.world.snapshot.growth_notes.push(GrowthNote { group: id.clone(), desired: to, at });
    truth.tally.count("group raised");
    truth.stories.add(&id.name, at, format!("raised from {from} to {to}"));
    truth.ledger.buy(run, &id.name, nodes, at);
}

fn lower(run: &mut Run, truth: &mut Truth, id: &GroupId, from: i64, to: i64) {
    let Some(now) = looks::group(run, truth, id) else { return };
    run.breathe(truth);
    let at = truth.steady();
    let is_ours = run.lease(truth, at).tenure.check(at, at).is_ok();
    if !is_ours || now.desired != from || now.live() > to {
        return;
    }
    assert!(run.sight == Sight::Right, "lowered {id} with a wrong view: {:?}", run.sight);
    let known = truth.world.snapshot.groups.iter_mut().find(|known| known.id == *id).expect("the group is there");
    known.desired = to;
}
