//! A group that lacks the tags by which it would be managed.

use super::{Mend, MendQuestion};
use crate::cloud::{SetUpChange, TagChange};
use crate::snapshot::{GroupId, Rejection};
use crate::well_known::labels::CONTROL_PLANE;
use crate::well_known::tags::{CLUSTER, ROLE, WORKER};

/// Returns the tags that make a group managed, where it is a worker's beyond doubt: a person names
/// it (`--only-group`), or it has the tag of the cluster and nodes of the cluster among its
/// instances.
pub(super) fn mend(group: &GroupId, rejection: &Rejection, seen: &MendQuestion<'_>) -> Mend {
    match rejection {
        Rejection::NoRoleTag { found } if !found.is_empty() => {
            Mend::left(group, "it has a role already, and whether that is meant for a worker is not known here")
        }
        Rejection::NoRoleTag { .. } => tagged(group, &[(ROLE, WORKER)], seen),
        Rejection::NoClusterTag if seen.is_named(group) => {
            tagged(group, &[(CLUSTER, &seen.snapshot.cluster.name), (ROLE, WORKER)], seen)
        }
        Rejection::NoClusterTag => Mend::left(group, "name it with --only-group if it is for workers of this cluster"),
        Rejection::OtherRole { .. } => Mend::left(group, "its role is that of other nodes than workers"),
        Rejection::OptedOut => Mend::left(group, "somebody took it out by a tag"),
        Rejection::OtherCluster { .. } => Mend::left(group, "two clusters in one group would end each other's nodes"),
        Rejection::NoMaximum => Mend::left(group, "how far it may grow is for a person to say"),
        Rejection::OtherAutoscaler { .. } => Mend::left(group, "which of the two autoscalers is in charge is not known here"),
    }
}

fn tagged(group: &GroupId, tags: &[(&str, &str)], seen: &MendQuestion<'_>) -> Mend {
    if let Some(why) = doubt(group, seen) {
        return Mend::left(group, &why);
    }
    let change = |(key, value): &(&str, &str)| TagChange { key: (*key).to_owned(), value: (*value).to_owned(), before: None };
    let change = SetUpChange::SetTags { tags: tags.iter().map(change).collect() };
    Mend { changes: vec![change], ..Mend::new(group) }
}

/// Returns why it is in doubt that a group is for workers of this cluster.
fn doubt(group: &GroupId, seen: &MendQuestion<'_>) -> Option<String> {
    let Some(members) = seen.members.get(group) else {
        return Some("its instances were not read; run fix against the cluster".to_owned());
    };
    let is_member = |instance: &str| members.iter().any(|member| member == instance);
    let mut nodes = seen.snapshot.nodes.iter().filter(|node| node.instance_id().is_some_and(is_member)).peekable();
    let is_any = nodes.peek().is_some();
    let master = nodes.find(|node| CONTROL_PLANE.iter().any(|label| node.labels.contains_key(label)));
    match master {
        Some(node) => Some(format!("its node {} is one of the control plane, which is not to be scaled", node.name)),
        None if is_any || seen.is_named(group) => None,
        None => {
            Some("none of its instances is a node of this cluster; name it with --only-group if it is for workers".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::mends::Members;
    use crate::policy::Policy;
    use crate::snapshot::Snapshot;

    /// Returns a snapshot and the instance of one of its nodes.
    fn seen() -> (Snapshot, String) {
        let snapshot = crate::demo::snapshot();
        let instance = snapshot.nodes[0].instance_id().expect("an instance").to_owned();
        (snapshot, instance)
    }

    fn id() -> GroupId {
        GroupId { region: "us-west-2".into(), name: "web".into() }
    }

    /// Returns the tags, as `key=value`, or why it is left.
    fn outcome(rejection: &Rejection, snapshot: &Snapshot, members: &[&str], named: bool) -> Result<Vec<String>, String> {
        let policy = Policy { only_groups: if named { vec!["web".into()] } else { Vec::new() }, ..Policy::default() };
        let members = Members::from([(id(), members.iter().map(|id| (*id).to_owned()).collect())]);
        let mend = mend(&id(), rejection, &MendQuestion { snapshot, policy: &policy, members: &members });
        match (&mend.changes[..], &mend.left[..]) {
            ([SetUpChange::SetTags { tags }], []) => Ok(tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect()),
            ([], [why]) => Err(why.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_group_with_the_cluster_s_tag_and_nodes_gets_the_role() {
        let (snapshot, instance) = seen();
        let no_role = Rejection::NoRoleTag { found: Vec::new() };
        assert_eq!(outcome(&no_role, &snapshot, &[&instance], false), Ok(vec!["KubernetesRole=worker".to_owned()]));
        let strangers = outcome(&no_role, &snapshot, &["i-strange"], false).expect_err("nobody's");
        assert!(strangers.contains("none of its instances is a node of this cluster"), "{strangers}");
        assert!(outcome(&no_role, &snapshot, &[], true).is_ok(), "a person named it");
        let other = Rejection::NoRoleTag { found: vec!["Role=web".into()] };
        assert!(outcome(&other, &snapshot, &[&instance], true).is_err_and(|why| why.contains("it has a role already")));
    }

    #[test]
    fn a_control_plane_is_never_tagged_as_workers() {
        let (mut snapshot, instance) = seen();
        snapshot.nodes[0].labels.insert("node-role.kubernetes.io/control-plane".into(), "".into());
        for rejection in [Rejection::NoRoleTag { found: Vec::new() }, Rejection::NoClusterTag] {
            let why = outcome(&rejection, &snapshot, &[&instance], true).expect_err("masters");
            assert!(why.contains("is one of the control plane"), "{why}");
        }
    }

    #[test]
    fn a_group_without_any_tag_gets_both_once_it_is_named() {
        let (snapshot, instance) = seen();
        let cluster = format!("KubernetesCluster={}", snapshot.cluster.name);
        let both = Ok(vec![cluster, "KubernetesRole=worker".to_owned()]);
        assert_eq!(outcome(&Rejection::NoClusterTag, &snapshot, &[], true), both);
        assert!(outcome(&Rejection::NoClusterTag, &snapshot, &[&instance], false).is_err());
        for never in [Rejection::OptedOut, Rejection::OtherCluster { cluster: "stage".into() }] {
            assert!(outcome(&never, &snapshot, &[&instance], true).is_err(), "{never:?}");
        }
    }
}
