//! Nodes that have our marks although their group is not managed any more.

use super::{Fleet, NodeEntry};
use crate::snapshot::{Rejection, is_zone_of};

impl Fleet<'_> {
    /// Whether an earlier run marked a node whose group is not managed any more, so that nobody
    /// else would remove the marks.
    ///
    /// Another installation may manage other groups of this cluster with the same marks. None of
    /// them manages a group that is opted out, or that has the cluster's tag and no role. One may
    /// manage a group without the cluster's tag, where groups are found by other tags.
    pub(crate) fn is_former(&self, entry: &NodeEntry<'_>) -> bool {
        let is_marked = entry.node.cordoned_by_us().is_some() || entry.node.idle_since().is_some();
        if !is_marked || entry.member_of.is_some() || entry.rival.is_some() || !self.policy.only_groups.is_empty() {
            return false;
        }
        let Some((zone, _)) = entry.node.place_in_cloud() else { return false };
        let looked_at = &self.snapshot.looked_at;
        let finds_by_cluster = looked_at.group_tags.is_empty() && looked_at.groups.is_empty();
        let is_nobodys = |rejection: &Rejection| match rejection {
            Rejection::OptedOut | Rejection::NoRoleTag { .. } | Rejection::OtherRole { .. } => true,
            Rejection::NoClusterTag => finds_by_cluster,
            Rejection::OtherCluster { .. } | Rejection::NoMaximum | Rejection::OtherAutoscaler { .. } => false,
        };
        let mut rejected = self.snapshot.rejected_groups.iter().filter(|group| is_zone_of(zone, &group.id.region));
        rejected.any(|group| is_nobodys(&group.rejection)) && self.unreadable_region_of(entry.node).is_none()
    }

    /// Whether this run may remove its own marks from a node, and open it where it is cordoned.
    pub(crate) fn may_open(&self, entry: &NodeEntry<'_>) -> bool {
        self.may_touch(entry) || self.is_former(entry)
    }
}
