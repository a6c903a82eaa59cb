//! The rules that must hold in every minute. They read the plan and what carrying it out did to the
//! cluster, and share no code with the planner.

use std::collections::{BTreeMap, BTreeSet};

use ec2_autoscale_core::plan::check::violations;
use ec2_autoscale_core::plan::{Action, Plan, PodVerdict};
use ec2_autoscale_core::snapshot::{DisruptionBudget, Pod, Snapshot};

use super::people::People;
use super::work::{is_of_a_service, stays};

/// A pod that must stay where it is: its UID and its node.
pub(super) type Untouchable = Vec<(String, String)>;

/// Asserts the rules that need only the plan and the snapshot from which it was made.
pub(super) fn assert_kept_by(plan: &Plan, snapshot: &Snapshot, people: &People) {
    assert_eq!(violations(plan, snapshot), [], "the plan breaks a rule");
    for action in &plan.actions {
        assert!(subject(action).is_none_or(|node| !people.keep(node)), "a person cordoned it: {action:?}");
    }
    assert_relied_on(plan);
    assert_well(plan, snapshot);
    assert_within_budgets(plan, snapshot);
}

/// Returns the bound pods that nothing of ours may end: those of Jobs and operators' objects, and
/// those that no controller would create again.
pub(super) fn untouchable(snapshot: &Snapshot) -> Untouchable {
    let must_stay = |pod: &&Pod| !is_of_a_service(pod) && !pod.is_daemon() && stays(pod);
    let bound = |pod: &Pod| Some((pod.uid.to_string(), pod.node.as_ref()?.to_string()));
    snapshot.pods.iter().filter(must_stay).filter_map(bound).collect()
}

/// Asserts that each is still on its node, and the node still exists.
pub(super) fn assert_untouched(before: &Untouchable, snapshot: &Snapshot) {
    for (uid, node) in before {
        let pod = snapshot.pods.iter().find(|pod| pod.uid == *uid);
        assert!(
            pod.is_some_and(|pod| pod.node.as_deref() == Some(node.as_str())),
            "{uid} was on {node} and must not have gone"
        );
        assert!(snapshot.nodes.iter().any(|known| known.name == *node), "{uid} lost its node {node}");
    }
}

/// Asserts that no group's desired capacity is below its minimum or above its maximum, and no more
/// instances live than that.
pub(super) fn assert_in_bounds(snapshot: &Snapshot) {
    for group in &snapshot.groups {
        let live: i64 =
            group.instances.iter().filter(|instance| instance.lifecycle.is_live()).map(|instance| instance.weight.get()).sum();
        let bounds = group.min..=group.max;
        assert!(bounds.contains(&group.desired) && live <= group.max, "{} has {live} of {}", group.id, group.desired);
        assert!(live <= group.desired, "{} has {live} live, {} desired: AWS would choose a victim", group.id, group.desired);
    }
}

/// Asserts that no node is removed on which the plan itself counts, for a pending pod or for one
/// that it evicts.
fn assert_relied_on(plan: &Plan) {
    let expected = plan.pods.iter().filter_map(|report| match &report.verdict {
        PodVerdict::FitsExisting { node } | PodVerdict::FitsUncordoned { node } | PodVerdict::Nominated { node } => Some(node),
        _ => None,
    });
    let rooms = plan.actions.iter().filter_map(evictions).flatten().map(|eviction| &eviction.room_on);
    let counted_on: BTreeSet<&str> = expected.chain(rooms).map(String::as_str).collect();
    for node in plan.actions.iter().filter_map(leaving) {
        assert!(!counted_on.contains(node), "{node} goes although the plan counts on it");
    }
}

/// Asserts that nodes that are cordoned or terminated as idle are Ready: only then is it known that
/// nothing runs there. `apply` cordons nothing else.
fn assert_well(plan: &Plan, snapshot: &Snapshot) {
    for name in plan.actions.iter().filter_map(leaving) {
        let node = snapshot.nodes.iter().find(|node| node.name == name).expect("the plan names a node");
        assert!(node.is_ready() || node.draining_since().is_some(), "{name} goes as idle and is not Ready");
    }
}

/// Asserts that budgets let a plan begin its drains: each node finds a disruption that no node
/// before it has spent, so that the pods of all nodes but one have theirs. Evictions beyond that
/// are refused, and made in later runs. Pods that do not run yet spend nothing.
fn assert_within_budgets(plan: &Plan, snapshot: &Snapshot) {
    let mut spent: BTreeMap<&str, BTreeMap<&str, i32>> = BTreeMap::new();
    for action in &plan.actions {
        let Action::Evict { node, pods, .. } = action else { continue };
        for eviction in pods {
            let pod = snapshot.pods.iter().find(|pod| pod.uid == eviction.uid).expect("the plan names a pod");
            assert!(is_of_a_service(pod), "{} would be evicted", eviction.pod);
            for budget in snapshot.budgets.iter().filter(|budget| covers(budget, pod)) {
                *spent.entry(&budget.name).or_default().entry(&node.name).or_default() += 1;
            }
        }
    }
    let begins = |node: &&str| {
        plan.actions.iter().any(|action| matches!(action, Action::StartDrain { node: begun, .. } if begun.name == **node))
    };
    for budget in &snapshot.budgets {
        let Some(nodes) = spent.get(budget.name.as_str()).filter(|nodes| nodes.keys().any(begins)) else { continue };
        let before: i32 = nodes.values().sum::<i32>() - nodes.values().max().copied().unwrap_or(0);
        let allowed = budget.disruptions_allowed;
        assert!(before < allowed, "budget {} allows {allowed}, and {nodes:?} would be evicted", budget.name);
    }
}

fn evictions(action: &Action) -> Option<&[ec2_autoscale_core::plan::Eviction]> {
    if let Action::Evict { pods, .. } = action { Some(pods) } else { None }
}

fn covers(budget: &DisruptionBudget, pod: &Pod) -> bool {
    let labels = budget.selector.as_ref().map(|selector| &selector.match_labels);
    labels.is_some_and(|labels| labels.iter().all(|(key, value)| pod.labels.get(key) == Some(value)))
}

/// Returns the node that a step closes or ends although it is healthy.
fn leaving(action: &Action) -> Option<&str> {
    match action {
        Action::Cordon { node, .. }
        | Action::StartDrain { node, .. }
        | Action::Evict { node, since: Some(_), .. }
        | Action::Terminate { node, .. } => Some(&node.name),
        _ => None,
    }
}

/// Returns the node that a step changes.
fn subject(action: &Action) -> Option<&str> {
    match action {
        Action::ClearIdle { node, .. }
        | Action::MarkIdle { node, .. }
        | Action::ClearGone { node, .. }
        | Action::MarkGone { node, .. }
        | Action::ClearNotReady { node }
        | Action::MarkNotReady { node, .. }
        | Action::DeleteNode { node, .. }
        | Action::Uncordon { node, .. }
        | Action::Cordon { node, .. }
        | Action::StartDrain { node, .. }
        | Action::Evict { node, .. }
        | Action::Terminate { node, .. }
        | Action::TerminateUnhealthy { node: Some(node), .. } => Some(&node.name),
        Action::NoteInstances { .. }
        | Action::TerminateUnhealthy { node: None, .. }
        | Action::SetDesired { .. }
        | Action::Launch { .. }
        | Action::RevertDesired { .. } => None,
    }
}
