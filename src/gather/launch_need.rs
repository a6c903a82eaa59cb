//! Whether a decision could depend on what the groups launch.
//!
//! It cannot while no pod waits for a node and nothing is under way in any group, unless the policy
//! moves pods, keeps spare nodes or gives a group a minimum that it has not reached. Such a run
//! leaves those calls out.

use std::collections::BTreeSet;

use super::settled::is_settled;
use crate::policy::Policy;
use crate::snapshot::{Group, GroupId, Node, Pod, Snapshot};

/// Returns whether a decision under the policy could depend on what the groups launch. `watched`
/// are the groups whose machines another service replaces, too, which is read with that.
pub(super) fn needs_launches(snapshot: &Snapshot, policy: &Policy, watched: &BTreeSet<GroupId>) -> bool {
    let registered: BTreeSet<&str> = snapshot.nodes.iter().filter_map(Node::instance_id).collect();
    let unsettled = |group: &Group| !is_settled(group, &registered);
    let is_pod_waiting = snapshot.pods.iter().any(waits_for_a_node);
    is_pod_waiting
        || wants_room(snapshot)
        || snapshot.groups.iter().any(|group| unsettled(group) || moves_keeps_or_lacks_nodes(policy, group))
        || has_idle_node(snapshot, watched)
}

/// Whether a pod is not over and has no node.
pub(super) fn waits_for_a_node(pod: &Pod) -> bool {
    pod.node.is_none() && !pod.is_finished()
}

/// Whether room is wanted for pods that are not in the API.
pub(super) fn wants_room(snapshot: &Snapshot) -> bool {
    !snapshot.provisioning_requests.is_empty() || snapshot.capacity_buffers.iter().any(|buffer| buffer.pod().is_some())
}

fn moves_keeps_or_lacks_nodes(policy: &Policy, group: &Group) -> bool {
    let (own, _) = policy.for_group(group);
    let is_below_min = own.min.is_some_and(|min| min > group.desired);
    own.consolidate || own.drain_utilization > 0.0 || own.type_idle_count > 0 || is_below_min
}

/// Whether one of these groups has a node that could be removed: one with a mark of ours, or
/// without a pod that keeps it.
fn has_idle_node(snapshot: &Snapshot, groups: &BTreeSet<GroupId>) -> bool {
    let own = snapshot.groups.iter().filter(|group| groups.contains(&group.id));
    let members: BTreeSet<&str> = own.flat_map(Group::live).map(|instance| instance.id.as_str()).collect();
    if members.is_empty() {
        return false;
    }
    let keepers = snapshot.pods.iter().filter(|pod| !pod.is_finished() && !pod.mirror && !pod.is_daemon());
    let kept: BTreeSet<&str> = keepers.filter_map(|pod| pod.node.as_deref()).collect();
    let is_at_rest = |node: &Node| {
        let is_marked = node.idle_since().is_some() || node.cordoned_by_us().is_some();
        node.is_ready() && !is_marked && kept.contains(node.name.as_str())
    };
    let nodes = snapshot.nodes.iter().filter(|node| node.instance_id().is_some_and(|id| members.contains(id)));
    nodes.into_iter().any(|node| !is_at_rest(node))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::policy::GroupRule;

    /// Returns the example of the program without its pods that wait.
    fn at_rest() -> Snapshot {
        let mut snapshot = crate::demo::snapshot();
        snapshot.pods.retain(|pod| !waits_for_a_node(pod));
        let registered: BTreeSet<String> = snapshot.nodes.iter().filter_map(Node::instance_id).map(str::to_owned).collect();
        let registered: BTreeSet<&str> = registered.iter().map(String::as_str).collect();
        snapshot.groups.retain(|group| is_settled(group, &registered));
        assert!(snapshot.groups.iter().any(|group| group.live().next().is_some()), "a group with nodes");
        snapshot
    }

    fn needed(snapshot: &Snapshot, policy: &Policy) -> bool {
        needs_launches(snapshot, policy, &BTreeSet::new())
    }

    #[test]
    fn nothing_needs_them_while_no_pod_waits_and_groups_are_settled() {
        let policy = Policy::default();
        let snapshot = at_rest();
        assert!(!needed(&snapshot, &policy));

        let mut waiting = snapshot.clone();
        waiting.pods.extend(crate::demo::snapshot().pods.into_iter().find(waits_for_a_node));
        assert!(needed(&waiting, &policy));

        let mut growing = snapshot.clone();
        growing.groups[0].desired += 1;
        assert!(needed(&growing, &policy));
    }

    #[test]
    fn moving_pods_keeping_spares_and_minimums_need_them() {
        let snapshot = at_rest();
        let desired = snapshot.groups[0].desired;
        for (min, expected) in [(desired, false), (desired + 1, true)] {
            let names = vec![snapshot.groups[0].id.name.clone()];
            let rule = GroupRule { names, min: Some(min), max: None, set: BTreeMap::new() };
            assert_eq!(needed(&snapshot, &Policy { groups: vec![rule], ..Policy::default() }), expected, "{min} of {desired}");
        }
        for policy in [
            Policy { consolidate: true, ..Policy::default() },
            Policy { drain_utilization: 0.5, ..Policy::default() },
            Policy { type_idle_count: 1, ..Policy::default() },
        ] {
            assert!(needed(&snapshot, &policy));
        }
        let mut tagged = snapshot;
        tagged.groups[0].tags.settings.insert("consolidate".into(), "true".into());
        assert!(needed(&tagged, &Policy::default()));
    }

    #[test]
    fn an_idle_node_needs_them_where_another_service_replaces_it_too() {
        let mut snapshot = at_rest();
        let watched: BTreeSet<GroupId> = snapshot.groups.iter().map(|group| group.id.clone()).collect();
        snapshot.pods.clear();
        assert!(needs_launches(&snapshot, &Policy::default(), &watched));
        assert!(!needed(&snapshot, &Policy::default()));
    }
}
