//! No group is managed: nearly always a tag or a maximum is missing, so each group that was seen is
//! listed with what it lacks.

use super::user_facing::UserFacing;
use crate::plan::Plan;
use crate::snapshot::{RejectedGroup, Rejection, Snapshot};

/// At most this many groups are listed; an account may hold thousands.
const SHOWN: usize = 20;

/// Every region was read and none holds a group that is ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no group is managed in {}", listed(regions))]
pub(super) struct NoManagedGroup {
    regions: Vec<String>,
    cluster: String,
    seen: Vec<RejectedGroup>,
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "any region".to_owned(),
        names => names.join(", "),
    }
}

impl NoManagedGroup {
    /// Checks that there is a managed group, or that one may be in a region that could not be read.
    pub(super) fn check(snapshot: &Snapshot, plan: &Plan) -> Result<(), Self> {
        let all_read = snapshot.regions.iter().all(|region| region.unreadable.is_none());
        if !plan.groups.is_empty() || !all_read {
            return Ok(());
        }
        let mut seen = snapshot.rejected_groups.clone();
        seen.sort_by(|a, b| {
            let likely = |group: &RejectedGroup| !group.rejection.looks_like_a_mistake();
            (likely(a), &a.id).cmp(&(likely(b), &b.id))
        });
        let regions = snapshot.regions.iter().map(|region| region.name.clone()).collect();
        Err(Self { regions, cluster: snapshot.cluster.name.clone(), seen })
    }
}

impl UserFacing for NoManagedGroup {
    /// Returns the groups that were seen, the likely mistakes first.
    fn details(&self) -> Vec<String> {
        let mut lines: Vec<_> =
            self.seen.iter().take(SHOWN).map(|group| format!("  {} {}", group.id, group.rejection)).collect();
        match self.seen.len() {
            0 => lines.push("  no group was seen at all; see to --regions and the account".to_owned()),
            seen if seen > SHOWN => lines.push(format!("  and {} more", seen - SHOWN)),
            _ => {}
        }
        lines
    }

    /// Returns how a group becomes managed: by a maximum where groups have no tags.
    fn hint(&self) -> Option<String> {
        if self.seen.iter().any(|group| group.rejection == Rejection::NoMaximum) {
            return Some("give the worker groups a max_node_count, or name them with --group NAME:MIN:MAX".to_owned());
        }
        Some(format!("tag groups KubernetesCluster={} and KubernetesRole=worker, or name them with --group", self.cluster))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;
    use crate::snapshot::{ClusterIdentity, GroupId, Region};

    fn snapshot(unreadable: Option<&str>, seen: usize) -> Snapshot {
        let cluster = ClusterIdentity { name: "prod".into(), ..ClusterIdentity::default() };
        let mut snapshot = Snapshot::empty(cluster, Timestamp::UNIX_EPOCH);
        snapshot.regions = vec![Region { name: "us-west-2".into(), preference: 0, unreadable: unreadable.map(str::to_owned) }];
        snapshot.rejected_groups = (0..seen)
            .map(|number| RejectedGroup {
                id: GroupId { region: "us-west-2".into(), name: format!("web-{number:02}") },
                rejection: Rejection::NoClusterTag,
            })
            .collect();
        snapshot
    }

    fn check(snapshot: &Snapshot) -> Result<(), NoManagedGroup> {
        NoManagedGroup::check(snapshot, &plan(snapshot, &Policy::default()))
    }

    #[test]
    fn each_group_is_listed_with_what_it_lacks() {
        let mut snapshot = snapshot(None, 2);
        snapshot.rejected_groups[1].rejection = Rejection::NoRoleTag { found: Vec::new() };
        let error = check(&snapshot).expect_err("no group");
        assert_eq!(error.to_string(), "no group is managed in us-west-2");
        assert_eq!(
            error.details(),
            [
                "  web-01 (us-west-2) has the cluster tag but lacks a role tag (KubernetesRole=worker)",
                "  web-00 (us-west-2) lacks the tag KubernetesCluster=<cluster name>",
            ]
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("KubernetesCluster=prod")));
        snapshot.rejected_groups[1].rejection = Rejection::NoMaximum;
        assert!(check(&snapshot).expect_err("no group").hint().is_some_and(|hint| hint.contains("max_node_count")));
    }

    #[test]
    fn a_long_list_is_cut() {
        let details = check(&snapshot(None, 23)).expect_err("no group").details();
        assert_eq!(details.len(), 21);
        assert_eq!(details.last().map(String::as_str), Some("  and 3 more"));
    }

    #[test]
    fn an_unreadable_region_may_hold_one() {
        assert_eq!(check(&snapshot(Some("500"), 0)), Ok(()));
        assert!(check(&snapshot(None, 0)).is_err());
    }
}
