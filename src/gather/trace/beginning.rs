//! When recorded work begins, and the cluster in which it does: its groups and their rules as they
//! are now, without any of their machines.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::devices::leave_what_stays;
use crate::snapshot::{FinishedPod, Instance, Node, Snapshot};

/// Returns when the first of some finished pods was created that is known to have run.
pub(super) fn beginning(finished: &[&FinishedPod]) -> Option<Timestamp> {
    finished.iter().filter(|pod| pod.ran_for().is_some()).map(|pod| pod.created_at).min()
}

/// Returns the cluster of a snapshot as it may have been at that moment, before the recorded work
/// came. The groups are at their minimum, which is launched anew. Nodes of no group stay, with
/// their DaemonSets' pods and static ones.
pub(super) fn cluster_at(snapshot: &Snapshot, begins_at: Timestamp) -> Snapshot {
    let instances = snapshot.groups.iter().flat_map(|group| &group.instances);
    let ids: Vec<&str> = instances.map(|instance: &Instance| instance.id.as_str()).collect();
    let is_of_a_group = |node: &Node| node.instance_id().is_some_and(|id| ids.contains(&id));
    let mut begin = snapshot.clone();
    begin.taken_at = begins_at;
    begin.nodes.retain(|node| !is_of_a_group(node));
    let there: BTreeSet<String> = begin.nodes.iter().map(|node| node.name.clone()).collect();
    let is_there = |name: &str| there.contains(name);
    begin.pods.retain(|pod| pod.belongs_to_its_node() && pod.node.as_deref().is_some_and(is_there));
    begin.csi_nodes.retain(|csi| is_there(&csi.name));
    leave_what_stays(snapshot, &mut begin);
    for group in &mut begin.groups {
        group.desired = group.min;
        group.instances.clear();
        // Activities after the beginning mean nothing at the beginning.
        group.activities.clear();
        group.lowest_spot_price = None;
        group.advice.retain(|advice| advice.after.is_none());
    }
    begin.machine_checks.clear();
    begin.growth_notes.clear();
    begin.fruitless_notes.clear();
    begin.finished_pods.clear();
    begin
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;

    #[test]
    fn groups_are_at_their_minimum_and_other_nodes_keep_what_is_theirs() {
        let mut snapshot = crate::demo::snapshot();
        let stays = snapshot.nodes[0].name.clone();
        snapshot.nodes[0].provider_id = Some("aws:///us-west-2b/i-of-no-group".into());
        let begins_at = "2026-11-21T00:00:00Z".parse().expect("a time");
        let begin = cluster_at(&snapshot, begins_at);
        assert_eq!(begin.nodes.iter().map(|node| &node.name).collect::<Vec<_>>(), [&stays]);
        assert!(begin.pods.iter().all(|pod| pod.is_daemon() && pod.node.as_deref() == Some(stays.as_str())));
        assert_eq!(begin.pods.len(), 1);
        assert!(begin.groups.iter().all(|group| group.desired == group.min && group.instances.is_empty()));
        let plan = plan(&begin, &Policy::default());
        assert!(!plan.has_changes(), "nothing of what came later is in it: {:?}", plan.actions);
    }
}
